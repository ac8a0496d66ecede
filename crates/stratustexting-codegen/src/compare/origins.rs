//! The operations behind a Rust item, and the item's name in the document.
//!
//! The outline has Rust names, and a reader of the comparison wants operations. The
//! generator derives its names by rules that are simple enough to invert.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToUpperCamelCase};

use openapi_diff::{Comparison, Spec};

use crate::outline::{Detail, Outlined as Item, line};

/// The documents behind the outlines.
#[derive(Debug, Default)]
pub(super) struct Origins {
    /// The ids of their operations.
    pub(super) operations: BTreeSet<String>,
    /// The operations that lead to a component schema, by its name.
    pub(super) schemas: BTreeMap<String, BTreeSet<String>>,
}

impl Origins {
    pub(super) fn of(documents: [&Spec; 2], comparison: &Comparison) -> Self {
        let mut origins = Self::default();
        for document in documents {
            let operations = document.operations().into_iter();
            origins
                .operations
                .extend(operations.map(|operation| operation.id));
            for (name, element) in document.components("schemas") {
                let ids = origins.schemas.entry(name.to_owned()).or_default();
                ids.extend(comparison.operations_of(&element.pointer));
            }
        }
        origins
    }

    /// The operations that an item comes from.
    pub(super) fn operations_of(&self, item: &Item) -> Vec<String> {
        match item {
            Item::Operation(name) => self.operation(name).into_iter().collect(),
            Item::Fact(_, id, _) => self.operations.get(id).cloned().into_iter().collect(),
            Item::Type(name)
            | Item::Field(name, _)
            | Item::Enum(name)
            | Item::Variant(name, _)
            | Item::Alias(name) => self.of_type(name),
            Item::Client(_) | Item::Row(..) => Vec::new(),
        }
    }

    fn operation(&self, rust: &str) -> Option<String> {
        self.operations
            .iter()
            .find(|id| id.to_snake_case() == rust)
            .cloned()
    }

    /// A type has the name of its component, or a name that begins with that of the
    /// component or operation that contains it. The longest match is the right one.
    fn of_type(&self, name: &str) -> Vec<String> {
        let components = self
            .schemas
            .iter()
            .map(|(schema, ids)| (schema.to_upper_camel_case(), ids.iter().cloned().collect()));
        let operations = self
            .operations
            .iter()
            .map(|id| (id.to_upper_camel_case(), vec![id.clone()]));
        let fitting = operations
            .chain(components)
            .filter(|(prefix, _)| name.starts_with(prefix.as_str()));
        let longest = fitting.max_by_key(|(prefix, _)| prefix.len());
        longest.map(|(_, ids)| ids).unwrap_or_default()
    }

    /// The name that the comparison of the wire uses for the same thing.
    pub(super) fn subject(&self, item: &Item, detail: Option<&Detail>) -> String {
        match item {
            Item::Operation(name) => self.operation(name).unwrap_or_else(|| name.clone()),
            Item::Fact(_, id, _) => id.clone(),
            Item::Field(structure, field) => {
                let on_wire = match detail {
                    Some(Detail::Field { wire, .. }) => wire.as_deref(),
                    _ => None,
                };
                format!("{structure}.{}", on_wire.unwrap_or(field))
            }
            Item::Client(name)
            | Item::Type(name)
            | Item::Enum(name)
            | Item::Variant(name, _)
            | Item::Alias(name) => name.clone(),
            Item::Row(..) => detail.map(|detail| line(item, detail)).unwrap_or_default(),
        }
    }
}
