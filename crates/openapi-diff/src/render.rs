//! The output: text for a terminal, Markdown for the changelog, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    Comparison,
    change::{Change, Class, Side},
};

/// The line length of the changelog.
const WIDTH: usize = 90;

/// The classes, worst first.
const CLASSES: [Class; 3] = [Class::Breaking, Class::Additive, Class::Documentation];

impl Comparison {
    /// The changes by class, worst first, then a line with the verdict and the counts.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for class in CLASSES {
            let changes = self.changes.iter().filter(|change| change.class == class);
            let mut heading = Some(class.word());
            for change in changes {
                if let Some(heading) = heading.take() {
                    let _ = writeln!(text, "{heading}");
                }
                line(change, &mut text);
            }
            if heading.is_none() {
                text.push('\n');
            }
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// The verdict and the counts in one line, after the reason why code isn't
    /// compared, if any.
    fn summary(&self) -> String {
        let unknown = self.code.as_ref().and_then(|code| {
            let reason = code.verdict.as_ref().err()?;
            Some(format!("{} isn't compared: {reason}\n", code.language))
        });
        let unknown = unknown.unwrap_or_default();
        if self.changes.is_empty() {
            return format!("{unknown}Nothing has changed.");
        }
        let counts = CLASSES.map(|class| {
            let count = self
                .changes
                .iter()
                .filter(|change| change.class == class)
                .count();
            format!("{count} {}", class.word())
        });
        let mut sides = vec![format!("wire: {}", self.wire.word())];
        if let Some(code) = &self.code {
            let word = code
                .verdict
                .as_ref()
                .map_or("unknown", |class| class.word());
            sides.push(format!("{}: {word}", code.language));
        }
        format!(
            "{unknown}{} ({}): {}",
            self.class().word(),
            sides.join(", "),
            counts.join(", ")
        )
    }

    /// An entry for the changelog.
    ///
    /// If both comparisons found a change, only the sentence about the wire is there.
    /// Changes of the documentation are one line: users of a crate don't read a list of
    /// them.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for change in &self.changes {
            if change.class == Class::Documentation || self.is_told_already(change) {
                continue;
            }
            let word = match change.class {
                Class::Breaking => "breaking",
                _ if change.rule.contains("added") => "added",
                _ => "changed",
            };
            bullet(
                &format!("**{word}:** {}", change.sentence),
                &change.operations,
                &mut text,
            );
        }
        let words: Vec<&Change> = self
            .changes
            .iter()
            .filter(|change| change.class == Class::Documentation && change.side == Side::Wire)
            .collect();
        if !words.is_empty() {
            let mut operations: Vec<String> = words
                .iter()
                .flat_map(|change| change.operations.to_vec())
                .collect();
            operations.sort();
            operations.dedup();
            let places = match words.len() {
                1 => "in one place".to_owned(),
                count => format!("in {count} places"),
            };
            let sentence = format!("**changed:** the documentation of the API, {places}.");
            bullet(&sentence, &operations, &mut text);
        }
        if text.is_empty() {
            text.push_str("- No change that a user notices.\n");
        }
        text
    }

    /// Whether the comparison of the wire has a change of the same thing that is as bad or worse.
    fn is_told_already(&self, change: &Change) -> bool {
        change.side != Side::Wire
            && self.changes.iter().any(|other| {
                other.side == Side::Wire
                    && other.class >= change.class
                    && other.subject == change.subject
            })
    }

    /// The result for programs. These names are stable:
    ///
    /// - `class`: the verdict, `breaking`, `additive` or `documentation`, which is also
    ///   the verdict if nothing changed; `wire`, and the language of generated code
    ///   (`rust`) if that was compared: the verdicts of the comparisons, of which
    ///   `class` is the worse. The verdict on code is null if it can't be compared, and
    ///   `unknown` says why;
    /// - `changes`: a list, worst first, of objects with
    ///   - `side`: `wire` or the language, and `class`;
    ///   - `rule`: what happened, a stable name;
    /// - `operations`: the ids of the operations that it reaches, empty if it concerns
    ///   the whole document;
    ///   - `pointer`: a JSON pointer, into the new document, or into the old one if the thing
    ///     is gone; null for code;
    ///   - `sentence`: what happened, for people;
    ///   - `before` and `after`: the code; null for the wire.
    pub fn json(&self) -> Value {
        let mut json = json!({
            "class": self.class().key(),
            "wire": self.wire.key(),
            "changes": self.changes.iter().map(Change::json).collect::<Vec<Value>>(),
        });
        if let Some(code) = &self.code {
            let verdict = code.verdict.as_ref();
            json[code.language.to_lowercase()] = json!(verdict.ok().map(|class| class.key()));
            if let Err(reason) = verdict {
                json["unknown"] = json!(reason);
            }
        }
        json
    }
}

/// One change: rule and pointer, then the sentence, then the operations it reaches.
fn line(change: &Change, text: &mut String) {
    let element = change.pointer.as_deref().unwrap_or_default();
    let _ = writeln!(
        text,
        "  {}",
        format!("{} {element}", change.rule).trim_end()
    );
    let _ = writeln!(text, "      {}", change.sentence);
    let lines = [("-", &change.before), ("+", &change.after)];
    for (sign, says) in lines {
        if let Some(says) = says {
            let _ = writeln!(text, "      {sign} {says}");
        }
    }
    if !change.operations.is_empty() {
        let _ = writeln!(text, "      reaches {}", change.operations.join(", "));
    }
}

/// An item of a Markdown list, wrapped, with its operations unless the sentence already
/// names the only one.
fn bullet(sentence: &str, operations: &[String], text: &mut String) {
    let mut sentence = sentence.to_owned();
    let named = |id: &String| {
        sentence.contains(&format!("`{id}`")) || sentence.contains(&format!("`{id}."))
    };
    let is_named = matches!(operations, [only] if named(only));
    if !operations.is_empty() && !is_named {
        let names: Vec<String> = operations.iter().map(|id| format!("`{id}`")).collect();
        sentence = format!("{} ({}).", sentence.trim_end_matches('.'), names.join(", "));
    }
    let mut line = "-".to_owned();
    for word in sentence.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = " ".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
