//! Reads YAML 1.2 as JSON.
//!
//! `yes` is a text, and a duplicate key is an error. Values that JSON can't represent
//! are an error too, since they would be changed silently.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The most values of a page with its anchors expanded. The parser's own limit is on
/// the number of aliases, and grows with the text: many aliases of a long list stay far
/// below it and fill the memory.
const MOST_VALUES: usize = 1 << 18;

/// What is wrong with a text, and its line, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// Reads one YAML document of any length. With its anchors expanded it may have as many
/// values as it has bytes; without anchors there are never more.
///
/// # Errors
///
/// Returns line and problem, in one line.
pub fn from_text(text: &str) -> Result<Value, String> {
    let most = MOST_VALUES.max(text.len());
    read_up_to(text, most).map_err(|error| format!("line {}: {}", error.line, error.text))
}

/// Reads one YAML document of a page.
pub(crate) fn read(text: &str) -> Result<Value, YamlError> {
    read_up_to(text, MOST_VALUES)
}

fn read_up_to(text: &str, most: usize) -> Result<Value, YamlError> {
    let failed = |error: &yaml_serde::Error| yaml_error(text, error);
    let left = Cell::new(most);
    Count { left: &left, most }
        .deserialize(yaml_serde::Deserializer::from_str(text))
        .map_err(|error| failed(&error))?;
    // The parser's own value comes first: in JSON's, the last of two equal keys wins.
    let mut value: yaml_serde::Value =
        yaml_serde::from_str(text).map_err(|error| failed(&error))?;
    value.apply_merge().map_err(|error| failed(&error))?;
    json(value).map_err(|(what, near)| YamlError {
        line: line_of(text, &near),
        text: what,
    })
}

fn yaml_error(text: &str, error: &yaml_serde::Error) -> YamlError {
    let message = error.to_string();
    let location = error.location();
    let (line, column) = location.map_or((1, 1), |location| (location.line(), location.column()));
    // For a duplicate key the parser only reports the object.
    let key = message.split("duplicate entry with key \"").nth(1);
    let key = key.and_then(|rest| Some(rest.rsplit_once('"')?.0));
    let second = key.and_then(|key| second_line(text, line, column, key));
    YamlError {
        line: second.unwrap_or(line),
        text: format!("not YAML: {}", without_line_numbers(&message)),
    }
}

/// The message without its line numbers, which aren't the page's.
fn without_line_numbers(message: &str) -> String {
    let mut parts = message.split(" at line ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Skip the line's number, and the column's.
        let digit = |c: char| c.is_ascii_digit();
        let rest = part.trim_start_matches(digit);
        let rest = rest.strip_prefix(" column ").unwrap_or(rest);
        text += rest.trim_start_matches(digit);
    }
    text
}

/// The line in which an object repeats a key, if each of its keys begins a line.
fn second_line(text: &str, first: usize, column: usize, key: &str) -> Option<usize> {
    let is_key = |line: &str| {
        let own = line.get(column - 1..).unwrap_or_default();
        let own = own.strip_prefix(['"', '\'']).unwrap_or(own);
        let rest = own.strip_prefix(key).unwrap_or_default();
        let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        rest.trim_start().starts_with(':')
    };
    let lines = (1..).zip(text.lines()).skip(first - 1);
    lines
        .filter(|(_, line)| is_key(line))
        .nth(1)
        .map(|(number, _)| number)
}

/// The first line that contains a text, or line 1.
pub(crate) fn line_of(text: &str, near: &str) -> usize {
    let position = text.lines().position(|line| line.contains(near));
    position.map_or(1, |index| index + 1)
}

/// Walks a document without storing it, and fails if it has too many values.
#[derive(Clone, Copy)]
struct Count<'a> {
    left: &'a Cell<usize>,
    most: usize,
}

impl Count<'_> {
    fn one<E: Error>(self) -> Result<(), E> {
        let left =
            self.left.get().checked_sub(1).ok_or_else(|| {
                E::custom(format!("limit exceeded: more than {} values", self.most))
            })?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.one()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<(), E> {
        Ok(())
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<(), D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry_seed(self, self)?.is_some() {}
        Ok(())
    }

    /// A value with a tag, which is refused later.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let ((), inner) = tagged.variant_seed(self)?;
        inner.newtype_variant_seed(self)
    }
}

/// The error is the problem, and a nearby text.
fn json(value: yaml_serde::Value) -> Result<Value, (String, String)> {
    use yaml_serde::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(truth) => Value::Bool(truth),
        Yaml::Number(number) => Value::Number(json_number(&number)?),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => {
            Value::Array(items.into_iter().map(json).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(members) => {
            let mut map = Map::new();
            for (key, member) in members {
                let key = key_text(key)?;
                let member = json(member)?;
                if map.insert(key.clone(), member).is_some() {
                    return Err((format!("the key {key} occurs twice"), key));
                }
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            return Err((format!("the tag {tag} has no meaning here"), tag));
        }
    })
}

/// Statuses are numbers in YAML but texts in JSON.
fn key_text(key: yaml_serde::Value) -> Result<String, (String, String)> {
    use yaml_serde::Value as Yaml;
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(truth) => Ok(truth.to_string()),
        Yaml::Null => Ok("null".to_owned()),
        _ => Err(("a key that isn't a text".to_owned(), "?".to_owned())),
    }
}

fn json_number(number: &yaml_serde::Number) -> Result<Number, (String, String)> {
    let whole = number.as_i64().map(Number::from);
    let whole = whole.or_else(|| number.as_u64().map(Number::from));
    let any = whole.or_else(|| number.as_f64().and_then(Number::from_f64));
    any.ok_or_else(|| (format!("{number} isn't a JSON number"), number.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_yaml_1_2_says() {
        let text =
            "yes: yes\non: off\nzero: 010\nunder: 1_000\nnull: ~\ntrue: true\n200: {a: 1.5}\n";

        let value = read(text).unwrap();

        assert_eq!(
            value,
            json!({
                "yes": "yes", "on": "off", "zero": "010", "under": "1_000", "null": null,
                "true": true, "200": {"a": 1.5}
            })
        );
    }

    #[test]
    fn resolves_anchors_and_merge_keys() {
        let text = "a: &ref_1 {x: 1}\nb: *ref_1\nc:\n  <<: *ref_1\n  y: 2\n";

        assert_eq!(
            read(text).unwrap(),
            json!({"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}})
        );
    }

    #[test]
    fn problems_have_a_line() {
        for (text, line, what) in [
            ("a: 1\nb: 2\na: 3\n", 3, "duplicate"),
            (
                "x:\n  - a: 1\n    b:\n      a: 1\n    \"a\": 2\n",
                5,
                "duplicate",
            ),
            ("x: 1\ny: {a: 1, a: 2}\n", 2, "duplicate"),
            ("a: 1\n\tb: 2\n", 2, "not YAML"),
            ("a: [1\n", 2, "not YAML"),
            ("a: 1\nb: *nowhere\n", 2, "unknown anchor"),
            ("a: 1\nb: !tag x\n", 2, "tag"),
            ("a: 1\nb: .inf\n", 2, "isn't a JSON number"),
            ("1: a\n\"1\": b\n", 1, "twice"),
            ("a: 1\n---\nb: 2\n", 1, "more than one document"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.text.contains(what), "{text:?}: {error:?}");
            assert_eq!(error.line, line, "{text:?}: {error:?}");
        }
    }

    #[test]
    fn a_long_document_is_read_with_any_number_of_values() {
        let text = "- x\n".repeat(MOST_VALUES + 1);

        let value = from_text(&text).unwrap();

        assert_eq!(value.as_array().unwrap().len(), MOST_VALUES + 1);
    }

    #[test]
    fn anchor_bombs_and_deep_nesting_are_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let inner = vec![format!("*a{}", level - 1); 10].join(",");
            bomb += &format!("a{level}: &a{level} [{inner}]\n");
        }
        let deep = "[".repeat(10_000);
        // Fewer aliases than the crate counts, of a list that is long: 400 million values.
        let wide = format!(
            "a: &a [{}]\nb: [{}]\n",
            "x,".repeat(20_000),
            "*a,".repeat(20_000)
        );
        for text in [bomb, deep, wide] {
            assert!(read(&text).unwrap_err().text.contains("limit"));
        }
    }
}
