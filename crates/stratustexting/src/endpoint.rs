//! URLs to which credentials may go.

use stratustexting_client::BRANDS;
use url::{Host, Url};

use crate::{Error, Result, input};

/// The hosts besides this machine to which the caller allows plain `http`.
#[derive(Debug, Default)]
pub(crate) struct PlainHosts(Vec<Host>);

impl PlainHosts {
    /// Checks the hosts' names.
    ///
    /// # Errors
    ///
    /// A configuration error for a text that isn't a host, and for the vendor's.
    pub(crate) fn checked(names: &[String]) -> Result<Self> {
        const FIELD: &str = "allow_plain_http";
        let host = |name: &String| {
            input::credential(FIELD, name)?;
            let problem = "must be a host's name or address, without scheme, port and path";
            if name.contains('*') {
                return Err(Error::configuration(FIELD, problem));
            }
            let host = Host::parse(name)
                .map_err(|error| Error::configuration(FIELD, problem).with_source(error))?;
            if is_vendors(&host) {
                return Err(Error::configuration(
                    FIELD,
                    "must not be a host of the service: it would get credentials and messages \
                     unencrypted",
                ));
            }
            Ok(host)
        };
        names.iter().map(host).collect::<Result<_>>().map(Self)
    }

    fn contains(&self, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        self.0.iter().any(|allowed| match (allowed, &host) {
            (Host::Domain(allowed), Host::Domain(name)) => {
                without_dot(allowed) == without_dot(name)
            }
            (Host::Ipv4(allowed), Host::Ipv4(address)) => allowed == address,
            (Host::Ipv6(allowed), Host::Ipv6(address)) => allowed == address,
            _ => false,
        })
    }
}

/// Whether a host is one of any brand's, or its neighbour: below the same registered name.
fn is_vendors(host: &Host) -> bool {
    let Host::Domain(name) = host else {
        return false;
    };
    let name = without_dot(name);
    let urls = BRANDS.iter().flat_map(|brand| {
        let optional = [brand.authorization_url, brand.token_url];
        optional.into_iter().flatten().chain([brand.server])
    });
    urls.filter_map(|url| Url::parse(url).ok()).any(|url| {
        let host = url.host_str().unwrap_or_default();
        let labels = host.rsplitn(3, '.').take(2).map(str::len).sum::<usize>();
        // The last two labels and the dot between them.
        let registered = &host[host.len().saturating_sub(labels + 1)..];
        name == registered || name.ends_with(&format!(".{registered}"))
    })
}

/// A host's name without the dot at its end, which marks a name as complete.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// Checks a URL to which credentials are sent: `https`, or `http` to this machine or to a host
/// that the caller allows. The latter is logged as a warning.
///
/// # Errors
///
/// A configuration error that names the setting.
pub(crate) fn checked(field: &'static str, text: &str, plain: &PlainHosts) -> Result<Url> {
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
        "http" if plain.contains(&url) => {
            tracing::warn!(
                setting = field,
                server.address = url.host_str(),
                "plain http is allowed to a host that isn't this machine: credentials, numbers \
                 and texts go there unencrypted"
            );
            Ok(url)
        }
        _ => Err(Error::configuration(
            field,
            "must be https; plain http is allowed to a loopback address, and to a host that is \
             named by `ClientBuilder::allow_plain_http`",
        )),
    }
}

/// Whether a URL leads to this machine, or to a host that stands in for the service: the real
/// one is never plain `http`.
pub(crate) fn is_local(url: &Url) -> bool {
    url.scheme() == "http" || is_loopback(url)
}

/// Whether a URL leads to this machine.
///
/// `localhost` counts. It can be made to mean something else, but only by somebody who controls
/// this machine's name resolution.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => without_dot(name) == "localhost",
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

    fn checked(url: &str) -> Result<Url> {
        super::checked("api_base", url, &PlainHosts::default())
    }

    fn plain_hosts(names: &[&str]) -> Result<PlainHosts> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        PlainHosts::checked(&names)
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for url in [
            "http://127.0.0.1:80/a",
            "http://[::1]/",
            "http://localhost:1/",
            "http://localhost.:1/",
            "http://localhost.:80",
            "http://LOCALHOST",
            "https://example.com.",
        ] {
            assert!(checked(url).is_ok(), "{url}");
        }
        for url in [
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://localhost../",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "//example.com",
            "https://user:secret@example.com/",
            "https://example.com/?a=b",
            " https://example.com/",
            "https://example.com ",
            "http://localhost ",
            "https://example.com/\n",
            "https://exa mple.com",
            "\u{a0}https://example.com",
            "",
        ] {
            let error = checked(url).unwrap_err();

            assert_eq!(error.field(), Some("api_base"), "{url}");
            assert!(!format!("{error:?} {error}").contains("secret"));
        }
    }

    #[test]
    fn plain_http_goes_to_a_host_that_is_named_and_to_no_other() {
        let hosts = plain_hosts(&["Sandbox", "host.docker.internal", "172.17.0.1", "[fd00::1]"]);
        let hosts = hosts.unwrap();
        for url in [
            "http://sandbox:8080",
            "http://SANDBOX.:8080/prod",
            "http://host.docker.internal/",
            "http://172.17.0.1:8080/",
            "http://[fd00::1]:8080/",
        ] {
            assert!(super::checked("api_base", url, &hosts).is_ok(), "{url}");
        }
        for url in [
            "http://sandbox.example.com/",
            "http://a.sandbox/",
            "http://docker.internal/",
            "http://172.17.0.2/",
            "ftp://sandbox/",
        ] {
            let error = super::checked("token_url", url, &hosts).unwrap_err();
            assert_eq!(error.field(), Some("token_url"), "{url}");
        }
    }

    #[test]
    fn plain_http_is_never_allowed_to_the_vendor_nor_to_what_is_no_host() {
        for name in [
            "connect.beetexting.com",
            "beetexting.com",
            "AUTH.Beetexting.com.",
            "other.beetexting.com",
            "api-stratustexting.spectrumvoip.com",
            "",
            "sandbox:8080",
            "http://sandbox",
            "sandbox/prod",
            "*",
            " sandbox",
            "a b",
        ] {
            let error = plain_hosts(&[name]).unwrap_err();
            assert_eq!(error.field(), Some("allow_plain_http"), "{name}: {error}");
        }
        assert!(plain_hosts(&["notbeetexting.com"]).is_ok());
    }
}
