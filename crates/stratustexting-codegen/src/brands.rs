//! The brands of the API: `x-brands` of the document.

use serde::Deserialize;
use serde_json::Value;

use crate::document::{Document, Refusal};

/// A brand under which the API is served.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brand {
    /// A short name in kebab case.
    pub id: String,
    /// The brand's own name.
    pub name: String,
    /// The API's base URL.
    pub server: String,
    /// The OAuth authorization endpoint, if it is known.
    pub authorization_url: Option<String>,
    /// The OAuth token endpoint, if it is known.
    pub token_url: Option<String>,
}

/// Reads the brands; a document without `x-brands` has none.
///
/// # Errors
///
/// A [`Refusal`] when the list doesn't have the expected form.
pub fn brands(document: &Document) -> Result<Vec<Brand>, Refusal> {
    let listed = document.get("/x-brands").cloned();
    let listed = listed.unwrap_or_else(|| Value::Array(Vec::new()));
    serde_json::from_value(listed)
        .map_err(|error| Refusal::of_document("#/x-brands", error.to_string()))
}
