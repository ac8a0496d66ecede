//! The paths of the brands' base URLs. All of them are served at once, so that a program
//! for any brand works with nothing changed but the host.

use std::sync::LazyLock;

use stratustexting_client::BRANDS;
use url::Url;

/// The path of a sandbox's `api_base`.
pub(crate) const PATH: &str = "/stratustexting-prod";

static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let urls = BRANDS.iter().filter_map(|row| Url::parse(row.server).ok());
    urls.map(|url| url.path().trim_end_matches('/').to_owned())
        .collect()
});

/// The path below the base URL, with a leading slash; `None` outside of all base URLs.
pub(crate) fn below(path: &str) -> Option<&str> {
    PATHS
        .iter()
        .filter_map(|base| path.strip_prefix(base.as_str()))
        .find(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{PATH, below};

    #[test]
    fn a_path_is_below_the_base_url_of_any_brand() {
        for base in [PATH, "/prod", "/pdc-prod", "/itc-prod"] {
            assert_eq!(below(&format!("{base}/site/all")), Some("/site/all"));
            assert_eq!(below(base), None);
        }
        for path in ["/site/all", "/production/site/all", "/x/prod/site/all", ""] {
            assert_eq!(below(path), None, "{path}");
        }
    }
}
