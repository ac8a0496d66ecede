//! Where a login's client id, secret and API key come from: a file, or the environment. They are
//! never arguments, which everybody on the machine can see.
//!
//! The file has a line `NAME=value` for each, as shells and `.env` files have it. No library reads
//! it: those replace what follows a `$`, and a secret may have one.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
};

use super::{IDENTITY, environment_has_one, profile::Profile};
use crate::failure::{Class, Failure, Result};

/// The settings of one source, by the names of their variables.
#[derive(Default)]
pub(super) struct Given(BTreeMap<String, String>);

/// The SDK's variables that aren't a profile's.
const NOT_KEPT: [&str; 2] = ["STRATUS_TOKEN_FILE", "STRATUS_PROFILE"];

/// More than this is no file of a few settings.
const MOST_BYTES: u64 = 1024 * 1024;

impl Given {
    /// What the environment says, if it has an account.
    pub(super) fn by_environment() -> Result<Self> {
        let mut given = Self::default();
        if !environment_has_one() {
            return Ok(given);
        }
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_setting(name)) else {
                continue;
            };
            let value = value
                .into_string()
                .map_err(|_| Failure::new(Class::SetUp, format!("{name}: must be UTF-8")))?;
            if !value.is_empty() {
                given.0.insert(name.to_owned(), value);
            }
        }
        Ok(given)
    }

    /// What a file says, or standard input if its name is `-`.
    pub(super) fn by_file(path: &str) -> Result<Self> {
        let mut bytes = Vec::new();
        let read = if path == "-" {
            io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
        } else {
            File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        };
        read.map_err(|error| Failure::usage(format!("--secrets: {path} can't be read: {error}")))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::usage("--secrets: the file must be UTF-8"))?;
        let given = Self::parse(&text)?;
        if !IDENTITY.iter().any(|name| given.0.contains_key(*name)) {
            return Err(Failure::usage(format!(
                "--secrets: the file must have lines such as {}=value; the names are {}",
                IDENTITY[0],
                IDENTITY.join(", ")
            )));
        }
        Ok(given)
    }

    /// No error quotes more of a line than the name of a setting.
    fn parse(text: &str) -> Result<Self> {
        let mut given = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let wrong = |problem: String| {
                Failure::usage(format!("--secrets, line {}: {problem}", index + 1))
            };
            let start = line.trim_start();
            if start.is_empty() || start.starts_with('#') {
                continue;
            }
            let start = start.strip_prefix("export ").unwrap_or(start);
            let (name, value) = start
                .split_once('=')
                .ok_or_else(|| wrong("must be NAME=value".to_owned()))?;
            let name = name.trim();
            if !name.starts_with("STRATUS_") || NOT_KEPT.contains(&name) {
                continue;
            }
            if !is_setting(name) {
                let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
                let shown = match name.chars().all(is_name) {
                    true => name,
                    false => "this",
                };
                return Err(wrong(format!("{shown} isn't the name of a setting")));
            }
            let value = unquoted(value).ok_or_else(|| {
                wrong(format!(
                    "the value of {name} has a quotation mark at one end only"
                ))
            })?;
            if value.is_empty() {
                continue;
            }
            if given.0.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(wrong(format!("{name} is there a second time")));
            }
        }
        Ok(given)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn insert(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the settings into a profile.
    pub(super) fn apply(&self, profile: &mut Profile) {
        for (name, value) in &self.0 {
            profile.set(name, value.clone());
        }
    }
}

fn is_setting(name: &str) -> bool {
    Profile::default().set(name, String::new())
}

/// A value without its quotation marks; `None` if there is one at one end only. What is between
/// them stays as it is, and so does white space where there are none: it is refused by name.
fn unquoted(value: &str) -> Option<&str> {
    for mark in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(mark) {
            return rest.strip_suffix(mark);
        }
    }
    match value.ends_with(['"', '\'']) {
        true => None,
        false => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_shells_and_of_env_files_are_read() {
        let given = Given::parse(
            "\u{feff}# The account\r\n\n  export STRATUS_CLIENT_ID=id\r\nPATH=/bin\n\
             STRATUS_CLIENT_SECRET='a$b \"c#d'\nSTRATUS_API_KEY=\"k=e'y\"\nSTRATUS_SENDER=\n\
             STRATUS_TOKEN_FILE=elsewhere",
        );
        let given = given.unwrap_or_default();

        assert_eq!(given.get("STRATUS_CLIENT_ID"), Some("id"));
        assert_eq!(given.get("STRATUS_CLIENT_SECRET"), Some("a$b \"c#d"));
        assert_eq!(given.get("STRATUS_API_KEY"), Some("k=e'y"));
        assert_eq!(given.0.len(), 3);
    }

    #[test]
    fn a_wrong_line_is_named_and_never_quoted() {
        for (text, problem) in [
            ("canary", "line 1: must be NAME=value"),
            (
                "\nSTRATUS_CLIENT_SECERT=canary",
                "line 2: STRATUS_CLIENT_SECERT isn't",
            ),
            ("STRATUS_canary=1", "line 1: this isn't"),
            ("STRATUS_API_KEY=\"canary", "quotation mark at one end"),
            ("STRATUS_API_KEY=canary'", "quotation mark at one end"),
            ("STRATUS_API_KEY=\"", "quotation mark at one end"),
            (
                "STRATUS_API_KEY=canary\nSTRATUS_API_KEY=canary",
                "line 2: STRATUS_API_KEY is there a second time",
            ),
        ] {
            let error = Given::parse(text).err().map(|error| error.to_string());
            let error = error.unwrap_or_default();

            assert!(error.contains(problem), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn white_space_stays_so_that_it_can_be_refused() {
        let given = Given::parse("STRATUS_API_KEY=key \nSTRATUS_CLIENT_ID= id").unwrap_or_default();

        assert_eq!(given.get("STRATUS_API_KEY"), Some("key "));
        assert_eq!(given.get("STRATUS_CLIENT_ID"), Some(" id"));
    }
}
