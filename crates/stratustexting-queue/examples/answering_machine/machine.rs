//! The machine: a callback that stores, and a handler that replies.

use std::{collections::HashMap, io};

use axum::{Router, extract::State, routing::any};
use stratustexting::{
    Client, Outcome, SendOutcome,
    webhook::{CallbackResponse, EventFilter, Incoming, Keeper},
};
use stratustexting_queue::{
    inbox::{Delivery, Failure, Inbox, SqliteStore},
    reply::{Keyword, Limit, Refusal, ReplyLimits},
};
use tokio::net::TcpListener;

use super::Error;

pub(crate) async fn run() -> Result<(), Error> {
    let settings: HashMap<String, String> = serde_json::from_reader(io::stdin())?;
    let setting = |name: &str| settings.get(name).ok_or(format!("{name} isn't set"));
    let client = Client::from_variables(settings.clone())?;

    let store = SqliteStore::open(setting("INBOX")?).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS unknown_replies (number TEXT NOT NULL)")
        .execute(store.pool())
        .await?;
    // The customers of this example come all at once.
    let mut limits = ReplyLimits::default();
    limits.overall = Limit::new(1_000, limits.overall.window);
    let inbox = Inbox::builder(store)
        .fetch_messages(client.clone())
        .reply_limits(limits)
        // What a killed machine had is tried again soon.
        .lease(std::time::Duration::from_secs(2))
        .build();
    let answering = client.clone();
    let _worker = inbox.run(move |delivery| answer(answering.clone(), delivery));

    let callback = setting("CALLBACK")?;
    let address = callback
        .trim_start_matches("http://")
        .trim_end_matches("/hook");
    let routes = Router::new().route("/hook", any(hook)).with_state(inbox);
    let listener = TcpListener::bind(address).await?;
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });

    // The server is up, so the service's handshake gets its response.
    let inbound = EventFilter::inbound(setting("ORGANIZATION")?, setting("DEPARTMENT")?)?;
    let keeper = Keeper::new(client, callback, [inbound])?;
    let _keeper = keeper.run(|report| {
        if let Some(error) = report.error() {
            println!("the subscription: {error}");
        }
    });
    server.await??;
    Ok(())
}

async fn hook(State(inbox): State<Inbox<SqliteStore>>, incoming: Incoming) -> CallbackResponse {
    inbox.receive(incoming).await
}

async fn answer(client: Client, delivery: Delivery<SqliteStore>) -> Result<(), Failure> {
    let (permission, reply) = match delivery.keyword() {
        Some(Keyword::Stop) => (delivery.confirmation().await?, "You get no more texts."),
        Some(Keyword::Start) => (delivery.confirmation().await?, "Welcome back."),
        _ => (delivery.automatic_reply().await?, "It is ready."),
    };
    let customer = delivery.message().and_then(|message| message.from.clone());
    let customer = customer.ok_or("a message without a sender")?;
    let is_unknown = match permission {
        Ok(()) => {
            let sent = client.messages().send_sms(customer.as_str(), reply).await;
            sent.outcome() != SendOutcome::Accepted
        }
        // An attempt before this one was killed, or failed, beside its reply.
        Err(refusal) => refusal == Refusal::AlreadyReplied,
    };
    if is_unknown {
        // For a person to look at: nothing is sent again on a guess.
        let mut transaction = delivery.begin().await?;
        sqlx::query("INSERT INTO unknown_replies (number) VALUES (?)")
            .bind(customer)
            .execute(&mut *transaction)
            .await?;
        delivery.complete(transaction).await?;
    }
    Ok(())
}
