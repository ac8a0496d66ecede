//! Unexpected values.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::tree::Node;

/// A value, and the name of its kind.
pub(crate) type Odd = (Node, &'static str);

/// Any of them; the slow ones are rare.
pub(crate) fn any(rng: &mut Rng) -> Odd {
    match rng.u8(..100) {
        0..55 => plain(rng),
        55..75 => number(rng),
        75..93 => text(rng),
        93..97 => nested(rng),
        97..99 => (
            Node::new(&(0..2_000).map(Value::from).collect()),
            "a long list",
        ),
        _ => (Node::new(&"lang ".repeat(10_000).into()), "a long text"),
    }
}

/// A value of another type.
pub(crate) fn plain(rng: &mut Rng) -> Odd {
    let of = |value: Value, kind| (Node::new(&value), kind);
    let mut one = |values: &[Value]| values[rng.usize(..values.len())].clone();
    let kind = one(&(0..11).map(Value::from).collect::<Vec<_>>());
    match kind.as_u64() {
        Some(0) => of(
            one(&[0.into(), 1.into(), 17.into(), (-1).into()]),
            "a number",
        ),
        Some(1) => of(
            one(&[json!(12_025_550_123_u64), json!(1_774_951_200_123_u64)]),
            "a long number",
        ),
        Some(2) => of(
            one(&[
                json!(1.5),
                json!(1.0),
                json!(1_774_951_200_123.5),
                json!(-0.0),
            ]),
            "a float",
        ),
        Some(3) => of(
            one(&[
                "17".into(),
                "1.0".into(),
                " 5 ".into(),
                "-3".into(),
                "1e3".into(),
            ]),
            "a number as text",
        ),
        Some(4) => of(one(&[true.into(), false.into()]), "a boolean"),
        Some(5) => of(
            one(&["true".into(), "FALSE".into(), "yes".into()]),
            "a boolean as text",
        ),
        Some(6) => of(
            one(&[
                json!([]),
                json!(["a"]),
                json!([1, "a", null]),
                json!([{"a": 1}]),
            ]),
            "a list",
        ),
        Some(7) => of(
            one(&[json!({}), json!({"value": 1}), json!({"$oid": "66a4"})]),
            "an object",
        ),
        Some(8) => of(
            one(&["2026-03-31T10:00:00.123Z".into(), "2026-03-31".into()]),
            "a time",
        ),
        Some(9) => of(
            one(&["".into(), " ".into(), "none".into(), "null".into()]),
            "a word",
        ),
        _ => of(Value::Null, "null"),
    }
}

/// A number at the limits of number types, or beyond.
fn number(rng: &mut Rng) -> Odd {
    let digits = "8".repeat(400);
    let whole = |text: &str| {
        Node::raw(
            text,
            text.parse::<u64>()
                .map(Value::from)
                .ok()
                .or_else(|| text.parse::<i64>().map(Value::from).ok())
                .or_else(|| Some(text.into())),
        )
    };
    let float = |text: &str| Node::raw(text, text.parse::<f64>().ok().map(Value::from));
    let node = match rng.u8(..14) {
        0 => whole("9007199254740993"),
        1 => whole("2147483648"),
        2 => whole("4294967296"),
        3 => whole("9223372036854775808"),
        4 => whole("-9223372036854775808"),
        5 => whole("18446744073709551615"),
        6 => whole("18446744073709551616"),
        7 => whole("123456789012345678901234567890"),
        8 => whole(&digits),
        9 => float("1e308"),
        10 => float("-1E-400"),
        11 => float("0.1000000000000000055511151231257827"),
        // These are out of range of all types, so they are kept as text.
        12 => Node::raw("1e999", Some("1e999".into())),
        _ => Node::raw("-1e999", Some("-1e999".into())),
    };
    (node, "a huge number")
}

/// A text that is barely JSON, or not at all.
fn text(rng: &mut Rng) -> Odd {
    let of = |text: &[u8], meaning: &str, kind| (Node::raw(text, Some(meaning.into())), kind);
    match rng.u8(..9) {
        0 => of(br#""cut \ud83d""#, "cut \u{fffd}", "half a surrogate pair"),
        1 => of(br#""\ude00 cut""#, "\u{fffd} cut", "half a surrogate pair"),
        2 => of(
            br#""\ud83d\ud83d\ude00""#,
            "\u{fffd}\u{1f600}",
            "half a surrogate pair",
        ),
        3 => of(b"\"Jos\xe9 \x80\"", "José €", "Latin-1"),
        4 => of(b"\"\xff\"", "ÿ", "Latin-1"),
        5 => of(
            b"\"one\ntwo\tthree\"",
            "one\ntwo\tthree",
            "control characters",
        ),
        6 => of(b"\"\x00\x1f\"", "\u{0}\u{1f}", "control characters"),
        7 => of(br#""\u0000\\\" ]}[{ \/""#, "\u{0}\\\" ]}[{ /", "escapes"),
        _ => of(
            "\"\u{feff}\u{2028}👍\"".as_bytes(),
            "\u{feff}\u{2028}👍",
            "odd characters",
        ),
    }
}

/// Nested lists or objects.
fn nested(rng: &mut Rng) -> Odd {
    let depths = [20, 90, 99, 100, 101, 125, 126, 127, 128, 129, 300, 3_000];
    let depth = depths[rng.usize(..depths.len())];
    let text = if rng.bool() {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    } else {
        format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth))
    };
    // A JSON parser with a limit can't read deeper values.
    let meaning = (depth < 50)
        .then(|| serde_json::from_str(&text).ok())
        .flatten();
    (Node::raw(text, meaning), "deep nesting")
}
