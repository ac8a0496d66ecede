//! The sandbox's books, held against the responses.

use std::collections::HashMap;

use anyhow::ensure;
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};

use crate::clients::{Account, Answer, text};

#[derive(Debug, Deserialize)]
struct Entry {
    operation: Option<String>,
    query: Option<String>,
    status: u16,
    carried_out: bool,
}

#[derive(Debug, Deserialize)]
struct Message {
    text: String,
}

/// What the sandbox has recorded.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The sends in the ledger.
    pub(crate) ledger: usize,
    /// Texts that aren't in the ledger as they were answered, or weren't sent although they
    /// were accepted.
    pub(crate) missing: usize,
    /// Texts that are in the ledger or among the messages more than once, and those that
    /// nobody sent.
    pub(crate) twice: usize,
    pub(crate) rejected: usize,
    pub(crate) failed: usize,
}

impl Verdict {
    pub(crate) async fn of(account: &Account, answers: &[Answer]) -> anyhow::Result<Self> {
        let entries: Vec<Entry> = get(account, "ledger").await?;
        let messages: Vec<Message> = get(account, "messages").await?;
        let mut recorded: HashMap<String, Vec<bool>> = HashMap::new();
        let mut ledger = 0;
        for entry in &entries {
            if entry.operation.as_deref() != Some("sendSms") {
                continue;
            }
            ledger += 1;
            let accepted = entry.status == 200 && entry.carried_out;
            recorded.entry(text_of(entry)?).or_default().push(accepted);
        }
        let mut sent: HashMap<&str, usize> = HashMap::new();
        for message in &messages {
            *sent.entry(&message.text).or_default() += 1;
        }
        let (mut missing, mut twice) = (0, 0);
        for (number, answer) in answers.iter().enumerate() {
            let text = text(number);
            let accepted = *answer == Answer::Accepted;
            let entries = recorded.remove(&text).unwrap_or_default();
            let messages = sent.remove(&*text).unwrap_or_default();
            let is_recorded = entries.first() == Some(&accepted);
            missing += usize::from(!is_recorded || messages < usize::from(accepted));
            twice += usize::from(entries.len() > 1 || messages > 1);
        }
        twice += recorded.len() + sent.len();
        let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
        Ok(Self {
            ledger,
            missing,
            twice,
            rejected: count(Answer::Rejected),
            failed: count(Answer::Failed),
        })
    }

    /// Whether all is as it was answered, and everything was accepted.
    pub(crate) fn is_right(&self, sends: usize) -> bool {
        let wrong = self.missing + self.twice + self.rejected + self.failed;
        wrong == 0 && self.ledger == sends
    }
}

async fn get<T: DeserializeOwned>(account: &Account, path: &str) -> anyhow::Result<T> {
    let url = format!("{}/{path}", account.control_url);
    let response = account.http.get(url).send().await?;
    let status = response.status();
    ensure!(status.is_success(), "{path}: {status}");
    Ok(response.json().await?)
}

/// The text that a request's query has.
fn text_of(entry: &Entry) -> anyhow::Result<String> {
    let mut url = Url::parse("http://localhost/")?;
    url.set_query(entry.query.as_deref());
    let text = url.query_pairs().find(|(name, _)| name == "text");
    Ok(text.map(|(_, text)| text.into_owned()).unwrap_or_default())
}
