//! Fills a run's values into a Postman environment.

use anyhow::{Context, bail};
use serde_json::Value;

/// The variables that the collection's own scripts set.
const BY_SCRIPTS: [&str; 2] = ["access_token", "refresh_token"];

/// The value of a variable in an environment.
pub(super) fn value<'a>(environment: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    let values = environment["values"].as_array().into_iter().flatten();
    let mut own = values.filter(|value| value["key"] == name);
    let found = own.next().and_then(|value| value["value"].as_str());
    found.with_context(|| format!("the environment has no {name}"))
}

/// Fills in the given values. Fails if the environment lacks one of the variables, or
/// if a variable is still empty, so that the collection would use it unset.
pub(super) fn fill(mut environment: Value, given: &[(&str, &str)]) -> anyhow::Result<Value> {
    for (name, _) in given {
        value(&environment, name)?;
    }
    for entry in environment["values"].as_array_mut().into_iter().flatten() {
        let name = entry["key"].as_str().unwrap_or_default();
        if let Some((_, text)) = given.iter().find(|(given, _)| *given == name) {
            entry["value"] = (*text).into();
        } else if entry["value"] == "" && !BY_SCRIPTS.contains(&name) {
            bail!("the run has no value for {name}");
        }
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn environment() -> Value {
        json!({"values": [
            {"key": "base_url", "value": "https://own.test"},
            {"key": "to", "value": ""},
            {"key": "access_token", "value": ""},
        ]})
    }

    #[test]
    fn given_values_replace_the_old_ones() {
        let given = [("base_url", "http://127.0.0.1:1"), ("to", "somebody")];

        let filled = fill(environment(), &given).unwrap();

        assert_eq!(value(&filled, "base_url").unwrap(), "http://127.0.0.1:1");
        assert_eq!(value(&filled, "to").unwrap(), "somebody");
        assert_eq!(value(&filled, "access_token").unwrap(), "");
    }

    #[test]
    fn a_variable_without_a_value_is_named() {
        let error = fill(environment(), &[]).unwrap_err();

        assert_eq!(error.to_string(), "the run has no value for to");
    }

    #[test]
    fn a_value_without_a_variable_is_named() {
        let error = fill(environment(), &[("to", "x"), ("from", "x")]).unwrap_err();

        assert_eq!(error.to_string(), "the environment has no from");
    }
}
