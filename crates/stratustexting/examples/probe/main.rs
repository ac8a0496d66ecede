//! Asks a live account how far the service is what the document infers, by reading only.
//!
//! ```text
//! cargo run -p stratustexting --example probe                # against a sandbox of its own
//! cargo run -p stratustexting --example probe -- --dialect 7 # against one that differs
//! cargo run -p stratustexting --example probe -- --live      # against the real service
//! ```
//!
//! It calls the operations that read, one page each, and sends and changes nothing. Of each
//! it says whether the assumption holds, and what differs: kinds and names of fields, never
//! values. What it prints can be put into an issue as it is.
//!
//! With `--live` it reads the variables of `Client::from_env`, and these; with `STRATUS_GRANT`
//! `client_credentials` no user needs to log in:
//!
//! | variable | meaning |
//! |---|---|
//! | `STRATUS_REDIRECT_URI` | a registered callback URL; default `http://localhost:8000/callback`. Nothing needs to listen there: the URL that the browser is sent to is pasted here. |
//! | `STRATUS_MESSAGE_ID` | a message's id, from a webhook; without it `getMessageById` isn't asked |

#![allow(
    clippy::print_stdout,
    reason = "it is a program, and this is its report"
)]

mod account;
mod asked;
mod report;

use stratustexting::api::Operation;

use self::{account::Account, report::Finding};

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let account = Account::open().await?;
    let client = account.client();
    let mut findings = Vec::new();
    let mut known = asked::Known::of(&account);
    for id in asked::READING {
        let operation = Operation::find(id).ok_or("the document has no such operation")?;
        let mut finding = asked::ask(client, operation, &mut known).await;
        if finding.is_unknown_route() {
            asked::try_other_paths(client, operation, &mut known, &mut finding).await;
        }
        println!("{finding}");
        findings.push(finding);
    }
    report::overrides(&findings)?;
    report::overlay(&findings);
    if findings.iter().all(Finding::holds) {
        println!("\nEverything that was asked is as the document says.");
    }
    Ok(())
}
