//! Headers that a program adds: those of every request, and those of one call.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    Error, Result,
    secret::{VISIBLE, header_value},
};

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

/// Why a header can't be added.
enum Problem {
    Name(&'static str),
    Value,
}

fn check(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Problem> {
    let name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Problem::Name("must have a header's name"))?;
    if OWN.contains(&name) {
        return Err(Problem::Name("must not be one that the client sets"));
    }
    let mut value = header_value(value).ok_or(Problem::Value)?;
    // It may be a secret of a proxy's.
    value.set_sensitive(true);
    Ok((name, value))
}

/// Checks headers that are to be on every request.
pub(crate) fn checked(headers: &[(String, String)]) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (name, value) = check(name, value).map_err(|problem| match problem {
            Problem::Name(problem) => Error::configuration("header", problem),
            Problem::Value => Error::configuration("header", VISIBLE),
        })?;
        map.insert(name, value);
    }
    Ok(map)
}

/// The headers of one call. They are checked when the call starts, since the methods that set
/// options return no errors.
#[derive(Clone, Default)]
pub(crate) struct CallHeaders(Vec<(String, String)>);

impl CallHeaders {
    pub(crate) fn add(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    /// Sets them, in place of headers of the same names.
    pub(crate) fn apply(&self, headers: &mut HeaderMap) -> Result<()> {
        for (name, value) in &self.0 {
            let (name, value) = check(name, value).map_err(|problem| match problem {
                Problem::Name(problem) => Error::input("header name", problem),
                Problem::Value => Error::input("header value", VISIBLE),
            })?;
            headers.insert(name, value);
        }
        Ok(())
    }
}

impl fmt::Debug for CallHeaders {
    /// Only the names: a value may be a secret or personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
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
