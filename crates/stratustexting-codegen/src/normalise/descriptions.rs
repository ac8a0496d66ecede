//! Descriptions as rustdoc.

use serde_json::Value;

use super::report::Notes;
use crate::document::{Document, Refusal, object};

/// Rewrites descriptions whose Markdown means something else in rustdoc.
///
/// A fenced or indented block would be compiled as a documentation test, and a bracket
/// would become a link to an item.
pub(super) fn plain_descriptions(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    for key in ["title", "description"] {
        if let Some(text) = document.info_mut(key) {
            tidy(text, &format!("#/info/{key}"), notes);
        }
    }
    for (site, operation) in document.operations_mut() {
        for key in ["summary", "description"] {
            if let Some(text) = operation.get_mut(key) {
                tidy(text, &site.location, notes);
            }
        }
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            if let Some(text) = object(parameter).get_mut("description") {
                tidy(text, &site.location, notes);
            }
        }
    }
    document.for_each_schema(|context, schema| {
        for key in ["title", "description"] {
            if let Some(text) = schema.get_mut(key) {
                tidy(text, &context.location, notes);
            }
        }
        Ok(())
    })
}

fn tidy(text: &mut Value, location: &str, notes: &mut Notes) {
    let Some(before) = text.as_str() else {
        return;
    };
    let after = plain(before);
    if after != before {
        notes.add(location.to_owned());
        *text = Value::String(after);
    }
}

/// Marks code blocks as text and escapes brackets outside of code.
pub(super) fn plain(text: &str) -> String {
    let text = without_controls(text);
    let mut lines = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            lines.push(if fenced { "```" } else { "```text" }.to_owned());
            fenced = !fenced;
        } else if fenced {
            lines.push(line.to_owned());
        } else {
            // A fence begins a block in a quotation or a list, too.
            let line = trimmed.replace("```", "`").replace("~~~", "~");
            lines.push(escape_brackets(&line));
        }
    }
    if fenced {
        lines.push("```".to_owned());
    }
    lines.join("\n")
}

/// Removes characters that the compiler rejects in a comment: bare carriage returns,
/// and signs that change the direction of text.
fn without_controls(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace(|c: char| turns(c) || c == '\0', "")
}

fn escape_brackets(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut code = false;
    let mut previous = ' ';
    for character in line.chars() {
        if character == '`' {
            code = !code;
        }
        if matches!(character, '[' | ']') && !code && previous != '\\' {
            out.push('\\');
        }
        out.push(character);
        previous = character;
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::plain;
    use crate::normalise::test_support::{operation, with, without};

    #[test]
    fn a_code_block_is_compiled_as_a_test_without_the_pass() {
        let spec = operation(json!({
            "operationId": "readThing",
            "description": "Call it:\n\n```\ncurl --request GET '/thing'\n```\n\n    {\"a\": 1}\n",
            "responses": {"200": {"description": ""}},
        }));

        let trapped = without("plain-descriptions", &spec).unwrap();
        assert!(
            trapped
                .lines()
                .any(|line| line.trim() == "```" || line.trim() == "///```")
        );
        let generated = with(&spec).unwrap();
        assert!(generated.contains("```text"), "{generated}");
        assert!(!generated.contains("///    {") && !generated.contains("     {\"a\""));
    }

    #[test]
    fn an_open_fence_is_closed_and_brackets_are_escaped() {
        assert_eq!(plain("~~~json\n{}"), "```text\n{}\n```");
        assert_eq!(plain("> ```\n> let a;\n> ```"), "> `\n> let a;\n> `");
        assert_eq!(plain("a\rb \u{202e}c"), "a\nb c");
        assert_eq!(
            plain("see [Thing] and `a[0]`"),
            "see \\[Thing\\] and `a[0]`"
        );
    }
}
