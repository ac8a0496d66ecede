//! The operation table: what the document's extensions say about each operation.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    document::{Document, Refusal, Site},
    normalise::is_multipart_only,
    sensitive::success_has_field,
};

/// One operation, with what the code must know beyond HTTP shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The document's `operationId`.
    pub id: String,
    /// The method, in upper case.
    pub method: String,
    /// The path template below the server's URL.
    pub path: String,
    /// The resource it belongs to.
    pub tag: String,
    /// The OAuth scopes that a token needs, as far as is known.
    pub scopes: Vec<String>,
    /// `x-idempotent`: whether sending it twice has the same effect as sending it once.
    pub idempotent: bool,
    /// `x-promise`: the fields of which a success must have at least one.
    pub promise: Vec<String>,
    /// `x-pagination`: how it pages; `None` if it doesn't.
    pub pagination: Option<Pagination>,
    /// `x-sensitive`: which of its values are secret or personal.
    pub sensitive: Sensitive,
    /// `x-provenance`: how its method and path are known.
    pub provenance: Provenance,
    /// Whether its body is a multipart form, which the generated client can't
    /// send.
    pub multipart: bool,
}

/// `x-pagination` with the style `page`: numbered pages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pagination {
    style: String,
    /// The key of the response that holds the items.
    #[serde(default)]
    pub items: String,
    /// The query parameter that numbers the page.
    #[serde(default)]
    pub page: String,
    /// The query parameter that says how many items a page has.
    #[serde(default)]
    pub size: String,
    /// The number of the first page.
    #[serde(default)]
    pub first_page: u32,
}

/// `x-sensitive`: the values that may not show up in logs, errors or `Debug`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitive {
    /// Path parameters.
    pub path: Vec<String>,
    /// Query parameters.
    pub query: Vec<String>,
    /// JSON pointers into the request body; `*` stands for every item.
    pub request: Vec<String>,
    /// JSON pointers into the response body; `*` stands for every item.
    pub response: Vec<String>,
}

/// `x-provenance`: how something is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The kind of evidence.
    pub basis: Basis,
    /// Keys of the sources.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Further remarks.
    #[serde(default)]
    pub note: Option<String>,
}

/// The kind of evidence behind a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// On the vendor's own page.
    Documented,
    /// On the page of a sibling brand of the same API.
    SiblingBrand,
    /// Seen in public client code.
    ClientCode,
    /// Inferred from the rest.
    Inferred,
}

/// Reads the table from a document, in the order of path and method.
///
/// # Errors
///
/// A [`Refusal`] if an operation lacks an extension, or if an extension is invalid.
/// There are no defaults: whether a message may be sent twice isn't guessed.
pub fn operations(document: &Document) -> Result<Vec<Operation>, Refusal> {
    let table: Vec<Operation> = document
        .operations()
        .map(|(site, operation)| read(&site, operation))
        .collect::<Result<_, _>>()?;
    if table.iter().any(|operation| !operation.promise.is_empty()) {
        check_promises(document, &table)?;
    }
    Ok(table)
}

fn read(site: &Site, operation: &Map<String, Value>) -> Result<Operation, Refusal> {
    let pagination: Pagination = extension(site, operation, "x-pagination")?;
    let pagination = match pagination.style.as_str() {
        "none" => None,
        "page" => Some(pagination),
        other => {
            let reason = format!("`x-pagination` has the unknown style {other}");
            return Err(Refusal::of_operation(site, reason));
        }
    };
    let tags = operation.get("tags").and_then(Value::as_array);
    let tag = match tags.map(Vec::as_slice) {
        Some([Value::String(tag)]) => tag.clone(),
        _ => {
            return Err(Refusal::of_operation(
                site,
                "one tag is needed, its resource",
            ));
        }
    };
    Ok(Operation {
        id: site.id.clone(),
        method: site.method.to_ascii_uppercase(),
        path: site.path.clone(),
        tag,
        scopes: scopes(operation),
        idempotent: extension(site, operation, "x-idempotent")?,
        promise: promise(site, operation)?,
        pagination,
        sensitive: extension(site, operation, "x-sensitive")?,
        provenance: extension(site, operation, "x-provenance")?,
        multipart: is_multipart_only(operation),
    })
}

fn promise(site: &Site, operation: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    if operation.contains_key("x-promise") {
        extension(site, operation, "x-promise")
    } else {
        Ok(Vec::new())
    }
}

/// Each promised field must be one that the success lists: a renamed field would
/// otherwise make every success an error.
fn check_promises(document: &Document, table: &[Operation]) -> Result<(), Refusal> {
    let mut document = document.clone();
    document.inline_shared_parts()?;
    for ((site, operation), row) in document.operations().zip(table) {
        for field in &row.promise {
            if !success_has_field(&document, operation, field) {
                let reason = format!("`x-promise` names {field}, which no success lists");
                return Err(Refusal::of_operation(&site, reason));
            }
        }
    }
    Ok(())
}

pub(crate) fn extension<T: for<'de> Deserialize<'de>>(
    site: &Site,
    operation: &Map<String, Value>,
    key: &str,
) -> Result<T, Refusal> {
    let value = operation
        .get(key)
        .ok_or_else(|| Refusal::of_operation(site, format!("no `{key}`")))?;
    T::deserialize(value).map_err(|error| Refusal::of_operation(site, format!("`{key}`: {error}")))
}

fn scopes(operation: &Map<String, Value>) -> Vec<String> {
    let requirements = operation.get("security").and_then(Value::as_array);
    let mut scopes: Vec<String> = requirements
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|requirement| requirement.values())
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|scope| scope.as_str().map(str::to_owned))
        .collect();
    scopes.sort();
    scopes.dedup();
    scopes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(change: impl FnOnce(&mut Value)) -> Document {
        let mut operation = json!({
            "operationId": "listThings",
            "tags": ["Things"],
            "responses": {"200": {"description": ""}},
            "security": [{"oauth2": ["b", "a"], "apiKey": []}],
            "x-idempotent": true,
            "x-pagination": {"style": "page", "items": "content", "page": "page", "size": "size", "firstPage": 0},
            "x-sensitive": {"path": [], "query": ["number"], "request": [], "response": []},
            "x-provenance": {"basis": "sibling-brand", "sources": ["B1"]},
        });
        change(&mut operation);
        let spec = json!({"openapi": "3.0.3", "paths": {"/things/{id}": {"get": operation}}});
        Document::parse(&spec.to_string()).unwrap()
    }

    #[test]
    fn reads_every_extension() {
        let table = operations(&document(|_| {})).unwrap();

        assert_eq!(table.len(), 1);
        assert_eq!(table[0].method, "GET");
        assert_eq!(table[0].scopes, ["a", "b"]);
        assert_eq!(table[0].pagination.as_ref().unwrap().items, "content");
        assert_eq!(table[0].sensitive.query, ["number"]);
        assert_eq!(table[0].provenance.basis, Basis::SiblingBrand);
        assert!(table[0].idempotent);
    }

    #[test]
    fn refuses_an_operation_that_lacks_one() {
        for key in [
            "x-idempotent",
            "x-pagination",
            "x-sensitive",
            "x-provenance",
            "tags",
        ] {
            let document = document(|operation| {
                operation.as_object_mut().unwrap().remove(key);
            });

            let refusal = operations(&document).unwrap_err();

            assert_eq!(refusal.operation.as_deref(), Some("listThings"), "{key}");
        }
    }

    #[test]
    fn refuses_an_extension_it_does_not_understand() {
        for (key, value) in [
            ("x-idempotent", json!("yes")),
            ("x-pagination", json!({"style": "cursor"})),
            (
                "x-sensitive",
                json!({"path": [], "query": [], "request": [], "respones": []}),
            ),
            ("x-provenance", json!({"basis": "hearsay"})),
        ] {
            let document = document(|operation| operation[key] = value.clone());

            assert!(
                operations(&document).unwrap_err().reason.contains(key),
                "{key}"
            );
        }
    }

    #[test]
    fn a_promise_that_no_success_lists_is_refused() {
        let promising = |field: &str| {
            document(|operation| {
                operation["x-promise"] = json!([field]);
                operation["responses"]["200"] = json!({
                    "description": "",
                    "content": {"application/json": {"schema": {
                        "type": "object",
                        "properties": {"content": {"type": "array", "items": {}}},
                    }}},
                });
            })
        };

        assert_eq!(
            operations(&promising("content")).unwrap()[0].promise,
            ["content"]
        );
        let refusal = operations(&promising("items")).unwrap_err().to_string();
        assert!(refusal.contains("`x-promise` names items"), "{refusal}");
    }
}
