//! A text with fields.

use std::{collections::BTreeMap, error::Error as StdError, fmt};

use super::name;

/// A text with named fields in braces, which each row fills in.
///
/// `{{` and `}}` are braces of the text. A field is found in a row without regard to case,
/// spaces, underscores and hyphens: `{first_name}` is the column `First Name`.
///
/// ```
/// use std::collections::BTreeMap;
/// use stratustexting_queue::outbox::input::Template;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let template = Template::parse("{name}, {{this}} is for you.")?;
/// let row = BTreeMap::from([("name".to_owned(), "Ada".to_owned())]);
///
/// assert_eq!(template.render(&row)?, "Ada, {this} is for you.");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// In its normal form.
    Field(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// A brace that isn't closed or wasn't opened, or a field without a name; the error says
    /// where.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut characters = (1..).zip(text.chars()).peekable();
        while let Some((position, character)) = characters.next() {
            let next = characters.peek().map(|(_, next)| *next);
            match character {
                '{' | '}' if next == Some(character) => {
                    plain.push(character);
                    characters.next();
                }
                '}' => return Err(Fault::NotOpened.at(position)),
                '{' => {
                    let mut field = String::new();
                    loop {
                        match characters.next() {
                            Some((_, '}')) => break,
                            Some((_, '{')) | None => return Err(Fault::NotClosed.at(position)),
                            Some((_, other)) => field.push(other),
                        }
                    }
                    let field = name::normal(&field);
                    if field.is_empty() {
                        return Err(Fault::NoName.at(position));
                    }
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Field(field));
                }
                other => plain.push(other),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The names of its fields in the order in which they come first, each once: in lower case
    /// and with underscores, as a [`Row`](super::Row) has them.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for part in &self.parts {
            if let Part::Field(field) = part
                && !names.iter().any(|known| name::same(known, field))
            {
                names.push(field);
            }
        }
        names
    }

    /// The text with the fields of a row. What is in a field stays as it is: braces there mean
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`MissingField`] when a field isn't there, is empty or is only white space.
    pub fn render(&self, fields: &BTreeMap<String, String>) -> Result<String, MissingField> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Field(field) => {
                    let value = find(fields, field).filter(|value| !value.trim().is_empty());
                    let missing = || MissingField {
                        name: field.clone(),
                    };
                    text.push_str(value.ok_or_else(missing)?);
                }
            }
        }
        Ok(text)
    }
}

fn find<'f>(fields: &'f BTreeMap<String, String>, field: &str) -> Option<&'f str> {
    let other = || fields.iter().find(|(other, _)| name::same(other, field));
    let value = fields.get(field).or_else(|| Some(other()?.1));
    value.map(String::as_str)
}

/// Without the text, which is a message's.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("names", &self.names())
            .finish_non_exhaustive()
    }
}

/// A row has no value for a field of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingField {
    name: String,
}

impl MissingField {
    /// The field.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for MissingField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the field `{}` is missing or empty", self.name)
    }
}

impl StdError for MissingField {}

/// A template that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    position: usize,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NotOpened,
    NotClosed,
    NoName,
}

impl Fault {
    fn at(self, position: usize) -> TemplateError {
        TemplateError {
            position,
            fault: self,
        }
    }
}

impl TemplateError {
    /// The brace that is wrong, counted in characters from 1.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            Fault::NotOpened => "`}` closes nothing; a brace of the text is written `}}`",
            Fault::NotClosed => "`{` isn't closed; a brace of the text is written `{{`",
            Fault::NoName => "`{}` has no name; a field is written `{first_name}`",
        };
        write!(f, "character {} of the template: {what}", self.position)
    }
}

impl StdError for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn row<const N: usize>(fields: [(&str, &str); N]) -> BTreeMap<String, String> {
        fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn render(template: &str, fields: &BTreeMap<String, String>) -> String {
        Template::parse(template).unwrap().render(fields).unwrap()
    }

    #[test]
    fn fields_are_filled_in() {
        let row = row([("first_name", "Ada"), ("time", "{8} pm")]);

        for (template, text) in [
            ("", ""),
            ("no fields", "no fields"),
            ("Hi {first_name}, at {time}.", "Hi Ada, at {8} pm."),
            ("{First Name}{FIRST-NAME}{firstname}", "AdaAdaAda"),
            ("{{first_name}}", "{first_name}"),
            ("{{{first_name}}}", "{Ada}"),
            ("}}{{ é{time}", "}{ é{8} pm"),
        ] {
            assert_eq!(render(template, &row), text, "{template}");
        }
    }

    #[test]
    fn a_field_that_is_missing_or_empty_is_named() {
        let row = row([("a", "1"), ("b", ""), ("c", " \u{a0}\t")]);

        for (template, name) in [("{a} {b}", "b"), ("{C}", "c"), ("{a}{d d}", "d_d")] {
            let missing = Template::parse(template).unwrap().render(&row).unwrap_err();
            assert_eq!(missing.name(), name);
            assert_eq!(
                missing.to_string(),
                format!("the field `{name}` is missing or empty")
            );
        }
    }

    #[test]
    fn the_names_are_those_of_the_fields() {
        let template = Template::parse("{Time} {{no}} {first name} {TIME}").unwrap();

        assert_eq!(template.names(), ["time", "first_name"]);
        let shown = format!("{:?}", Template::parse("canary {name}").unwrap());
        assert_eq!(shown, r#"Template { names: ["name"], .. }"#);
    }

    #[test]
    fn an_error_says_where() {
        for (template, position, words) in [
            ("é }", 3, "closes nothing"),
            ("{a}}", 4, "closes nothing"),
            ("Hi {name", 4, "isn't closed"),
            ("Hi {na{me}", 4, "isn't closed"),
            ("{", 1, "isn't closed"),
            ("{}", 1, "no name"),
            ("a{ _ }", 2, "no name"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert_eq!(error.position(), position, "{template}");
            let shown = error.to_string();
            assert!(shown.contains(words), "{template}: {shown}");
            assert!(shown.contains(&format!("character {position} ")), "{shown}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        const PIECES: [char; 10] = ['{', '{', '}', '}', 'a', 'b', ' ', '_', 'é', '🙂'];
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..50_000 {
            let length = random.usize(..12);
            let text: String = (0..length)
                .map(|_| *random.choice(&PIECES).unwrap())
                .collect();
            if let Ok(template) = Template::parse(&text) {
                let fields = template.names().into_iter();
                let fields = fields.map(|name| (name.to_owned(), "{x}".to_owned()));
                template.render(&fields.collect()).unwrap();
            }
        }
    }
}
