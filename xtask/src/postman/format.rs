//! The parts of Postman's collection format v2.1.0 that are used here, and of the format in
//! which it exports environments.
//!
//! They are structures rather than JSON, because the order of their fields is then the
//! order in the file: a folder's name before its hundred lines of requests.

use serde::Serialize;
use sha2::{Digest, Sha256};

#[derive(Debug, Serialize)]
pub(super) struct Collection {
    pub(super) info: Info,
    pub(super) auth: Auth,
    pub(super) event: Vec<Event>,
    pub(super) variable: Vec<Variable>,
    pub(super) item: Vec<Folder>,
}

#[derive(Debug, Serialize)]
pub(super) struct Info {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) _postman_id: String,
    pub(super) schema: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Folder {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth: Option<Auth>,
    pub(super) item: Vec<Item>,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) event: Vec<Event>,
    pub(super) request: Request,
}

#[derive(Debug, Serialize)]
pub(super) struct Request {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auth: Option<Auth>,
    pub(super) method: String,
    pub(super) header: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Body>,
    pub(super) url: Url,
    pub(super) description: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Url {
    pub(super) raw: String,
    pub(super) host: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) path: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) query: Vec<Pair>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) variable: Vec<Pair>,
}

/// A header, a parameter, or a field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) value: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) description: String,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) disabled: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "mode", rename_all = "lowercase")]
pub(super) enum Body {
    Raw { raw: String, options: RawOptions },
    Urlencoded { urlencoded: Vec<Pair> },
    Formdata { formdata: Vec<Part> },
}

/// Says that a raw body is JSON.
#[derive(Debug, Default, Serialize)]
pub(super) struct RawOptions {
    raw: Language,
}

#[derive(Debug, Serialize)]
struct Language {
    language: &'static str,
}

impl Default for Language {
    fn default() -> Self {
        Self { language: "json" }
    }
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Part {
    Text {
        key: String,
        value: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        description: String,
    },
    /// `src` is relative to Postman's working directory, and to newman's.
    File {
        key: String,
        src: String,
        #[serde(skip_serializing_if = "String::is_empty")]
        description: String,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Auth {
    #[serde(rename = "noauth")]
    Nothing,
    Basic {
        basic: Vec<Setting>,
    },
    Bearer {
        bearer: Vec<Setting>,
    },
    OAuth2 {
        oauth2: Vec<Setting>,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct Setting {
    key: &'static str,
    value: String,
    r#type: &'static str,
}

impl Setting {
    pub(super) fn of(settings: &[(&'static str, &str)]) -> Vec<Self> {
        let setting = |&(key, value): &(&'static str, &str)| Self {
            key,
            value: value.to_owned(),
            r#type: "string",
        };
        settings.iter().map(setting).collect()
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Event {
    listen: &'static str,
    script: Script,
}

#[derive(Debug, Serialize)]
struct Script {
    r#type: &'static str,
    exec: Vec<String>,
}

impl Event {
    pub(super) fn before(script: &str) -> Self {
        Self::of("prerequest", script)
    }

    pub(super) fn test(script: &str) -> Self {
        Self::of("test", script)
    }

    fn of(listen: &'static str, script: &str) -> Self {
        Self {
            listen,
            script: Script {
                r#type: "text/javascript",
                exec: script.lines().map(str::to_owned).collect(),
            },
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Variable {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) r#type: &'static str,
    pub(super) description: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Environment {
    /// Where Postman writes which version of itself exported a file: the one place of the
    /// format for a remark.
    pub(super) _postman_exported_using: &'static str,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) values: Vec<Value>,
    pub(super) _postman_variable_scope: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Value {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) r#type: &'static str,
    pub(super) enabled: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// An id in the form in which Postman makes them up, the same for the same text.
pub(super) fn id(text: &str) -> String {
    let mut digest = Sha256::digest(text.as_bytes());
    // Version 8, of one's own making, and the variant of RFC 9562.
    digest[6] = digest[6] & 0x0f | 0x80;
    digest[8] = digest[8] & 0x3f | 0x80;
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    );
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// The text of a file.
pub(crate) fn text(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
