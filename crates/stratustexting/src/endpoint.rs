//! URLs to which credentials may go.

use url::{Host, Url};

use crate::{Error, Result, input};

/// Checks a URL to which credentials are sent: `https`, or `http` to this machine.
///
/// # Errors
///
/// A configuration error that names the setting.
pub(crate) fn checked(field: &'static str, text: &str) -> Result<Url> {
    // A URL's parser passes over white space around it, and a header or a log doesn't.
    input::credential(field, text)?;
    let url = Url::parse(text)
        .map_err(|error| Error::configuration(field, "must be a URL").with_source(error))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::configuration(field, "must not contain credentials"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::configuration(
            field,
            "must have neither a query nor a fragment",
        ));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(Error::configuration(
            field,
            "must be https; plain http is allowed to a loopback address only",
        )),
    }
}

/// Whether a URL leads to this machine.
///
/// `localhost` counts. It can be made to mean something else, but only by somebody who controls
/// this machine's name resolution.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name == "localhost.",
        None => false,
    }
}

/// The origin of a URL, which is all that may be shown of it: no path, no query.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for url in [
            "http://127.0.0.1:80/a",
            "http://[::1]/",
            "http://localhost:1/",
            "http://localhost.:1/",
        ] {
            assert!(checked("api_base", url).is_ok(), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "//example.com",
            "https://user:secret@example.com/",
            "https://example.com/?a=b",
            " https://example.com/",
            "https://example.com/\n",
            "",
        ] {
            let error = checked("api_base", url).unwrap_err();

            assert_eq!(error.field(), Some("api_base"), "{url}");
            assert!(!format!("{error:?} {error}").contains("secret"));
        }
    }
}
