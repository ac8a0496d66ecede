//! What is there after the last restart, compared with what clients were told.

use std::collections::{HashMap, HashSet};

use anyhow::Context;
use serde_json::Value;

use super::{client::Told, program::Connection};

/// What the sandbox has.
pub(crate) struct Found {
    messages: Vec<Value>,
    contacts: Vec<Value>,
    consents: Vec<Value>,
    pub(crate) entries: Vec<Value>,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").finish_non_exhaustive()
    }
}

impl Found {
    pub(crate) async fn of(connection: &Connection) -> anyhow::Result<Self> {
        let response = connection
            .token(&[("grant_type", "client_credentials")])
            .send()
            .await?;
        let tokens: Value = response.json().await?;
        let token = tokens["access_token"].as_str().context("no token")?;
        Ok(Self {
            messages: connection.shown("/messages").await?,
            contacts: connection.list("/contact/all", token).await?,
            consents: connection.list("/customconsent/all", token).await?,
            entries: connection.shown("/ledger").await?,
        })
    }

    /// What a client was told, and isn't there as it was told.
    pub(crate) fn lost(&self, told: &Told) -> Vec<String> {
        let by = |items: &[Value], name: &str| -> HashMap<String, Value> {
            let named = items.iter();
            named
                .filter_map(|item| Some((item.get(name)?.as_str()?.to_owned(), item.clone())))
                .collect()
        };
        let messages = by(&self.messages, "text");
        let contacts = by(&self.contacts, "mobileNumber");
        let consents = by(&self.consents, "name");
        let marks: HashSet<&str> = self.entries.iter().filter_map(mark).collect();
        let mut lost = Vec::new();
        for (text, length) in &told.messages {
            let found = messages.get(text).map(|message| {
                let file = message["media"].get(0);
                file.and_then(|file| file["bytes"].as_u64())
            });
            let length = length.map(|length| length as u64);
            if found != Some(length) {
                lost.push(format!("message {text}"));
            }
        }
        let has_id = |found: Option<&Value>, id: &str| found.is_some_and(|it| it["id"] == id);
        for (number, id) in &told.contacts {
            if !has_id(contacts.get(number), id) {
                lost.push(format!("contact {id}"));
            }
        }
        for (name, id) in &told.consents {
            if !has_id(consents.get(name), id) {
                lost.push(format!("consent {name}"));
            }
        }
        let unmarked = told.marks.iter().filter(|it| !marks.contains(it.as_str()));
        lost.extend(unmarked.map(|mark| format!("entry {mark}")));
        lost
    }

    /// What is there more than once, and ids that mean more than one thing.
    pub(crate) fn twice(&self, told: &Told) -> Vec<String> {
        let mut twice = Vec::new();
        let mut count = |what: &str, values: &mut dyn Iterator<Item = &str>| {
            let mut seen = HashSet::new();
            twice.extend(
                values
                    .filter(|value| !seen.insert(value.to_owned()))
                    .map(|value| format!("{what} {value}")),
            );
        };
        let texts = |items: &'_ [Value], name: &str| -> Vec<String> {
            let texts = items.iter().filter_map(|item| item.get(name)?.as_str());
            texts.map(str::to_owned).collect()
        };
        count(
            "message",
            &mut texts(&self.messages, "text").iter().map(String::as_str),
        );
        count(
            "contact",
            &mut texts(&self.contacts, "mobileNumber")
                .iter()
                .map(String::as_str),
        );
        count(
            "consent",
            &mut texts(&self.consents, "name").iter().map(String::as_str),
        );
        count("entry", &mut self.entries.iter().filter_map(mark));
        count(
            "request id",
            &mut told.request_ids.iter().map(String::as_str),
        );
        let mut ids = texts(&self.messages, "id");
        ids.extend(texts(&self.contacts, "id"));
        ids.extend(texts(&self.consents, "id"));
        count("id", &mut ids.iter().map(String::as_str));
        twice
    }
}

/// The mark of a request, in its headers.
fn mark(entry: &Value) -> Option<&str> {
    let mut headers = entry["headers"].as_array()?.iter();
    let found = headers.find(|header| header[0] == "x-mark")?;
    found[1].as_str()
}
