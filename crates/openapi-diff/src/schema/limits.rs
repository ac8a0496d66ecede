//! Limits: length, count, size and pattern.

use serde_json::Value;

use crate::{
    rules::{self, Directed},
    schema::Sides,
    shape::Shape,
    wire::{Slot, Wire},
};

/// Upper limits; a lower one allows fewer values.
const UPPER: [&str; 4] = ["maximum", "maxLength", "maxItems", "maxProperties"];

/// Lower limits.
const LOWER: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];

/// Limits that are either set or not.
const FLAGS: [&str; 3] = ["exclusiveMaximum", "exclusiveMinimum", "uniqueItems"];

impl<'a> Wire<'a> {
    pub(super) fn limits(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        for key in UPPER {
            let limit = |shape: &Shape<'a>| numbers(shape, key).into_iter().reduce(f64::min);
            let infinite = |limit: Option<f64>| limit.unwrap_or(f64::INFINITY);
            let (old, new) = (infinite(limit(sides.old)), infinite(limit(sides.new)));
            self.limit(key, slot, sides, subject, new < old, new > old);
        }
        for key in LOWER {
            let limit = |shape: &Shape<'a>| numbers(shape, key).into_iter().reduce(f64::max);
            // A length or a count is never below zero, so zero is no limit.
            let none = if key == "minimum" {
                f64::NEG_INFINITY
            } else {
                0.0
            };
            let (old, new) = (
                limit(sides.old).unwrap_or(none),
                limit(sides.new).unwrap_or(none),
            );
            self.limit(key, slot, sides, subject, new > old, new < old);
        }
        for key in FLAGS {
            // Since OpenAPI 3.1 two of these are numbers, and a number isn't a flag.
            let flags = [sides.old, sides.new].map(|shape| {
                // Without a limit there is nothing to exclude.
                let limit = match key {
                    "exclusiveMaximum" => Some("maximum"),
                    "exclusiveMinimum" => Some("minimum"),
                    _ => None,
                };
                shape.flag(key) && limit.is_none_or(|limit| !numbers(shape, limit).is_empty())
            });
            let others = [sides.old, sides.new].map(|shape| {
                let mut values: Vec<&Value> =
                    shape.all(key).iter().map(|element| element.value).collect();
                values.retain(|value| !value.is_boolean());
                values
            });
            let [old, new] = flags;
            self.limit(key, slot, sides, subject, new && !old, old && !new);
            if others[0] != others[1] {
                self.limit_found(key, rules::LIMIT_CHANGED, slot, sides, subject);
            }
        }
        self.multiples(slot, sides, subject);
        self.pattern(slot, sides, subject);
    }

    fn multiples(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let key = "multipleOf";
        let step = |shape: &Shape<'a>| numbers(shape, key).into_iter().reduce(f64::max);
        let divides = |part: f64, whole: f64| part > 0.0 && (whole / part).fract().abs() < 1e-9;
        let rule = match (step(sides.old), step(sides.new)) {
            (old, new) if old == new => return,
            (None, Some(_)) => rules::TIGHTENED,
            (Some(_), None) => rules::LOOSENED,
            (Some(old), Some(new)) if divides(old, new) => rules::TIGHTENED,
            (Some(old), Some(new)) if divides(new, old) => rules::LOOSENED,
            _ => rules::LIMIT_CHANGED,
        };
        self.limit_found(key, rule, slot, sides, subject);
    }

    /// It isn't known which of two patterns is stricter, unless one of them matches anything.
    fn pattern(&mut self, slot: Slot, sides: Sides<'_, 'a>, subject: &str) {
        let patterns = |shape: &Shape<'a>| -> Vec<String> {
            let stated = shape.all("pattern").into_iter();
            let mut patterns: Vec<String> = stated
                .map(|element| {
                    element
                        .value
                        .as_str()
                        .map_or_else(|| element.value.to_string(), str::to_owned)
                })
                .filter(|pattern| !["", ".*", "^.*$"].contains(&pattern.as_str()))
                .collect();
            patterns.sort();
            patterns.dedup();
            patterns
        };
        let (old, new) = (patterns(sides.old), patterns(sides.new));
        let rule = match (old.is_empty(), new.is_empty()) {
            _ if old == new => return,
            (true, _) => rules::TIGHTENED,
            (_, true) => rules::LOOSENED,
            _ => rules::LIMIT_CHANGED,
        };
        self.limit_found("pattern", rule, slot, sides, subject);
    }

    fn limit(
        &mut self,
        key: &str,
        slot: Slot,
        sides: Sides<'_, 'a>,
        subject: &str,
        tighter: bool,
        looser: bool,
    ) {
        if tighter {
            self.limit_found(key, rules::TIGHTENED, slot, sides, subject);
        }
        if looser {
            self.limit_found(key, rules::LOOSENED, slot, sides, subject);
        }
    }

    /// Lists a change of a limit under a rule that names its keyword.
    fn limit_found(
        &mut self,
        key: &str,
        rule: Directed,
        slot: Slot,
        sides: Sides<'_, 'a>,
        subject: &str,
    ) {
        let stated = |shape: &Shape<'a>| {
            let stated = shape.all(key);
            stated
                .first()
                .map_or_else(|| "none".to_owned(), |element| element.value.to_string())
        };
        let sentence = format!(
            "`{key}` of `{subject}` is {} now, and was {}.",
            stated(sides.new),
            stated(sides.old)
        );
        let noun = format!("{}-{}", slot.noun.key(), kebab(key));
        let pointer = sides.pointer(key);
        self.add_directed(rule, slot.direction, &noun, pointer, subject, sentence);
    }
}

/// The numbers under a keyword. Other values limit nothing.
fn numbers(shape: &Shape<'_>, key: &str) -> Vec<f64> {
    shape
        .all(key)
        .iter()
        .filter_map(|element| element.value.as_f64())
        .collect()
}

/// `maxLength` as `max-length`.
fn kebab(key: &str) -> String {
    let mut kebab = String::new();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}
