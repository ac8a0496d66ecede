//! The entries of an outline: items of the generated code, each with its details.

use std::{collections::BTreeMap, fmt};

/// The subject of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    /// A method of the client that isn't an operation.
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
    /// A row of a table that is a single fact: the table and the row's name.
    Row(String, String),
}

/// The details of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The text after the name; often empty.
    Text(String),
    /// A field's type, and its name in JSON if that differs.
    Field { ty: String, wire: Option<String> },
    /// An operation's arguments and result.
    Signature(Signature),
}

/// An operation's arguments in order, and its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) arguments: Vec<(String, String)>,
    pub(crate) result: String,
}

/// A summary of a generated file: its items and their details.
///
/// As text it has one line per item, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline(pub(crate) BTreeMap<Item, Detail>);

impl Outline {
    pub(crate) fn add(&mut self, item: Item, detail: Detail) {
        self.0.insert(item, detail);
    }
}

impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self
            .0
            .iter()
            .map(|(item, detail)| line(item, detail))
            .collect();
        lines.sort();
        lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// An item's line.
pub(crate) fn line(item: &Item, detail: &Detail) -> String {
    match item {
        Item::Client(name) => format!("client {name}{detail}"),
        Item::Operation(name) => format!("operation {name}{detail}"),
        Item::Type(name) => format!("type {name}{detail}"),
        Item::Field(structure, field) => format!("type {structure}.{field}: {detail}"),
        Item::Enum(name) => format!("enum {name}{detail}"),
        Item::Variant(name, variant) => format!("enum {name}::{variant}{detail}"),
        Item::Alias(name) => format!("alias {name} = {detail}"),
        Item::Fact(table, id, fact) => format!("table {table} {id}.{fact} = {detail}"),
        Item::Row(table, name) => format!("table {table} {name} = {detail}"),
    }
}

impl fmt::Display for Detail {
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
