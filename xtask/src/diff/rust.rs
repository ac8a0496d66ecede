//! The comparison of the two outlines: what Rust programs call.
//!
//! What is gone or different breaks a program, what is only new doesn't. There are a few
//! cases in which that isn't the whole truth, and each has its reason where it is decided.

mod origins;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    change::{
        Change,
        Class::{self, Additive, Breaking, Documentation},
        Side,
    },
    outline::{Item, read, signature},
};
pub(super) use origins::Origins;

/// Compares two outlines.
pub(super) fn compare(old: &str, new: &str, origins: &Origins) -> Vec<Change> {
    let (old, new) = (read(old), read(new));
    let mut changes = Vec::new();
    let items: BTreeSet<&Item> = old.keys().chain(new.keys()).collect();
    for item in items {
        let (before, after) = (old.get(item), new.get(item));
        if before == after || belongs_to_another(item, &old, &new) {
            continue;
        }
        let sides = Sides {
            before: before.map(String::as_str),
            after: after.map(String::as_str),
        };
        let verdict = judge(item, sides, &old, &new);
        let line = |says: Option<&String>| says.map(|says| spelled(item, says));
        changes.push(Change {
            side: Side::Rust,
            class: verdict.class,
            rule: format!("rust-{}", verdict.rule),
            operations: origins.of(item),
            pointer: None,
            subject: origins.subject(item, before.or(after).map_or("", String::as_str)),
            sentence: verdict.sentence,
            before: line(before),
            after: line(after),
        });
    }
    changes
}

/// What an outline says of an item before and after.
#[derive(Clone, Copy)]
struct Sides<'a> {
    before: Option<&'a str>,
    after: Option<&'a str>,
}

struct Verdict {
    class: Class,
    rule: String,
    sentence: String,
}

type Outline = BTreeMap<Item, String>;

/// Whether a line comes or goes with the thing that it belongs to, which says it all.
fn belongs_to_another(item: &Item, old: &Outline, new: &Outline) -> bool {
    let owner = match item {
        Item::Field(name, _) => Item::Type(name.clone()),
        Item::Variant(name, _) => Item::Enum(name.clone()),
        Item::Fact(table, id, fact) => {
            // A row is known by what every row has.
            let key = if table == "BRANDS" { "name" } else { "method" };
            if fact == key {
                return false;
            }
            Item::Fact(table.clone(), id.clone(), key.to_owned())
        }
        _ => return false,
    };
    old.contains_key(&owner) != new.contains_key(&owner)
}

fn judge(item: &Item, sides: Sides<'_>, old: &Outline, new: &Outline) -> Verdict {
    match item {
        Item::Operation(name) => operation(name, sides),
        Item::Field(structure, field) => self::field(structure, field, sides),
        Item::Fact(table, id, fact) => self::fact(table, id, fact, sides),
        // Open enums and enums of alternatives are `#[non_exhaustive]`: every `match` has an
        // arm for the variants that come.
        Item::Variant(name, variant) => plain("variant", &format!("{name}::{variant}"), sides),
        Item::Type(name) => swapped(
            "type",
            name,
            sides,
            new.contains_key(&Item::Enum(name.clone())),
        ),
        Item::Enum(name) => swapped(
            "enum",
            name,
            sides,
            old.contains_key(&Item::Type(name.clone())),
        ),
        Item::Alias(name) => plain("alias", name, sides),
        Item::Client(name) => plain("client-method", name, sides),
        Item::Other(line) => plain("line", line, sides),
    }
}

/// The rule without exceptions.
fn plain(kind: &str, name: &str, sides: Sides<'_>) -> Verdict {
    let (class, what, words) = match (sides.before, sides.after) {
        (None, _) => (Additive, "added", "is new"),
        (_, None) => (Breaking, "removed", "is gone"),
        _ => (Breaking, "changed", "is another"),
    };
    Verdict {
        class,
        rule: format!("{kind}-{what}"),
        sentence: format!("In Rust, `{name}` {words}."),
    }
}

/// A struct that becomes an enum is one name with another meaning: the line that comes is no
/// more additive than the one that goes.
fn swapped(kind: &str, name: &str, sides: Sides<'_>, is_the_other: bool) -> Verdict {
    let mut verdict = plain(kind, name, sides);
    if is_the_other {
        verdict.class = Breaking;
    }
    verdict
}

/// A field is public, so that its type is what programs read. New fields don't get in the
/// way of anybody, since structs are `#[non_exhaustive]`, unless they have to be there:
/// those are arguments of `new`, and a struct with one has no `Default`.
fn field(structure: &str, field: &str, sides: Sides<'_>) -> Verdict {
    let name = format!("{structure}.{field}");
    match (sides.before, sides.after) {
        (None, Some(after)) if !after.starts_with("Option<") && field != "extra" => Verdict {
            class: Breaking,
            rule: "field-added-required".to_owned(),
            sentence: format!(
                "In Rust, `{name}` is new and has to be there, so `{structure}::new` takes one more."
            ),
        },
        (Some(before), Some(after)) => {
            let ty = |says: &str| says.split(" = ").next().unwrap_or_default().to_owned();
            let (before, after) = (ty(before), ty(after));
            if before == after {
                return Verdict {
                    class: Breaking,
                    rule: "field-renamed-on-wire".to_owned(),
                    sentence: format!("In Rust, `{name}` stands for another key of the JSON."),
                };
            }
            Verdict {
                class: Breaking,
                rule: "field-type-changed".to_owned(),
                sentence: format!("In Rust, `{name}` is `{after}`, and was `{before}`."),
            }
        }
        _ => plain("field", &name, sides),
    }
}

/// An operation is a builder with a setter per argument. The setter of an optional argument
/// takes what that of a mandatory one takes, the value itself, so that an argument which may
/// be left out now breaks nobody. One that may no longer be left out still compiles, and
/// fails at every call that does so: that is worse. The order of arguments means nothing.
fn operation(name: &str, sides: Sides<'_>) -> Verdict {
    let (Some(before), Some(after)) = (sides.before, sides.after) else {
        return plain("operation", name, sides);
    };
    let (Some(before), Some(after)) = (signature(before), signature(after)) else {
        return plain("operation", name, sides);
    };
    let mut found: Vec<(Class, &str, String)> = Vec::new();
    if before.result != after.result {
        let words = format!("gives `{}` instead of `{}`", after.result, before.result);
        found.push((Breaking, "result-changed", words));
    }
    for (argument, ty) in &before.arguments {
        match after.arguments.get(argument) {
            None => found.push((
                Breaking,
                "argument-removed",
                format!("no longer takes `{argument}`"),
            )),
            Some(now) if now == ty => {}
            Some(now) if inner(now) == Some(ty) => {
                found.push((
                    Additive,
                    "argument-became-optional",
                    format!("may go without `{argument}`"),
                ));
            }
            Some(now) if inner(ty) == Some(now) => {
                found.push((
                    Breaking,
                    "argument-became-required",
                    format!("needs `{argument}`"),
                ));
            }
            Some(now) => {
                let words = format!("takes `{now}` as `{argument}` instead of `{ty}`");
                found.push((Breaking, "argument-type-changed", words));
            }
        }
    }
    for (argument, ty) in &after.arguments {
        if before.arguments.contains_key(argument) {
            continue;
        }
        if inner(ty).is_some() {
            found.push((Additive, "argument-added", format!("may take `{argument}`")));
        } else {
            found.push((
                Breaking,
                "argument-added-required",
                format!("needs `{argument}`, which is new"),
            ));
        }
    }
    found.sort_by_key(|(class, ..)| std::cmp::Reverse(*class));
    let words: Vec<&str> = found.iter().map(|(_, _, words)| words.as_str()).collect();
    let sentence = format!("In Rust, `{name}` {}.", words.join(", "));
    match found.first() {
        Some((class, rule, _)) => Verdict {
            class: *class,
            rule: (*rule).to_owned(),
            sentence,
        },
        // Something else than arguments and result is written there.
        None => plain("operation", name, sides),
    }
}

/// `T` of `Option<T>`.
fn inner<'a>(ty: &'a &str) -> Option<&'a str> {
    ty.strip_prefix("Option<")?.strip_suffix('>')
}

/// The tables are data: no program stops compiling because a fact is another. Most facts are
/// judged where the document says them, and are no change of the program's own. Those by
/// which the client behaves are.
fn fact(table: &str, id: &str, fact: &str, sides: Sides<'_>) -> Verdict {
    let name = format!("{table} {id}");
    let is_row = (table == "BRANDS" && fact == "name") || fact == "method";
    if is_row && (sides.before.is_none() || sides.after.is_none()) {
        return plain("row", &name, sides);
    }
    let first = fact.split('.').next().unwrap_or_default();
    let behaviour = matches!(
        first,
        "idempotent"
            | "promise"
            | "pagination"
            | "generated"
            | "server"
            | "authorization_url"
            | "token_url"
    );
    let mut verdict = plain("fact", &format!("{name}.{fact}"), sides);
    if let (Some(before), Some(after)) = (sides.before, sides.after) {
        verdict.sentence = format!("In Rust, `{name}.{fact}` is `{after}`, and was `{before}`.");
    }
    if !behaviour {
        verdict.class = Documentation;
    }
    verdict
}

/// The line of the outline.
fn spelled(item: &Item, says: &str) -> String {
    match item {
        Item::Client(name) => format!("client {name}{says}"),
        Item::Operation(name) => format!("operation {name}{says}"),
        Item::Type(name) => format!("type {name}{says}"),
        Item::Field(structure, field) => format!("type {structure}.{field}: {says}"),
        Item::Enum(name) => format!("enum {name}{says}"),
        Item::Variant(name, variant) => format!("enum {name}::{variant}{says}"),
        Item::Alias(name) => format!("alias {name} = {says}"),
        Item::Fact(table, id, fact) => format!("table {table} {id}.{fact} = {says}"),
        Item::Other(line) => line.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(old: &str, new: &str) -> Vec<(Class, String)> {
        let changes = compare(old, new, &Origins::default());
        changes
            .into_iter()
            .map(|change| (change.class, change.rule))
            .collect()
    }

    #[test]
    fn what_programs_can_go_without_breaks_nobody() {
        for (old, new, class, rule) in [
            (
                "operation f(a: i32) -> ()",
                "operation f(a: Option<i32>) -> ()",
                Additive,
                "rust-argument-became-optional",
            ),
            (
                "operation f(a: Option<i32>) -> ()",
                "operation f(a: i32) -> ()",
                Breaking,
                "rust-argument-became-required",
            ),
            (
                "operation f() -> ()",
                "operation f(a: Option<i32>) -> ()",
                Additive,
                "rust-argument-added",
            ),
            (
                "operation f() -> ()",
                "operation f(a: i32) -> ()",
                Breaking,
                "rust-argument-added-required",
            ),
            (
                "operation f(a: i32) -> ()",
                "operation f(a: i64) -> ()",
                Breaking,
                "rust-argument-type-changed",
            ),
            (
                "operation f() -> ()",
                "operation f() -> A",
                Breaking,
                "rust-result-changed",
            ),
            (
                "type A\ntype A.b: i32",
                "type A\ntype A.b: Option<i32>",
                Breaking,
                "rust-field-type-changed",
            ),
            (
                "type A",
                "type A\ntype A.b: Option<i32>",
                Additive,
                "rust-field-added",
            ),
            (
                "type A",
                "type A\ntype A.b: i32",
                Breaking,
                "rust-field-added-required",
            ),
            ("", "type A\ntype A.b: i32", Additive, "rust-type-added"),
            ("type A\ntype A.b: i32", "", Breaking, "rust-type-removed"),
            (
                "enum A",
                "enum A\nenum A::B = \"b\"",
                Additive,
                "rust-variant-added",
            ),
            (
                "table OPERATIONS f.scopes = [\"a\"]",
                "",
                Documentation,
                "rust-fact-removed",
            ),
            (
                "table OPERATIONS f.idempotent = true",
                "table OPERATIONS f.idempotent = false",
                Breaking,
                "rust-fact-changed",
            ),
        ] {
            assert_eq!(
                classes(old, new),
                [(class, rule.to_owned())],
                "{old} -> {new}"
            );
        }
    }

    #[test]
    fn what_goes_with_its_owner_is_one_change() {
        let row = "table OPERATIONS f.method = \"GET\"\ntable OPERATIONS f.path = \"/\"";

        assert_eq!(classes("", row), [(Additive, "rust-row-added".to_owned())]);
        assert_eq!(
            classes(row, ""),
            [(Breaking, "rust-row-removed".to_owned())]
        );
    }

    #[test]
    fn a_struct_that_becomes_an_enum_is_breaking_twice() {
        let found = classes("type A\ntype A.b: i32", "enum A\nenum A::B");

        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|(class, _)| *class == Breaking));
    }
}
