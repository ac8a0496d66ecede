//! An outline read back: what it says of each thing, by the thing's name.
//!
//! The outline is lines of text because people read it. To tell that a field has another
//! type rather than that one field went and another came, each line is split into what it is
//! about and what it says of it.

use std::collections::BTreeMap;

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
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
    /// A line that nobody knows how to read.
    Other(String),
}

/// The facts of the tables, by the first part of their names. An id may have dots in it, so
/// these tell where it ends.
const FACTS: [&str; 14] = [
    "authorization_url",
    "generated",
    "idempotent",
    "method",
    "name",
    "pagination",
    "path",
    "promise",
    "provenance",
    "scopes",
    "sensitive",
    "server",
    "tag",
    "token_url",
];

/// What an outline says of each thing.
pub(super) fn read(outline: &str) -> BTreeMap<Item, String> {
    let lines = outline.lines().filter(|line| !line.is_empty());
    lines.map(item).collect()
}

fn item(line: &str) -> (Item, String) {
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    let known = match kind {
        "client" => cut(rest, "(").map(|(name, says)| (Item::Client(name.to_owned()), says)),
        "operation" => cut(rest, "(").map(|(name, says)| (Item::Operation(name.to_owned()), says)),
        "alias" => rest
            .split_once(" = ")
            .map(|(name, says)| (Item::Alias(name.to_owned()), says)),
        "type" => Some(structure(rest)),
        "enum" => Some(enumeration(rest)),
        "table" => fact(rest),
        _ => None,
    };
    known.map_or_else(
        || (Item::Other(line.to_owned()), String::new()),
        |(item, says)| (item, says.to_owned()),
    )
}

/// Splits a text before a mark.
fn cut<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    text.find(mark).map(|at| text.split_at(at))
}

fn structure(rest: &str) -> (Item, &str) {
    if let Some((name, says)) = rest.split_once(": ")
        && let Some((structure, field)) = name.split_once('.')
    {
        return (Item::Field(structure.to_owned(), field.to_owned()), says);
    }
    let (name, says) = cut(rest, "(").unwrap_or((rest, ""));
    (Item::Type(name.to_owned()), says)
}

fn enumeration(rest: &str) -> (Item, &str) {
    let Some((name, variant)) = rest.split_once("::") else {
        return (Item::Enum(rest.to_owned()), "");
    };
    let end = variant.find(['(', ' ', ':']).unwrap_or(variant.len());
    let (variant, says) = variant.split_at(end);
    (Item::Variant(name.to_owned(), variant.to_owned()), says)
}

fn fact(rest: &str) -> Option<(Item, &str)> {
    let (table, rest) = rest.split_once(' ')?;
    let (name, says) = rest.split_once(" = ")?;
    let end = name.match_indices('.').find(|(at, _)| {
        let fact = &name[at + 1..];
        FACTS.contains(&fact.split('.').next().unwrap_or_default())
    });
    let (at, _) = end?;
    let (id, fact) = (&name[..at], &name[at + 1..]);
    Some((
        Item::Fact(table.to_owned(), id.to_owned(), fact.to_owned()),
        says,
    ))
}

/// What an operation takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature<'a> {
    /// Names and types of the arguments.
    pub(super) arguments: BTreeMap<&'a str, &'a str>,
    pub(super) result: &'a str,
}

/// Reads what an outline says of an operation.
pub(super) fn signature(says: &str) -> Option<Signature<'_>> {
    let (arguments, result) = says.strip_prefix('(')?.rsplit_once(") -> ")?;
    let arguments = split(arguments)
        .into_iter()
        .map(|argument| argument.split_once(": "))
        .collect::<Option<_>>()?;
    Some(Signature { arguments, result })
}

/// Splits at the commas that aren't within brackets.
fn split(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in list.char_indices() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = list[start..].trim();
    if !last.is_empty() {
        parts.push(last);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_is_read() {
        let outline = read(
            "alias Name = String\n\
             client new(baseurl: &str) -> Self\n\
             enum Kind\n\
             enum Kind::A = \"a: b\"\n\
             enum Kind::Unknown(String)\n\
             enum Kind::Shape.side: f64\n\
             operation send(to: String) -> ()\n\
             table OPERATIONS contact.list.pagination.page = \"page\"\n\
             type Thing\n\
             type Thing.at: Option<crate::At> = \"a.t: x\"\n\
             type Tuple(String)\n\
             something else\n",
        );

        let text = str::to_owned;
        let wanted = [
            (Item::Alias(text("Name")), "String"),
            (Item::Client(text("new")), "(baseurl: &str) -> Self"),
            (Item::Enum(text("Kind")), ""),
            (Item::Variant(text("Kind"), text("A")), " = \"a: b\""),
            (Item::Variant(text("Kind"), text("Unknown")), "(String)"),
            (Item::Variant(text("Kind"), text("Shape.side")), ": f64"),
            (Item::Operation(text("send")), "(to: String) -> ()"),
            (
                Item::Fact(
                    text("OPERATIONS"),
                    text("contact.list"),
                    text("pagination.page"),
                ),
                "\"page\"",
            ),
            (Item::Type(text("Thing")), ""),
            (
                Item::Field(text("Thing"), text("at")),
                "Option<crate::At> = \"a.t: x\"",
            ),
            (Item::Type(text("Tuple")), "(String)"),
            (Item::Other(text("something else")), ""),
        ];
        let wanted: BTreeMap<Item, String> = wanted
            .into_iter()
            .map(|(item, says)| (item, says.to_owned()))
            .collect();
        assert_eq!(outline, wanted);
    }

    #[test]
    fn a_signature_is_its_arguments_and_its_result() {
        let signature =
            signature("(a: Option<Map<String, (i32, i64)>>, b: i32) -> Vec<T>").unwrap();

        assert_eq!(signature.result, "Vec<T>");
        assert_eq!(signature.arguments["a"], "Option<Map<String, (i32, i64)>>");
        assert_eq!(signature.arguments["b"], "i32");
    }
}
