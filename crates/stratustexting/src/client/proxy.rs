//! A proxy of the environment that can't be used. No client is built then: without this, every
//! call would fail as if there were no network, or go around the proxy.

use std::env;

use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

use crate::{Error, Result};

/// The variables with a proxy for `https`. The HTTP client takes the first of each pair that is
/// set, and the second pair if the first has no proxy.
const PROXY: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// In a CGI program, `HTTP_PROXY` may come from a request's header, and no variable counts.
const CGI: &str = "REQUEST_METHOD";

/// Checks the proxy that the environment has for an `https` URL.
///
/// # Errors
///
/// A configuration error that names the variable.
pub(super) fn check(url: &Url) -> Result<()> {
    check_of(url, |name| env::var(name).ok(), cfg!(feature = "socks"))
}

fn check_of(url: &Url, variable: impl Fn(&str) -> Option<String>, socks: bool) -> Result<()> {
    let first = |names: [&'static str; 2]| {
        let mut values = names.into_iter().map(|name| (name, variable(name)));
        values.find_map(|(name, value)| Some((name, value?)))
    };
    let mut set = PROXY.into_iter().filter_map(first);
    let Some((name, value)) = set.find(|(_, value)| !value.is_empty()) else {
        return Ok(());
    };
    if variable(CGI).is_some() || is_excepted(url, first(NO_PROXY)) {
        return Ok(());
    }
    // A value may have a password, so it isn't shown.
    let scheme = value.split_once("://").map_or("http", |(scheme, _)| scheme);
    let is_url = value
        .parse::<http::Uri>()
        .is_ok_and(|uri| uri.authority().is_some());
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" if is_url => Ok(()),
        "socks4" | "socks4a" | "socks5" | "socks5h" if is_url && socks => Ok(()),
        "socks4" | "socks4a" | "socks5" | "socks5h" if is_url => Err(Error::configuration(
            name,
            "names a SOCKS proxy, which needs the crate's feature `socks`; without it, proxies are \
             http:// and https://",
        )),
        _ => Err(Error::configuration(
            name,
            "isn't the URL of a proxy that can be used: http:// or https://, and with the crate's \
             feature `socks` also socks5://, socks5h://, socks4:// and socks4a://",
        )),
    }
}

/// Whether a URL goes around the proxy, by the HTTP client's own rules.
fn is_excepted(url: &Url, hosts: Option<(&str, String)>) -> bool {
    let Some((_, hosts)) = hosts else {
        return false;
    };
    let uri = url.as_str().parse::<http::Uri>();
    let any = Matcher::builder().all("http://proxy").no(hosts).build();
    uri.is_ok_and(|uri| any.intercept(&uri).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variable that is named, if any.
    fn named(variables: &[(&str, &str)], socks: bool) -> Option<String> {
        let url = Url::parse("https://connect.example.com/prod").unwrap();
        let variable = |name: &str| {
            let found = variables.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let error = check_of(&url, variable, socks).err()?;
        assert!(error.is_configuration(), "{error:?}");
        assert!(error.to_string().contains("`socks`"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
        error.field().map(str::to_owned)
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_named_by_its_variable() {
        let socks = "socks5://user:canary@proxy:1080";
        for (variables, name) in [
            (&[("HTTPS_PROXY", socks)][..], "HTTPS_PROXY"),
            (&[("https_proxy", "socks4a://proxy")], "https_proxy"),
            (&[("ALL_PROXY", "SOCKS5H://proxy:1")], "ALL_PROXY"),
            (&[("HTTPS_PROXY", ""), ("all_proxy", socks)], "all_proxy"),
            (
                &[("HTTPS_PROXY", socks), ("NO_PROXY", "example.org")],
                "HTTPS_PROXY",
            ),
        ] {
            assert_eq!(named(variables, false).as_deref(), Some(name));
            assert_eq!(named(variables, true), None, "{name}");
        }
        for value in ["socks://proxy:1080", "ftp://proxy", "http://", "a b"] {
            let name = named(&[("HTTPS_PROXY", value)], true);
            assert_eq!(name.as_deref(), Some("HTTPS_PROXY"), "{value}");
        }
    }

    #[test]
    fn a_proxy_that_can_be_used_or_is_not_is_no_error() {
        let socks = "socks5://proxy:1080";
        for variables in [
            &[][..],
            &[("HTTPS_PROXY", "http://user:canary@proxy:3128")],
            &[("HTTPS_PROXY", "proxy:3128")],
            &[("HTTPS_PROXY", "https://proxy")],
            &[("HTTP_PROXY", socks)],
            &[("HTTPS_PROXY", "http://proxy"), ("ALL_PROXY", socks)],
            &[("HTTPS_PROXY", socks), ("NO_PROXY", "a.b, example.com")],
            &[("ALL_PROXY", socks), ("no_proxy", "*")],
            &[("ALL_PROXY", socks), ("REQUEST_METHOD", "GET")],
        ] {
            assert_eq!(named(variables, false), None, "{variables:?}");
        }
    }
}
