//! The environments: where a brand's service is, who asks, and what only a person knows.
//!
//! Secrets are empty in what is committed. So is what would reach somebody: a number, an
//! address, a callback.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use serde_json::Value as Json;
use stratustexting_codegen::{Brand, Document, brands};

use super::{
    call::Call,
    collection::Plan,
    format::{Environment, Value, id},
};

/// Postman's own page for callbacks, which the vendor's guide says to register.
const POSTMAN_CALLBACK: &str = "https://oauth.pstmn.io/v1/callback";

/// An environment per brand, by the brand's id.
pub(super) fn environments(
    document: &Document,
    calls: &[Call],
) -> anyhow::Result<Vec<(String, Environment)>> {
    let own = own(document, calls)?;
    let scope = scope(document);
    let brands = brands(document)?.into_iter();
    let environments = brands.map(|brand| {
        let environment = environment(&brand, &scope, &own);
        (brand.id, environment)
    });
    Ok(environments.collect())
}

fn environment(brand: &Brand, scope: &str, own: &BTreeMap<String, String>) -> Environment {
    let known = |url: &Option<String>| url.clone().unwrap_or_default();
    let mut values = connection(&[
        ("base_url", &brand.server),
        ("authorization_url", &known(&brand.authorization_url)),
        ("token_url", &known(&brand.token_url)),
        ("redirect_uri", POSTMAN_CALLBACK),
        ("scope", scope),
    ]);
    values.extend(own.keys().map(|name| value(name, "", false)));
    let unknown = if brand.authorization_url.is_none() || brand.token_url.is_none() {
        " (OAuth URLs UNKNOWN)"
    } else {
        ""
    };
    Environment {
        _postman_exported_using: "cargo xtask postman",
        id: id(&format!("environment {}", brand.id)),
        name: format!("{}{unknown}", brand.name),
        values,
        _postman_variable_scope: "environment",
    }
}

/// An environment in which everything is filled in, for a run: `connection` has the
/// values of URLs, credentials and what else is known. What a person would fill in is as
/// in the document's examples.
pub(crate) fn filled(
    document: &Document,
    calls: &[Call],
    given: &[(&str, &str)],
) -> anyhow::Result<Environment> {
    let scope = scope(document);
    let mut known: Vec<(&str, &str)> = vec![("scope", &scope)];
    known.extend(given);
    let mut values = connection(&known);
    let there: BTreeSet<String> = values.iter().map(|value| value.key.clone()).collect();
    for (name, example) in own(document, calls)? {
        let given = given.iter().find(|(given, _)| **given == name);
        let text = given.map_or(example.as_str(), |(_, value)| value);
        if text.is_empty() {
            bail!("the run has no value for {name}");
        }
        if !there.contains(&name) {
            values.push(value(&name, text, false));
        }
    }
    Ok(Environment {
        _postman_exported_using: "cargo xtask newman",
        id: id("environment of a run"),
        name: "a run".to_owned(),
        values,
        _postman_variable_scope: "environment",
    })
}

/// The variables that every environment has. Those that `known` doesn't have are empty.
fn connection(known: &[(&str, &str)]) -> Vec<Value> {
    const NAMES: [(&str, bool); 12] = [
        ("base_url", false),
        ("authorization_url", false),
        ("token_url", false),
        ("client_id", false),
        ("client_secret", true),
        ("api_key", true),
        ("redirect_uri", false),
        ("scope", false),
        ("access_token", true),
        ("refresh_token", true),
        ("authorization_code", true),
        ("code_verifier", true),
    ];
    let values = NAMES.iter().map(|&(name, secret)| {
        let known = known.iter().find(|(known, _)| *known == name);
        value(name, known.map_or("", |(_, value)| value), secret)
    });
    values.collect()
}

fn value(name: &str, value: &str, secret: bool) -> Value {
    Value {
        key: name.to_owned(),
        value: value.to_owned(),
        r#type: if secret { "secret" } else { "default" },
        enabled: true,
    }
}

/// What a person has to fill in, with the document's examples. An id's example belongs to
/// another story than that of this run, so it has none.
fn own(document: &Document, calls: &[Call]) -> anyhow::Result<BTreeMap<String, String>> {
    let variables = Plan::of(document, calls)?.variables;
    let own = variables.into_iter().filter(|(_, needed)| needed.own);
    let own = own.map(|(name, needed)| match needed.is_id {
        true => (name, String::new()),
        false => (name, needed.example),
    });
    Ok(own.collect())
}

/// Every scope that the document knows, as OAuth writes them.
pub(crate) fn scope(document: &Document) -> String {
    let schemes = document.get("/components/securitySchemes");
    let schemes = schemes.and_then(Json::as_object).into_iter().flatten();
    let scopes: BTreeSet<&String> = schemes
        .filter_map(|(_, scheme)| scheme["flows"].as_object())
        .flat_map(|flows| flows.values())
        .filter_map(|flow| flow["scopes"].as_object())
        .flat_map(|scopes| scopes.keys())
        .collect();
    let scopes: Vec<&str> = scopes.into_iter().map(String::as_str).collect();
    scopes.join(" ")
}
