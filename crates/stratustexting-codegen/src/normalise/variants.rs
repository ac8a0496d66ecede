//! The names of enum variants.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;

use crate::names::{is_identifier, numbered, type_name};

/// The variant of every open enum for unlisted values.
const UNLISTED: &str = "Unknown";

/// Names each value of a list once; a duplicate value is the same variant.
///
/// Values that differ only in case or signs get separate names, and a value that
/// consists of signs gets the names of the signs. The first value keeps its name, so
/// that a value that the service adds renames none.
pub(super) fn variants(values: &[String]) -> Vec<(String, String)> {
    let mut variants: Vec<(String, String)> = Vec::new();
    let mut used = BTreeSet::from([UNLISTED.to_owned()]);
    for value in values {
        if variants.iter().any(|(_, text)| text == value) {
            continue;
        }
        let name = name(value, &used);
        used.insert(name.clone());
        variants.push((name, value.clone()));
    }
    variants
}

fn name(value: &str, used: &BTreeSet<String>) -> String {
    let is_free = |name: &str| is_identifier(name) && !used.contains(name);
    let mut plain = value.to_upper_camel_case();
    if plain.starts_with(|first: char| first.is_ascii_digit()) {
        plain.insert(0, 'V');
    }
    if is_free(&plain) {
        return plain;
    }
    let spelled = spelled(value);
    if is_free(&spelled) {
        return spelled;
    }
    // A keyword, a name that is taken, or a character that no identifier has.
    let wanted = if is_identifier(&plain) && plain != UNLISTED {
        plain
    } else {
        type_name(&format!("{plain}-value"))
    };
    numbered(&wanted, |name| !used.contains(name))
}

/// A value with its signs as words: `>=` as `GreaterThanEqual`, `-created` as `MinusCreated`.
fn spelled(value: &str) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    for sign in value.chars() {
        if sign.is_ascii_alphanumeric() || (!sign.is_ascii() && is_identifier(&format!("X{sign}")))
        {
            word.push(sign);
            continue;
        }
        words.push(std::mem::take(&mut word).to_upper_camel_case());
        words.push(
            sign_name(sign).map_or_else(|| format!("U{:04X}", u32::from(sign)), str::to_owned),
        );
    }
    words.push(word.to_upper_camel_case());
    let name = words.concat();
    if name.is_empty() {
        "Empty".to_owned()
    } else if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("V{name}")
    } else {
        name
    }
}

fn sign_name(sign: char) -> Option<&'static str> {
    Some(match sign {
        ' ' => "Space",
        '!' => "Not",
        '"' => "Quote",
        '#' => "Hash",
        '$' => "Dollar",
        '%' => "Percent",
        '&' => "And",
        '\'' => "Apostrophe",
        '(' => "OpenParenthesis",
        ')' => "CloseParenthesis",
        '*' => "Star",
        '+' => "Plus",
        ',' => "Comma",
        '-' => "Minus",
        '.' => "Dot",
        '/' => "Slash",
        ':' => "Colon",
        ';' => "Semicolon",
        '<' => "LessThan",
        '=' => "Equal",
        '>' => "GreaterThan",
        '?' => "Question",
        '@' => "At",
        '[' => "OpenBracket",
        '\\' => "Backslash",
        ']' => "CloseBracket",
        '^' => "Caret",
        '_' => "Underscore",
        '`' => "Backtick",
        '{' => "OpenBrace",
        '|' => "Pipe",
        '}' => "CloseBrace",
        '~' => "Tilde",
        '≤' => "LessOrEqual",
        '≥' => "GreaterOrEqual",
        '≠' => "NotEqual",
        '€' => "Euro",
        '£' => "Pound",
        '½' => "Half",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[&str]) -> Vec<String> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        variants(&values)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn similar_values_have_separate_names() {
        assert_eq!(
            names(&["percentage", "Percentage", "PERCENTAGE"]),
            ["Percentage", "Percentage2", "Percentage3"]
        );
        assert_eq!(
            names(&["created", "-created", "a-b", "a+b"]),
            ["Created", "MinusCreated", "AB", "APlusB"]
        );
    }

    #[test]
    fn signs_have_names() {
        assert_eq!(
            names(&[">", "<=", "=", "", " ", "½", "😀", "中文", "01", "1"]),
            [
                "GreaterThan",
                "LessThanEqual",
                "Equal",
                "Empty",
                "Space",
                "Half",
                "U1F600",
                "中文",
                "V01",
                "V1"
            ]
        );
    }

    #[test]
    fn no_value_takes_a_reserved_name() {
        assert_eq!(
            names(&["unknown", "self", "Unknown"]),
            ["UnknownValue", "SelfValue", "UnknownValue2"]
        );
    }

    #[test]
    fn a_duplicate_value_is_one_variant() {
        assert_eq!(names(&["a", "b", "a"]), ["A", "B"]);
    }

    #[test]
    fn a_value_that_is_added_renames_none() {
        let values = ["a", "A", ">", ">=", "a-b", "a b", "unknown", "self"];
        for count in 1..values.len() {
            assert_eq!(names(&values[..count]), names(&values)[..count]);
        }
    }
}
