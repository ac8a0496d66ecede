//! What the code must know about an operation beyond HTTP shapes.
//!
//! The rows are generated from the extensions of `openapi.json`. Code that needs to
//! know whether an operation may be retried, how it pages or which of its values are
//! personal reads this table; nobody maintains a second list.

/// One operation of the API.
#[derive(Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The document's `operationId`, such as `sendSms`.
    pub id: &'static str,
    /// The HTTP method in upper case.
    pub method: &'static str,
    /// The path template below the base URL, such as `/contact/{contactId}`.
    pub path: &'static str,
    /// The resource: `Messages`, `Contacts`, `Consents`, `Subscriptions`, `Sites`.
    pub tag: &'static str,
    /// The OAuth scopes that a token needs, as far as is known.
    pub scopes: &'static [&'static str],
    /// Whether sending the request twice has the same effect as sending it once.
    pub idempotent: bool,
    /// The fields of which a success must have at least one; without any it lacks the
    /// requested data. `None` if nothing of a success is read.
    pub promise: &'static [&'static str],
    /// How the operation pages; `None` if it doesn't.
    pub pagination: Option<Pagination>,
    /// Which of its values are secret or personal.
    pub sensitive: Sensitive,
    /// How its method and path are known.
    pub provenance: Provenance,
    /// Whether [`Client`](crate::Client) has a method for it.
    pub generated: bool,
}

/// Paging by numbered pages.
#[derive(Debug)]
#[non_exhaustive]
pub struct Pagination {
    /// The key of the response that holds the items.
    pub items: &'static str,
    /// The query parameter that numbers the page.
    pub page: &'static str,
    /// The query parameter that says how many items a page has.
    pub size: &'static str,
    /// The number of the first page.
    pub first_page: u32,
}

/// Values that may not show up in logs, errors or `Debug`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sensitive {
    /// Path parameters.
    pub path: &'static [&'static str],
    /// Query parameters.
    pub query: &'static [&'static str],
    /// JSON pointers into the request body; `*` stands for every item.
    pub request: &'static [&'static str],
    /// JSON pointers into the response body; `*` stands for every item.
    pub response: &'static [&'static str],
}

/// How something is known. The vendor publishes no OpenAPI document.
#[derive(Debug)]
#[non_exhaustive]
pub struct Provenance {
    /// The kind of evidence.
    pub basis: Basis,
    /// Keys of the sources: S the vendor's pages, B sibling brands' pages, C
    /// public client code, X other vendors' pages.
    pub sources: &'static [&'static str],
    /// Further remarks.
    pub note: Option<&'static str>,
}

/// The kind of evidence behind a fact, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Basis {
    /// On the vendor's own page.
    Documented,
    /// On the page of a sibling brand of the same API.
    SiblingBrand,
    /// Seen in public client code.
    ClientCode,
    /// Inferred from the rest; the live service may differ.
    Inferred,
}

/// A brand under which the API is served.
#[derive(Debug)]
#[non_exhaustive]
pub struct Brand {
    /// A short name in kebab case, such as `stratustexting`.
    pub id: &'static str,
    /// The brand's own name.
    pub name: &'static str,
    /// The API's base URL, without a trailing slash.
    pub server: &'static str,
    /// The OAuth authorization endpoint, if it is known.
    pub authorization_url: Option<&'static str>,
    /// The OAuth token endpoint, if it is known.
    pub token_url: Option<&'static str>,
}

impl Operation {
    /// The operation with this `operationId`.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        crate::OPERATIONS
            .iter()
            .find(|operation| operation.id == id)
    }

    /// The operation that a method and a path below the base URL belong to.
    ///
    /// A template without parameters wins over one with them, so that
    /// `/customconsent/all` is the list and not the consent called `all`.
    #[must_use]
    pub fn at(method: &str, path: &str) -> Option<&'static Self> {
        let placeholders = |operation: &Self| operation.path.matches('{').count();
        crate::OPERATIONS
            .iter()
            .filter(|operation| operation.method == method && fits(operation.path, path))
            .min_by_key(|operation| placeholders(operation))
    }
}

/// Whether a path is an instance of a template.
fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.trim_end_matches('/').split('/');
    template.split('/').all(|wanted| {
        segments.next().is_some_and(|segment| {
            segment == wanted || (wanted.starts_with('{') && !segment.is_empty())
        })
    }) && segments.next().is_none()
}
