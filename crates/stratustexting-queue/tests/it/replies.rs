//! Automatic replies: who gets one, and who gets none.

use std::sync::{Arc, Mutex};

use stratustexting::Client;
use stratustexting_queue::{
    inbox::{Delivery, Failure, Inbox, SqliteStore, Worker},
    reply::Refusal,
};
use stratustexting_sandbox::Sandbox;

use crate::support::{File, subscribed};

const CUSTOMER: &str = "+12025550123";

/// A program that replies to each text, and confirms each change.
struct Bot {
    _file: File,
    sandbox: Sandbox,
    inbox: Inbox<SqliteStore>,
    worker: Worker,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

impl Bot {
    /// Its handler fails after each reply, as often as that.
    async fn new(fails: u32) -> Self {
        let file = File::new();
        let (sandbox, client, inbox) = subscribed(&file).await;
        let refusals: Arc<Mutex<Vec<Refusal>>> = Arc::default();
        let seen = Arc::clone(&refusals);
        let number = sandbox.number().to_owned();
        let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
            let (client, seen, number) = (client.clone(), Arc::clone(&seen), number.clone());
            async move {
                reply(&delivery, &client, &number, &seen).await?;
                if delivery.attempt() <= fails {
                    return Err(Failure::from("after the reply"));
                }
                Ok(())
            }
        });
        Self {
            _file: file,
            sandbox,
            inbox,
            worker,
            refusals,
        }
    }

    async fn gets(&self, text: &str) {
        let before = self.inbox.numbers().await.unwrap().handled;
        self.sandbox
            .customer_texts(CUSTOMER, self.sandbox.number(), text)
            .await
            .unwrap();
        while self.inbox.numbers().await.unwrap().handled == before {
            tokio::task::yield_now().await;
        }
    }

    fn refusals(&self) -> Vec<Refusal> {
        std::mem::take(&mut *self.refusals.lock().unwrap())
    }

    async fn end(self) -> usize {
        self.worker.shutdown().await;
        self.sandbox.sent_messages().len()
    }
}

async fn reply(
    delivery: &Delivery<SqliteStore>,
    client: &Client,
    number: &str,
    seen: &Mutex<Vec<Refusal>>,
) -> Result<(), Failure> {
    let permission = match delivery.keyword() {
        Some(_) => delivery.confirmation().await?,
        None => delivery.automatic_reply().await?,
    };
    match permission {
        Ok(()) => {
            let to = delivery.message().and_then(|message| message.from.clone());
            let to = to.ok_or("no sender")?;
            client
                .messages()
                .from(number)
                .send_sms(to, "Thank you.")
                .await?;
        }
        Err(refusal) => seen.lock().unwrap().push(refusal),
    }
    Ok(())
}

#[tokio::test]
async fn a_handler_that_is_run_again_replies_once() {
    let bot = Bot::new(3).await;

    bot.gets("Is it ready?").await;

    assert_eq!(bot.refusals(), [Refusal::AlreadyReplied; 3]);
    assert_eq!(bot.end().await, 1);
}

#[tokio::test]
async fn whoever_said_stop_gets_one_confirmation_and_then_nothing() {
    let bot = Bot::new(0).await;

    assert!(!bot.inbox.is_opted_out(CUSTOMER).await.unwrap());
    bot.gets("Stop!").await;
    assert!(bot.inbox.is_opted_out("(202) 555-0123").await.unwrap());
    assert_eq!(bot.refusals(), []);
    bot.gets("STOP").await;
    bot.gets("Hello?").await;
    assert_eq!(bot.refusals(), [Refusal::NothingChanged, Refusal::OptedOut]);
    bot.gets("start").await;
    assert!(!bot.inbox.is_opted_out(CUSTOMER).await.unwrap());

    assert_eq!(bot.end().await, 2);
}

#[tokio::test]
async fn reactions_and_too_many_texts_get_no_reply() {
    let bot = Bot::new(0).await;

    bot.gets("Liked “Thank you.”").await;
    bot.gets("Is it ready?").await;
    bot.gets("Really?").await;

    assert_eq!(bot.refusals(), [Refusal::Reaction, Refusal::TooMany]);
    assert_eq!(bot.end().await, 1);
}

/// A page of a sibling brand says that outbound messages come, too.
#[tokio::test]
async fn our_own_messages_get_no_reply() {
    let file = File::new();
    let (sandbox, client, inbox) = subscribed(&file).await;
    client
        .messages()
        .from(sandbox.number())
        .send_sms(CUSTOMER, "Your order is ready.")
        .await
        .unwrap();
    let id = sandbox.sent_messages()[0].id.clone();
    crate::support::post(&inbox, &id).await;
    let (sender, mut refusals) = tokio::sync::mpsc::unbounded_channel();
    let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
        let sender = sender.clone();
        async move {
            sender.send(delivery.automatic_reply().await?)?;
            Ok::<_, Failure>(())
        }
    });

    assert_eq!(refusals.recv().await, Some(Err(Refusal::NotInbound)));
    worker.shutdown().await;
}

/// Whoever isn't a number can't be asked about.
#[tokio::test]
async fn what_is_no_number_counts_as_opted_out() {
    let file = File::new();
    let inbox = Inbox::new(file.open().await);

    assert!(inbox.is_opted_out("").await.unwrap());
    assert!(!inbox.is_opted_out(CUSTOMER).await.unwrap());
    inbox.set_opted_out(CUSTOMER, true).await.unwrap();
    assert!(inbox.is_opted_out(CUSTOMER).await.unwrap());
    // The store can't be asked: nobody may be texted.
    sqlx::raw_sql("DROP TABLE stratustexting_opt_out")
        .execute(inbox.store().pool())
        .await
        .unwrap();
    assert!(
        inbox
            .is_opted_out(CUSTOMER)
            .await
            .unwrap_err()
            .is_database()
    );
}
