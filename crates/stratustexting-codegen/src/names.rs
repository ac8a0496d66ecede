//! The generator's names in Rust.
//!
//! Two names of a document may become one in Rust, and some become none at all. The
//! passes that make names unique must know the generator's rules, so they are repeated
//! here.

use heck::{ToSnakeCase, ToUpperCamelCase};
use unicode_ident::{is_xid_continue, is_xid_start};

/// The end of every stand-in name: the generator drops it, and no document contains it.
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
    // `gen` is a keyword of an edition that the parser doesn't know.
    text != "gen" && syn::parse_str::<syn::Ident>(text).is_ok()
}

/// The first of `wanted`, `wanted2`, `wanted3` … that is free.
pub(crate) fn numbered(wanted: &str, is_free: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2_usize;
    while !is_free(&name) {
        // The underscore that escapes a keyword isn't part of the name.
        name = format!("{}{number}", wanted.trim_end_matches('_'));
        number += 1;
    }
    name
}

/// A name that the generator turns into `field` and that the document doesn't have, so
/// that the original name can be put back afterwards.
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
    fn names_match_the_generators() {
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
    fn a_stand_in_becomes_its_field() {
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
