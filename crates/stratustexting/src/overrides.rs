//! Corrections of the document at run time, operation by operation.
//!
//! Most of the paths and all of the paging are inferred. A user who sees that the service has
//! another path needn't wait for a release.

use std::{collections::HashMap, path::Path};

use http::Method;
use serde::{Deserialize, Serialize};
use stratustexting_client::Operation;
use url::Url;

use crate::{Error, Result};

/// How one operation differs from the document; for
/// [`ClientBuilder::operation`](crate::ClientBuilder::operation). The rest stays as documented.
///
/// ```
/// # use stratustexting_sandbox::{Sandbox, ScriptedResponse};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use stratustexting::{Client, auth::Credentials};
/// use stratustexting::{OperationOverride, Paging};
///
/// # let sandbox = Sandbox::start().await?;
/// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
/// # let credentials = Credentials::client_credentials(id, secret);
/// let client = Client::builder()
/// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
///     .credentials(credentials)
///     .api_key(key)
///     .operation(
///         "listContacts",
///         OperationOverride::new()
///             .path("/contact/getallcontacts")
///             .items("data.contacts")
///             .paging(Paging::numbered("pageNo", "pageSize", 1)),
///     )
///     .build()?;
/// # let _ = client;
/// # Ok(())
/// # }
/// ```
///
/// As JSON, for [`ClientBuilder::operations_file`](crate::ClientBuilder::operations_file):
///
/// ```
/// # use std::collections::HashMap;
/// # use stratustexting::OperationOverride;
/// let file = r#"{
///   "listContacts": {
///     "path": "/contact/getallcontacts",
///     "items": "data.contacts",
///     "paging": {"style": "numbered", "page": "pageNo", "size": "pageSize", "firstPage": 1}
///   },
///   "listSites": {"paging": {"style": "single"}}
/// }"#;
/// # let read: HashMap<String, OperationOverride> = serde_json::from_str(file)?;
/// # assert_eq!(read.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationOverride {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// How a list is paged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "style",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Paging {
    /// By numbered pages.
    Numbered {
        /// The query parameter with the page's number.
        page: String,
        /// The query parameter with the page's size.
        size: String,
        /// The number of the first page; found out if it isn't set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_page: Option<u32>,
    },
    /// By a token for the next page.
    Token {
        /// The key of the token in a response.
        from: String,
        /// The query parameter for the token.
        parameter: String,
    },
    /// Not at all: one response has all items.
    Single,
}

impl Paging {
    /// By numbered pages, beginning with the given number.
    pub fn numbered(page: impl Into<String>, size: impl Into<String>, first_page: u32) -> Self {
        Self::Numbered {
            page: page.into(),
            size: size.into(),
            first_page: Some(first_page),
        }
    }

    /// By a token: a response has it under the key `from`, and the next request sends it in the
    /// query parameter `parameter`.
    pub fn token(from: impl Into<String>, parameter: impl Into<String>) -> Self {
        Self::Token {
            from: from.into(),
            parameter: parameter.into(),
        }
    }
}

impl OperationOverride {
    /// An override that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The path below the API's base URL. It must have the placeholders of the documented path,
    /// such as in `/contact/update/{contactId}`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The key of a list's items, with dots between the keys of nested objects, such as
    /// `data.contacts`; empty if the body itself is the list. Nothing else is then taken for
    /// the items.
    #[must_use]
    pub fn items(mut self, key: impl Into<String>) -> Self {
        self.items = Some(key.into());
        self
    }

    /// How the list is paged.
    #[must_use]
    pub fn paging(mut self, paging: Paging) -> Self {
        self.paging = Some(paging);
        self
    }
}

/// The overrides of a client, by the operation's id.
#[derive(Debug, Default)]
pub(crate) struct Overrides(HashMap<&'static str, OperationOverride>);

impl Overrides {
    /// Checks overrides, so that a mistake is found before anything is sent.
    pub(crate) fn checked(given: Vec<(String, OperationOverride)>) -> Result<Self> {
        let mut overrides = HashMap::new();
        for (id, other) in given {
            let problem = |problem: String| Error::configuration("operation", problem);
            let operation = Operation::find(&id).ok_or_else(|| {
                problem("must be the id of an operation, such as listContacts".to_owned())
            })?;
            let id = operation.id;
            if let Some(method) = &other.method
                && !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str())
            {
                return Err(problem(format!(
                    "{id}: the method must be GET, POST, PUT, PATCH or DELETE"
                )));
            }
            if let Some(path) = &other.path {
                check_path(operation, path).map_err(|what| problem(format!("{id}: {what}")))?;
            }
            if (other.items.is_some() || other.paging.is_some()) && operation.pagination.is_none() {
                return Err(problem(format!("{id} isn't a list")));
            }
            overrides.insert(id, other);
        }
        Ok(Self(overrides))
    }

    fn of(&self, id: &str) -> Option<&OperationOverride> {
        if self.0.is_empty() {
            None
        } else {
            self.0.get(id)
        }
    }

    pub(crate) fn items(&self, id: &str) -> Option<&str> {
        self.of(id)?.items.as_deref()
    }

    pub(crate) fn paging(&self, id: &str) -> Option<&Paging> {
        self.of(id)?.paging.as_ref()
    }

    /// The path template, for tracing.
    pub(crate) fn path(&self, operation: &'static Operation) -> &str {
        let other = self
            .of(operation.id)
            .and_then(|other| other.path.as_deref());
        other.unwrap_or(operation.path)
    }

    /// Changes a request from the documented form to the overridden one.
    pub(crate) fn rewrite(
        &self,
        request: &mut reqwest::Request,
        operation: &Operation,
        base: &Url,
    ) -> Result<()> {
        let Some(other) = self.of(operation.id) else {
            return Ok(());
        };
        if let Some(method) = &other.method {
            *request.method_mut() = Method::from_bytes(method.as_bytes())
                .map_err(|_| Error::configuration("operation", "the method isn't one"))?;
        }
        if let Some(path) = &other.path {
            let base = base.path().trim_end_matches('/');
            let below = request.url().path().strip_prefix(base).unwrap_or_default();
            let path = format!("{base}{}", filled(path, operation.path, below));
            request.url_mut().set_path(&path);
        }
        if let (Some(Paging::Numbered { page, size, .. }), Some(documented)) =
            (&other.paging, &operation.pagination)
        {
            rename(
                request.url_mut(),
                &[(documented.page, page), (documented.size, size)],
            );
        }
        Ok(())
    }
}

/// Reads overrides by operation from a JSON file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<(String, OperationOverride)>> {
    let problem = |what| Error::configuration("operations_file", what);
    let text = std::fs::read(path).map_err(|error| problem("can't be read").with_source(error))?;
    let read: HashMap<String, OperationOverride> =
        serde_json::from_slice(&text).map_err(|error| {
            problem("must be JSON: an object of overrides by operation").with_source(error)
        })?;
    Ok(read.into_iter().collect())
}

fn placeholders(path: &str) -> Vec<&str> {
    let mut names: Vec<&str> = path
        .split('/')
        .filter(|part| part.starts_with('{'))
        .collect();
    names.sort_unstable();
    names
}

fn check_path(operation: &Operation, path: &str) -> Result<(), String> {
    let plain = path.starts_with('/')
        && !path.contains(['?', '#', '\\', '%'])
        && path.bytes().all(|byte| byte.is_ascii_graphic())
        && path[1..]
            .split('/')
            .all(|segment| !matches!(segment, "" | "." | ".."));
    if !plain {
        return Err("the path must begin with `/` and have plain segments".to_owned());
    }
    let wanted = placeholders(operation.path);
    if placeholders(path) != wanted {
        return Err(if wanted.is_empty() {
            "the path must have no placeholders".to_owned()
        } else {
            format!("the path must have the placeholders {}", wanted.join(", "))
        });
    }
    Ok(())
}

/// Fills a template with the values that a path has at the placeholders of the old template.
fn filled(template: &str, old: &str, path: &str) -> String {
    let values: HashMap<&str, &str> = old.split('/').zip(path.split('/')).collect();
    let segments = template.split('/').map(|segment| match segment {
        _ if segment.starts_with('{') => values.get(segment).copied().unwrap_or_default(),
        plain => plain,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn rename(url: &mut Url, names: &[(&str, &String)]) {
    let Some(query) = url.query() else { return };
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match names.iter().find(|(old, _)| *old == name) {
            Some((_, new)) => format!("{new}={value}"),
            None => pair.to_owned(),
        }
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    url.set_query(Some(&query));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(id: &str, other: OperationOverride) -> Result<Overrides> {
        Overrides::checked(vec![(id.to_owned(), other)])
    }

    fn rewritten(id: &str, other: OperationOverride, url: &str) -> (Method, String) {
        let base = Url::parse("http://localhost/prod").unwrap();
        let mut request = reqwest::Request::new(Method::GET, url.parse().unwrap());
        overrides(id, other)
            .unwrap()
            .rewrite(&mut request, Operation::find(id).unwrap(), &base)
            .unwrap();
        (request.method().clone(), request.url().to_string())
    }

    #[test]
    fn a_request_is_rewritten_by_its_override() {
        let other = OperationOverride::new()
            .method("POST")
            .path("/contact/by/{mobileNumber}/get");
        assert_eq!(
            rewritten(
                "findContactByMobile",
                other,
                "http://localhost/prod/contact/mobile/%2B12025550100"
            ),
            (
                Method::POST,
                "http://localhost/prod/contact/by/%2B12025550100/get".to_owned()
            )
        );
        let other = OperationOverride::new().paging(Paging::numbered("pageNo", "limit", 1));
        assert_eq!(
            rewritten(
                "listContacts",
                other,
                "http://localhost/prod/contact/all?page=1&size=5"
            )
            .1,
            "http://localhost/prod/contact/all?pageNo=1&limit=5"
        );
    }

    #[test]
    fn mistakes_are_found_when_the_client_is_built() {
        let path = |path: &str| OperationOverride::new().path(path);
        for (id, other) in [
            ("listThings", OperationOverride::new()),
            ("listContacts", path("contact/all")),
            ("listContacts", path("/contact/../all")),
            ("listContacts", path("/contact?x=1")),
            ("listContacts", path("/contact/{contactId}")),
            ("updateContact", path("/contact/update")),
            ("updateContact", path("/contact/{mobileNumber}")),
            ("updateContact", OperationOverride::new().items("data")),
            ("updateContact", OperationOverride::new().method("put")),
        ] {
            let error = overrides(id, other.clone()).unwrap_err();
            assert!(error.is_configuration(), "{id} {other:?}");
            assert_eq!(error.field(), Some("operation"));
        }
    }
}
