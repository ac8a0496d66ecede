//! The rules: the changes that exist, and what each means to a client.
//!
//! The classes follow the published rules of tools that compare OpenAPI documents
//! (oasdiff's checks, Redocly's diff rules, Azure's openapi-diff, Optic, Google's
//! AIP-180). A change that can break a client by those rules is breaking. A harmless
//! change is additive if something is new, and documentation if not.
//!
//! Three principles decide the rest:
//!
//! - *A client accepts any value of a type.* Its value lists are open and it doesn't
//!   validate responses. So a response that may hold more values of the same type is
//!   additive, though the tools call it breaking. Another type, `null` or nothing at
//!   all is breaking.
//! - *Meaning counts.* A call that does something else than before is broken, and worse
//!   than one that fails. So defaults, idempotency and redaction are judged, though no
//!   validator would notice.
//! - *Unknown changes are breaking.* That includes keywords that no rule covers.
//!
//! `tests/fixtures/changes.json` tests the program against those published rules, row by row.

use super::change::Class::{self, Additive, Breaking, Documentation};

/// A rule of operations or of the document as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name, which is stable.
    pub id: &'static str,
    /// What it means to a client.
    pub class: Class,
}

/// A rule for something that is sent or received. Its id begins with the direction and
/// the kind of thing: `response-property-removed`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directed {
    pub(super) what: &'static str,
    pub(super) request: Class,
    pub(super) response: Class,
}

/// Which side sends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    /// The client: a request, or its response to a callback.
    Request,
    /// The service: a response, or the request of a callback.
    Response,
}

impl Direction {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }

    /// Chooses by direction.
    pub(super) fn pick<T>(self, request: T, response: T) -> T {
        match self {
            Self::Request => request,
            Self::Response => response,
        }
    }

    /// The other way round, as in callbacks.
    pub(super) fn reversed(self) -> Self {
        self.pick(Self::Response, Self::Request)
    }
}

impl Directed {
    pub(super) fn class(self, direction: Direction) -> Class {
        direction.pick(self.request, self.response)
    }
}

impl Rule {
    /// A rule that a caller adds.
    pub const fn new(id: &'static str, class: Class) -> Self {
        rule(id, class)
    }
}

const fn rule(id: &'static str, class: Class) -> Rule {
    Rule { id, class }
}

const fn directed(what: &'static str, request: Class, response: Class) -> Directed {
    Directed {
        what,
        request,
        response,
    }
}

/// The rule of a key that is documentation, or that no client reads.
pub(super) fn documentation_rule(key: &str) -> Option<Rule> {
    match key {
        "description" | "summary" | "title" | "externalDocs" | "$comment" => {
            Some(DESCRIPTION_CHANGED)
        }
        "example" | "examples" => Some(EXAMPLE_CHANGED),
        "deprecated" => Some(DEPRECATED),
        "tags" => Some(TAGS_CHANGED),
        "links" => Some(LINKS_CHANGED),
        // This one is compared with the values of an enum.
        "x-extensible-enum" => None,
        key if key.starts_with("x-") => Some(EXTENSION_CHANGED),
        _ => None,
    }
}

// Operations.

pub(super) const OPERATION_ADDED: Rule = rule("operation-added", Additive);
pub(super) const OPERATION_REMOVED: Rule = rule("operation-removed", Breaking);
pub(super) const OPERATION_MOVED: Rule = rule("operation-moved", Breaking);
// The id isn't sent. The comparison of the code says that the client's method was
// renamed.
pub(super) const OPERATION_ID_CHANGED: Rule = rule("operation-id-changed", Documentation);
// The name of a placeholder isn't sent either.
pub(super) const PLACEHOLDER_RENAMED: Rule = rule("path-parameter-renamed", Documentation);
pub(super) const CALLBACK_ADDED: Rule = rule("callback-added", Additive);
pub(super) const CALLBACK_REMOVED: Rule = rule("callback-removed", Breaking);

// Security. A change is breaking if a client can't authenticate with the credentials it
// has.

pub(super) const SECURITY_REQUIRED: Rule = rule("security-required", Breaking);
pub(super) const SECURITY_LIFTED: Rule = rule("security-lifted", Additive);
pub(super) const SECURITY_CHOICE_ADDED: Rule = rule("security-choice-added", Additive);
pub(super) const SECURITY_CHOICE_REMOVED: Rule = rule("security-choice-removed", Breaking);
pub(super) const SCHEME_NEEDED: Rule = rule("security-scheme-needed", Breaking);
pub(super) const SCHEME_NOT_NEEDED: Rule = rule("security-scheme-no-longer-needed", Additive);
pub(super) const SCOPE_NEEDED: Rule = rule("security-scope-needed", Breaking);
pub(super) const SCOPE_NOT_NEEDED: Rule = rule("security-scope-no-longer-needed", Additive);

pub(super) const SCHEME_ADDED: Rule = rule("security-scheme-added", Documentation);
pub(super) const SCHEME_REMOVED: Rule = rule("security-scheme-removed", Breaking);
pub(super) const SCHEME_CHANGED: Rule = rule("security-scheme-changed", Breaking);
pub(super) const UNUSED_SCHEME_CHANGED: Rule =
    rule("unused-security-scheme-changed", Documentation);
// OpenAPI calls it a hint.
pub(super) const BEARER_FORMAT_CHANGED: Rule = rule("bearer-format-changed", Documentation);
pub(super) const FLOW_ADDED: Rule = rule("oauth-flow-added", Additive);
pub(super) const FLOW_REMOVED: Rule = rule("oauth-flow-removed", Breaking);
// A client goes on using the URL that it knows.
pub(super) const OAUTH_URL_ADDED: Rule = rule("oauth-url-added", Additive);
pub(super) const OAUTH_URL_REMOVED: Rule = rule("oauth-url-removed", Breaking);
pub(super) const OAUTH_URL_CHANGED: Rule = rule("oauth-url-changed", Breaking);
pub(super) const OAUTH_SCOPE_ADDED: Rule = rule("oauth-scope-added", Additive);
// The service rejects an unknown scope.
pub(super) const OAUTH_SCOPE_REMOVED: Rule = rule("oauth-scope-removed", Breaking);

// Servers.

pub(super) const SERVER_ADDED: Rule = rule("server-added", Additive);
pub(super) const SERVER_REMOVED: Rule = rule("server-removed", Breaking);
pub(super) const SERVER_CHANGED: Rule = rule("server-changed", Breaking);
pub(super) const SERVER_ORDER_CHANGED: Rule = rule("server-order-changed", Documentation);

// Components have no effect until something uses them, and they are compared where they are used.

pub(super) const COMPONENT_ADDED: Rule = rule("component-added", Documentation);
pub(super) const COMPONENT_REMOVED: Rule = rule("component-removed", Documentation);
pub(super) const COMPONENT_RENAMED: Rule = rule("component-renamed", Documentation);
pub(super) const UNUSED_COMPONENT_CHANGED: Rule = rule("unused-component-changed", Documentation);

// Documentation.

pub(super) const DESCRIPTION_CHANGED: Rule = rule("description-changed", Documentation);
pub(super) const EXAMPLE_CHANGED: Rule = rule("example-changed", Documentation);
pub(super) const DEPRECATED: Rule = rule("deprecated", Documentation);
pub(super) const NO_LONGER_DEPRECATED: Rule = rule("no-longer-deprecated", Documentation);
pub(super) const EXTENSION_CHANGED: Rule = rule("extension-changed", Documentation);
pub(super) const TAGS_CHANGED: Rule = rule("tags-changed", Documentation);
pub(super) const LINKS_CHANGED: Rule = rule("links-changed", Documentation);
pub(super) const INFO_CHANGED: Rule = rule("info-changed", Documentation);
pub(super) const OPENAPI_VERSION_CHANGED: Rule = rule("openapi-version-changed", Documentation);

// A part that can't be read is compared as JSON only.

pub(super) const UNREADABLE: Rule = rule("unreadable-part-changed", Breaking);

// Fields, parameters, headers and bodies.

pub(super) const ADDED: Directed = directed("added", Additive, Additive);
pub(super) const ADDED_REQUIRED: Directed = directed("added-required", Breaking, Additive);
// A field that the service no longer reads is rejected, or silently lost.
pub(super) const REMOVED: Directed = directed("removed", Breaking, Breaking);
pub(super) const BECAME_REQUIRED: Directed = directed("became-required", Breaking, Documentation);
pub(super) const BECAME_OPTIONAL: Directed = directed("became-optional", Additive, Breaking);
pub(super) const BECAME_READ_ONLY: Directed = directed("became-read-only", Breaking, Documentation);
pub(super) const NO_LONGER_READ_ONLY: Directed =
    directed("no-longer-read-only", Additive, Documentation);
pub(super) const BECAME_WRITE_ONLY: Directed =
    directed("became-write-only", Documentation, Breaking);
pub(super) const NO_LONGER_WRITE_ONLY: Directed =
    directed("no-longer-write-only", Documentation, Additive);
pub(super) const LOCATION_CHANGED: Directed = directed("location-changed", Breaking, Breaking);
pub(super) const SERIALIZATION_CHANGED: Directed =
    directed("serialization-changed", Breaking, Breaking);
pub(super) const EMPTY_ALLOWED: Directed = directed("empty-value-allowed", Additive, Additive);
pub(super) const EMPTY_REFUSED: Directed = directed("empty-value-refused", Breaking, Documentation);

// Media types and statuses. A client asks for the types it knows and gets those.

pub(super) const PARAMETERS_CHANGED: Directed =
    directed("parameters-changed", Documentation, Documentation);
// One type instead of a range of types, and the other way round.
pub(super) const MEDIA_NARROWED: Directed = directed("narrowed", Breaking, Documentation);
pub(super) const MEDIA_WIDENED: Directed = directed("widened", Additive, Breaking);
pub(super) const ENCODING_CHANGED: Directed = directed("encoding-changed", Breaking, Breaking);
pub(super) const STATUS_ADDED: Directed = directed("added", Additive, Additive);
pub(super) const SUCCESS_REMOVED: Directed = directed("removed", Breaking, Breaking);
// A client must be ready for any error, listed or not.
pub(super) const ERROR_REMOVED: Directed = directed("removed", Breaking, Documentation);

// Values.

pub(super) const SCHEMA_ADDED: Directed = directed("schema-added", Breaking, Documentation);
pub(super) const SCHEMA_REMOVED: Directed = directed("schema-removed", Additive, Breaking);
pub(super) const TYPE_CHANGED: Directed = directed("type-changed", Breaking, Breaking);
pub(super) const TYPE_WIDENED: Directed = directed("type-widened", Additive, Breaking);
pub(super) const TYPE_NARROWED: Directed = directed("type-narrowed", Breaking, Documentation);
pub(super) const FORMAT_CHANGED: Directed = directed("format-changed", Breaking, Breaking);
pub(super) const FORMAT_WIDENED: Directed = directed("format-widened", Additive, Breaking);
pub(super) const FORMAT_NARROWED: Directed = directed("format-narrowed", Breaking, Documentation);
pub(super) const BECAME_NULLABLE: Directed = directed("became-nullable", Additive, Breaking);
pub(super) const BECAME_NOT_NULLABLE: Directed =
    directed("became-not-nullable", Breaking, Documentation);

// Enums are open in responses, whatever the document says: see the first principle.
pub(super) const ENUM_VALUE_ADDED: Directed = directed("enum-value-added", Additive, Additive);
pub(super) const ENUM_VALUE_REMOVED: Directed =
    directed("enum-value-removed", Breaking, Documentation);
pub(super) const BECAME_ENUM: Directed = directed("became-enum", Breaking, Documentation);
pub(super) const NO_LONGER_ENUM: Directed = directed("no-longer-enum", Additive, Additive);
pub(super) const ENUM_OPENED: Directed = directed("enum-opened", Additive, Additive);
pub(super) const ENUM_CLOSED: Directed = directed("enum-closed", Breaking, Documentation);
pub(super) const KNOWN_VALUES_LISTED: Directed =
    directed("known-values-listed", Documentation, Documentation);
pub(super) const KNOWN_VALUES_UNLISTED: Directed =
    directed("known-values-unlisted", Documentation, Documentation);

// Limits, named after their keyword.
pub(super) const TIGHTENED: Directed = directed("tightened", Breaking, Documentation);
pub(super) const LOOSENED: Directed = directed("loosened", Additive, Additive);
// It isn't known which of the two is stricter.
pub(super) const LIMIT_CHANGED: Directed = directed("changed", Breaking, Additive);

// A default decides what a request means that omits the value (AIP-180: it must not
// change). A default that is newly written down promises more and takes nothing away.
pub(super) const DEFAULT_ADDED: Directed = directed("default-added", Documentation, Documentation);
pub(super) const DEFAULT_CHANGED: Directed = directed("default-changed", Breaking, Documentation);
pub(super) const DEFAULT_REMOVED: Directed = directed("default-removed", Breaking, Documentation);
// A value that is always there has no use for a default.
pub(super) const IDLE_DEFAULT_CHANGED: Directed =
    directed("idle-default-changed", Documentation, Documentation);

// Unlisted fields: the client keeps unknown fields, so more of them is additive.
pub(super) const UNLISTED_REFUSED: Directed =
    directed("unlisted-fields-refused", Breaking, Documentation);
pub(super) const UNLISTED_ALLOWED: Directed =
    directed("unlisted-fields-allowed", Additive, Additive);
pub(super) const UNLISTED_TYPED: Directed =
    directed("unlisted-fields-typed", Breaking, Documentation);
pub(super) const UNLISTED_UNTYPED: Directed =
    directed("unlisted-fields-untyped", Additive, Breaking);
pub(super) const ITEMS_TYPED: Directed = directed("items-typed", Breaking, Documentation);
pub(super) const ITEMS_UNTYPED: Directed = directed("items-untyped", Additive, Breaking);

// Alternatives (`oneOf`, `anyOf`): another shape is another type.
pub(super) const ALTERNATIVE_ADDED: Directed = directed("alternative-added", Additive, Breaking);
pub(super) const ALTERNATIVE_REMOVED: Directed =
    directed("alternative-removed", Breaking, Documentation);
pub(super) const ALTERNATIVES_SET: Directed = directed("alternatives-set", Breaking, Documentation);
pub(super) const ALTERNATIVES_DROPPED: Directed =
    directed("alternatives-dropped", Additive, Breaking);
pub(super) const ALTERNATIVES_CHANGED: Directed =
    directed("alternatives-changed", Breaking, Breaking);
pub(super) const ALTERNATIVES_EXCLUSIVE: Directed =
    directed("alternatives-became-exclusive", Breaking, Documentation);
pub(super) const ALTERNATIVES_COMBINABLE: Directed =
    directed("alternatives-became-combinable", Additive, Additive);

// `xml` of a value that isn't written as XML.
pub(super) const IDLE_XML_CHANGED: Directed =
    directed("idle-xml-changed", Documentation, Documentation);

// Discriminators: a field that says which of the alternatives a value is.
pub(super) const DISCRIMINATOR_ADDED: Directed =
    directed("discriminator-added", Breaking, Documentation);
pub(super) const DISCRIMINATOR_REMOVED: Directed =
    directed("discriminator-removed", Additive, Breaking);
pub(super) const DISCRIMINATOR_CHANGED: Directed =
    directed("discriminator-changed", Breaking, Breaking);
pub(super) const DISCRIMINATOR_VALUE_ADDED: Directed =
    directed("discriminator-value-added", Additive, Additive);
pub(super) const DISCRIMINATOR_VALUE_REMOVED: Directed =
    directed("discriminator-value-removed", Breaking, Documentation);

pub(super) const KEYWORD_CHANGED: Directed = directed("keyword-changed", Breaking, Breaking);
