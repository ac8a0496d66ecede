//! What an outline is made of: things of the generated code, and what is said of each.

use std::{collections::BTreeMap, fmt};

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    /// A method of the client that is no operation.
    Client(String),
    /// An operation, by its name in Rust.
    Operation(String),
    /// A struct.
    Type(String),
    /// A field of a struct.
    Field(String, String),
    /// An enum.
    Enum(String),
    /// A variant of an enum, or a field of one.
    Variant(String, String),
    Alias(String),
    /// A fact of a table: the table, the row's id, the fact.
    Fact(String, String, String),
    /// A row of a table that is one fact: the table, and the row's name.
    Row(String, String),
}

/// What is said of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// Text as it stands behind the name; often nothing.
    Text(String),
    /// A field's type, and its name in JSON where that is another.
    Field { ty: String, wire: Option<String> },
    /// What an operation takes and gives.
    Signature(Signature),
}

/// What an operation takes, in its order, and what it gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) arguments: Vec<(String, String)>,
    pub(crate) result: String,
}

/// A generated file summed up: what there is, and what is said of it.
///
/// As text it is one sorted line for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline(pub(crate) BTreeMap<Item, Says>);

impl Outline {
    pub(crate) fn add(&mut self, item: Item, says: Says) {
        self.0.insert(item, says);
    }
}

impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.0.iter().map(|(item, says)| line(item, says)).collect();
        lines.sort();
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// An item's line.
pub(crate) fn line(item: &Item, says: &Says) -> String {
    match item {
        Item::Client(name) => format!("client {name}{says}"),
        Item::Operation(name) => format!("operation {name}{says}"),
        Item::Type(name) => format!("type {name}{says}"),
        Item::Field(structure, field) => format!("type {structure}.{field}: {says}"),
        Item::Enum(name) => format!("enum {name}{says}"),
        Item::Variant(name, variant) => format!("enum {name}::{variant}{says}"),
        Item::Alias(name) => format!("alias {name} = {says}"),
        Item::Fact(table, id, fact) => format!("table {table} {id}.{fact} = {says}"),
        Item::Row(table, name) => format!("table {table} {name} = {says}"),
    }
}

impl fmt::Display for Says {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Field { ty, wire: None } => f.write_str(ty),
            Self::Field {
                ty,
                wire: Some(wire),
            } => write!(f, "{ty} = {wire:?}"),
            Self::Signature(signature) => {
                let arguments = signature.arguments.iter();
                let arguments: Vec<String> = arguments
                    .map(|(name, ty)| format!("{name}: {ty}"))
                    .collect();
                write!(f, "({}) -> {}", arguments.join(", "), signature.result)
            }
        }
    }
}
