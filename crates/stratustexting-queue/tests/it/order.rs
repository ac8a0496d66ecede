//! One customer's texts in turn, with the messages of a sandbox.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use stratustexting_queue::inbox::{Delivery, Failure, Inbox, SqliteStore};

use crate::support::{File, post, subscribed};

const SOON: Duration = Duration::from_millis(5);

#[tokio::test]
async fn a_customers_texts_are_handled_in_turn_and_others_beside_them() {
    let file = File::new();
    let (sandbox, _, inbox) = subscribed(&file).await;
    let customers = ["+12025550101", "+12025550102", "+12025550103"];
    for n in 0..5 {
        for customer in customers {
            let text = n.to_string();
            sandbox
                .customer_texts(customer, sandbox.number(), &text)
                .await
                .unwrap();
        }
    }
    let handled: Arc<Mutex<HashMap<String, Vec<String>>>> = Arc::default();
    let seen = Arc::clone(&handled);
    let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
        let seen = Arc::clone(&seen);
        async move {
            let message = delivery.message().ok_or("no message")?;
            let text = message.text.clone().unwrap_or_default();
            if text == "2" && delivery.attempt() == 1 {
                // The later ones wait for it.
                return Err(Failure::from("once"));
            }
            let conversation = delivery.conversation().ok_or("no conversation")?;
            seen.lock()
                .unwrap()
                .entry(conversation.to_owned())
                .or_default()
                .push(text);
            Ok(())
        }
    });

    while inbox.numbers().await.unwrap().handled < 15 {
        tokio::task::yield_now().await;
    }
    worker.shutdown().await;

    let handled = handled.lock().unwrap();
    assert_eq!(handled.len(), 3);
    for texts in handled.values() {
        assert_eq!(texts, &["0", "1", "2", "3", "4"]);
    }
}

/// Whoever knows the callback can post an event. The service has no such message.
#[tokio::test]
async fn an_event_without_a_message_at_the_service_never_reaches_the_handler() {
    let file = File::new();
    let (_sandbox, client, _) = subscribed(&file).await;
    let inbox = Inbox::builder(file.open().await)
        .fetch_messages(client)
        .backoff(SOON, SOON)
        .poll_interval(SOON)
        .max_attempts(2)
        .build();
    post(&inbox, "made-up").await;
    let worker =
        inbox.run(|_: Delivery<SqliteStore>| async { panic!("handled") as Result<(), Failure> });

    while inbox.numbers().await.unwrap().dead < 1 {
        tokio::task::yield_now().await;
    }
    worker.shutdown().await;

    let dead = inbox.dead_letters(0, 1).await.unwrap().remove(0);
    assert_eq!(dead.failures, 2);
    assert!(!dead.reason.contains("panicked"), "{}", dead.reason);
}
