//! Headers that every request gets.

use http::{HeaderMap, HeaderName, header};

use crate::{
    Error, Result,
    secret::{VISIBLE, header_value},
};

/// Checks headers that are to be on every request.
pub(super) fn checked(headers: &[(String, String)]) -> Result<HeaderMap> {
    /// The client's own, and those that only one request or connection can have.
    const OWN: [HeaderName; 10] = [
        header::AUTHORIZATION,
        HeaderName::from_static("x-api-key"),
        header::HOST,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::UPGRADE,
        header::EXPECT,
        header::TE,
    ];
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let problem = |problem| Error::configuration("header", problem);
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| problem("must have a header's name"))?;
        if OWN.contains(&name) {
            return Err(problem("must not be one that the client sets"));
        }
        let mut value = header_value(value).ok_or_else(|| problem(VISIBLE))?;
        // It may be a secret of a proxy's.
        value.set_sensitive(true);
        map.insert(name, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Result<HeaderMap> {
        checked(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn the_clients_own_headers_cannot_be_set() {
        for (name, value) in [
            ("Authorization", "canary"),
            ("X-API-Key", "canary"),
            ("content-length", "0"),
            ("host", "canary"),
            ("", "canary"),
            ("a b", "canary"),
            ("x-a:", "canary"),
            ("x-a", ""),
            ("x-a", "canary\r\nx-b: c"),
        ] {
            let error = of(name, value).unwrap_err();

            assert_eq!(error.field(), Some("header"), "{name}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn the_last_of_a_name_counts_and_none_is_shown() {
        let pairs = [("x-a", "b"), ("X-A", "canary")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));

        let headers = checked(&pairs).unwrap();

        assert_eq!(headers.len(), 1);
        assert_eq!(headers["x-a"], "canary");
        assert!(!format!("{headers:?}").contains("canary"));
    }
}
