//! The comparison of the two outlines: what Rust programs use.
//!
//! A removed or changed item breaks a program, a new one doesn't. The few exceptions
//! are explained where they are made.

use std::collections::{BTreeMap, BTreeSet};

use openapi_diff::{
    Class::{self, Additive, Breaking, Documentation},
    CodeChange,
};

use super::origins::Origins;
use crate::outline::{Detail, Outline, Outlined as Item, Signature, line};

/// Compares two outlines.
pub(super) fn compare(old: &Outline, new: &Outline, origins: &Origins) -> Vec<CodeChange> {
    let (old, new) = (&old.0, &new.0);
    let mut changes = Vec::new();
    let items: BTreeSet<&Item> = old.keys().chain(new.keys()).collect();
    for item in items {
        let (before, after) = (old.get(item), new.get(item));
        if before == after || belongs_to_another(item, old, new) {
            continue;
        }
        let verdict = judge(item, Sides { before, after }, old, new);
        let line = |detail: Option<&Detail>| detail.map(|detail| line(item, detail));
        changes.push(CodeChange {
            class: verdict.class,
            rule: format!("rust-{}", verdict.rule),
            operations: origins.operations_of(item),
            subject: origins.subject(item, before.or(after)),
            sentence: verdict.sentence,
            before: line(before),
            after: line(after),
        });
    }
    changes
}

/// An item's details before and after.
#[derive(Clone, Copy)]
struct Sides<'a> {
    before: Option<&'a Detail>,
    after: Option<&'a Detail>,
}

struct Verdict {
    class: Class,
    rule: String,
    sentence: String,
}

type Items = BTreeMap<Item, Detail>;

/// Whether an item was added or removed together with its owner, which is listed already.
fn belongs_to_another(item: &Item, old: &Items, new: &Items) -> bool {
    let owner = match item {
        Item::Field(name, _) => Item::Type(name.clone()),
        Item::Variant(name, _) => Item::Enum(name.clone()),
        Item::Fact(table, id, fact) => {
            // This fact is part of every row.
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

fn judge(item: &Item, sides: Sides<'_>, old: &Items, new: &Items) -> Verdict {
    match item {
        Item::Operation(name) => operation(name, sides),
        Item::Field(structure, field) => self::field(structure, field, sides),
        Item::Fact(table, id, fact) => self::fact(table, id, fact, sides),
        // Open enums and enums of alternatives are `#[non_exhaustive]`: every `match`
        // has an arm for new variants.
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
        Item::Row(..) => {
            let detail = sides.after.or(sides.before);
            let row = detail.map(|detail| line(item, detail)).unwrap_or_default();
            plain("line", &row, sides)
        }
    }
}

/// The rule without an exception.
fn plain(kind: &str, name: &str, sides: Sides<'_>) -> Verdict {
    let (class, what, words) = match (sides.before, sides.after) {
        (None, _) => (Additive, "added", "is new"),
        (_, None) => (Breaking, "removed", "is gone"),
        _ => (Breaking, "changed", "changed"),
    };
    Verdict {
        class,
        rule: format!("{kind}-{what}"),
        sentence: format!("In Rust, `{name}` {words}."),
    }
}

/// A struct that becomes an enum is one name with another meaning: the new line is no
/// more additive than the removed one.
fn swapped(kind: &str, name: &str, sides: Sides<'_>, is_the_other: bool) -> Verdict {
    let mut verdict = plain(kind, name, sides);
    if is_the_other {
        verdict.class = Breaking;
    }
    verdict
}

/// Programs read a public field by its type. New fields break nobody, since structs are
/// `#[non_exhaustive]`, unless they are required: those are arguments of `new`, and a
/// struct with one has no `Default`.
fn field(structure: &str, field: &str, sides: Sides<'_>) -> Verdict {
    let name = format!("{structure}.{field}");
    match (sides.before, sides.after) {
        (None, Some(after)) if inner(ty(after)).is_none() && field != "extra" => Verdict {
            class: Breaking,
            rule: "field-added-required".to_owned(),
            sentence: format!(
                "In Rust, `{name}` is new and required, so `{structure}::new` takes one more."
            ),
        },
        (Some(before), Some(after)) => {
            let (before, after) = (ty(before), ty(after));
            if before == after {
                return Verdict {
                    class: Breaking,
                    rule: "field-renamed-on-wire".to_owned(),
                    sentence: format!("In Rust, `{name}` has another key in the JSON."),
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

/// An operation is a builder with a setter per argument. The setter of an optional
/// argument takes the value itself, like that of a required one, so an argument that
/// becomes optional breaks nobody. A call without an argument that becomes required
/// still compiles and fails at run time, which is worse. The order of arguments means
/// nothing.
fn operation(name: &str, sides: Sides<'_>) -> Verdict {
    let (Some(before), Some(after)) = (sides.before, sides.after) else {
        return plain("operation", name, sides);
    };
    let (Detail::Signature(before), Detail::Signature(after)) = (before, after) else {
        return plain("operation", name, sides);
    };
    let (takes, takes_now) = (arguments(before), arguments(after));
    let mut found: Vec<(Class, &str, String)> = Vec::new();
    if before.result != after.result {
        let words = format!("returns `{}` instead of `{}`", after.result, before.result);
        found.push((Breaking, "result-changed", words));
    }
    for (argument, &ty) in &takes {
        match takes_now.get(argument).copied() {
            None => found.push((
                Breaking,
                "argument-removed",
                format!("no longer accepts `{argument}`"),
            )),
            Some(now) if now == ty => {}
            Some(now) if inner(now) == Some(ty) => {
                found.push((
                    Additive,
                    "argument-became-optional",
                    format!("no longer needs `{argument}`"),
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
    for (argument, &ty) in &takes_now {
        if takes.contains_key(argument) {
            continue;
        }
        if inner(ty).is_some() {
            found.push((Additive, "argument-added", format!("accepts `{argument}`")));
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
        // Something else than arguments or result changed.
        None => plain("operation", name, sides),
    }
}

/// The arguments by name: their order means nothing.
fn arguments(signature: &Signature) -> BTreeMap<&str, &str> {
    let arguments = signature.arguments.iter();
    arguments
        .map(|(name, ty)| (name.as_str(), ty.as_str()))
        .collect()
}

/// The type of a field.
fn ty(detail: &Detail) -> &str {
    match detail {
        Detail::Field { ty, .. } | Detail::Text(ty) => ty,
        Detail::Signature(_) => "",
    }
}

/// `T` of `Option<T>`.
fn inner(ty: &str) -> Option<&str> {
    ty.strip_prefix("Option<")?.strip_suffix('>')
}

/// The tables are data: no program stops compiling because a fact changed. Most facts
/// are judged where the document states them, and are no change of the program's own.
/// The facts that decide how the client behaves are.
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

#[cfg(test)]
mod tests {
    use super::*;

    type Entry = (Item, Detail);

    fn outline(entries: &[Entry]) -> Outline {
        Outline(entries.iter().cloned().collect())
    }

    fn text(text: &str) -> Detail {
        Detail::Text(text.to_owned())
    }

    fn operation(arguments: &[(&str, &str)], result: &str) -> Entry {
        let arguments = arguments.iter();
        let signature = Signature {
            arguments: arguments
                .map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned()))
                .collect(),
            result: result.to_owned(),
        };
        (
            Item::Operation("f".to_owned()),
            Detail::Signature(signature),
        )
    }

    fn structure() -> Entry {
        (Item::Type("A".to_owned()), text(""))
    }

    fn field(ty: &str) -> Entry {
        let detail = Detail::Field {
            ty: ty.to_owned(),
            wire: None,
        };
        (Item::Field("A".to_owned(), "b".to_owned()), detail)
    }

    fn enumeration() -> Entry {
        (Item::Enum("A".to_owned()), text(""))
    }

    fn variant() -> Entry {
        (Item::Variant("A".to_owned(), "B".to_owned()), text(""))
    }

    fn fact(fact: &str, detail: &str) -> Entry {
        let fact = Item::Fact("OPERATIONS".to_owned(), "f".to_owned(), fact.to_owned());
        (fact, text(detail))
    }

    fn classes(old: &[Entry], new: &[Entry]) -> Vec<(Class, String)> {
        let changes = compare(&outline(old), &outline(new), &Origins::default());
        changes
            .into_iter()
            .map(|change| (change.class, change.rule))
            .collect()
    }

    #[test]
    fn changes_are_judged_by_what_programs_use() {
        let maybe = operation(&[("a", "Option<i32>")], "()");
        let needed = operation(&[("a", "i32")], "()");
        let plain = operation(&[], "()");
        for (old, new, class, rule) in [
            (
                vec![needed.clone()],
                vec![maybe.clone()],
                Additive,
                "rust-argument-became-optional",
            ),
            (
                vec![maybe.clone()],
                vec![needed.clone()],
                Breaking,
                "rust-argument-became-required",
            ),
            (
                vec![plain.clone()],
                vec![maybe],
                Additive,
                "rust-argument-added",
            ),
            (
                vec![plain.clone()],
                vec![needed.clone()],
                Breaking,
                "rust-argument-added-required",
            ),
            (
                vec![needed],
                vec![operation(&[("a", "i64")], "()")],
                Breaking,
                "rust-argument-type-changed",
            ),
            (
                vec![plain],
                vec![operation(&[], "A")],
                Breaking,
                "rust-result-changed",
            ),
            (
                vec![structure(), field("i32")],
                vec![structure(), field("Option<i32>")],
                Breaking,
                "rust-field-type-changed",
            ),
            (
                vec![structure()],
                vec![structure(), field("Option<i32>")],
                Additive,
                "rust-field-added",
            ),
            (
                vec![structure()],
                vec![structure(), field("i32")],
                Breaking,
                "rust-field-added-required",
            ),
            (
                vec![],
                vec![structure(), field("i32")],
                Additive,
                "rust-type-added",
            ),
            (
                vec![structure(), field("i32")],
                vec![],
                Breaking,
                "rust-type-removed",
            ),
            (
                vec![enumeration()],
                vec![enumeration(), variant()],
                Additive,
                "rust-variant-added",
            ),
            (
                vec![fact("scopes", "[\"a\"]")],
                vec![],
                Documentation,
                "rust-fact-removed",
            ),
            (
                vec![fact("idempotent", "true")],
                vec![fact("idempotent", "false")],
                Breaking,
                "rust-fact-changed",
            ),
        ] {
            assert_eq!(
                classes(&old, &new),
                [(class, rule.to_owned())],
                "{old:?} -> {new:?}"
            );
        }
    }

    #[test]
    fn an_item_removed_with_its_owner_is_one_change() {
        let row = [fact("method", "\"GET\""), fact("path", "\"/\"")];

        assert_eq!(
            classes(&[], &row),
            [(Additive, "rust-row-added".to_owned())]
        );
        assert_eq!(
            classes(&row, &[]),
            [(Breaking, "rust-row-removed".to_owned())]
        );
    }

    #[test]
    fn a_struct_that_becomes_an_enum_is_breaking_twice() {
        let found = classes(&[structure(), field("i32")], &[enumeration(), variant()]);

        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|(class, _)| *class == Breaking));
    }
}
