//! What the generator calls things in Rust.
//!
//! Two names of a document may be one in Rust, and one may be none at all. Who gives each its
//! own has to know what the generator would make of it, so its rules stand here once more.

use heck::{ToSnakeCase, ToUpperCamelCase};
use unicode_ident::{is_xid_continue, is_xid_start};

/// Ends the names that stand for others: the generator makes nothing of it, and no document
/// has it.
const MARK: char = '\u{1f}';

/// The name of the type of a schema or of an operation's builder.
pub(crate) fn type_name(text: &str) -> String {
    identifier(text, str::to_upper_camel_case, "X")
}

/// The name of the field of a property, of the setter of a parameter, or of the method of an
/// operation.
pub(crate) fn field_name(text: &str) -> String {
    identifier(text, str::to_snake_case, "x")
}

fn identifier(text: &str, case: impl Fn(&str) -> String, prefix: &str) -> String {
    let plain = match text {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        _ => case(
            &text
                .replace('\'', "")
                .replace(|c: char| !is_xid_continue(c), "-"),
        ),
    };
    let name = match plain.chars().next() {
        None => prefix.to_owned(),
        Some(first) if is_xid_start(first) => plain,
        Some(_) => format!("{prefix}{plain}"),
    };
    if is_identifier(&name) {
        name
    } else {
        format!("{name}_")
    }
}

/// Whether a text can be an identifier as it is.
pub(crate) fn is_identifier(text: &str) -> bool {
    // A keyword of an edition that the parser doesn't know.
    text != "gen" && syn::parse_str::<syn::Ident>(text).is_ok()
}

/// The first of `wanted`, `wanted2`, `wanted3` … that is free.
pub(crate) fn numbered(wanted: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2_usize;
    while !is_free(&name) {
        // A keyword's underscore isn't part of the name that is numbered.
        name = format!("{}{number}", wanted.trim_end_matches('_'));
        number += 1;
    }
    name
}

/// A name that the generator makes `field` of and that is no name of the document's, so that
/// what it stands for can be put back afterwards.
pub(crate) fn stand_in(field: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut name = format!("{field}{MARK}");
    while !is_free(&name) {
        name.push(MARK);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_generators() {
        for (text, wanted) in [
            ("report_row", "ReportRow"),
            ("Page«Thing»", "PageThing"),
            ("1st", "X1st"),
            ("@", "X"),
            ("self", "Self_"),
            ("名", "名"),
        ] {
            assert_eq!(type_name(text), wanted);
        }
        for (text, wanted) in [
            ("fooBar", "foo_bar"),
            ("type", "type_"),
            ("gen", "gen_"),
            ("+1", "plus1"),
            ("don't", "dont"),
        ] {
            assert_eq!(field_name(text), wanted);
        }
    }

    #[test]
    fn a_stand_in_gives_the_field_it_is_for() {
        let first = stand_in("foo_bar2", |_| true);
        let second = stand_in("foo_bar2", |name| name != first);

        assert_ne!(first, second);
        assert_eq!(field_name(&first), "foo_bar2");
        assert_eq!(field_name(&second), "foo_bar2");
    }

    #[test]
    fn a_keyword_is_numbered_without_its_underscore() {
        assert_eq!(numbered("type_", |name| name != "type_"), "type2");
    }
}
