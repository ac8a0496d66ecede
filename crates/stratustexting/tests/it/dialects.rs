//! The core jobs against services that answer otherwise than the document says: each
//! difference alone, and several together by a seed.
//!
//! What came of a step is asked of the sandbox's books. An error is good if it says what
//! differs; a success has to be one.

use std::{collections::BTreeSet, time::Duration};

use futures::{TryStreamExt, future::join_all};
use stratustexting::{
    Client, ContactRef, Error, OperationOverride, Outcome, SendOutcome,
    auth::MemoryTokenStore,
    models::{ContactRequest, CustomConsentRequest},
    webhook::EventFilter,
};
use stratustexting_sandbox::{
    Dialect, Sandbox,
    dialect::{Items, ListEnvelope, ObjectEnvelope, PageFacts, PageStyle, SuccessStatus, Text},
};

use crate::{
    login::{REDIRECT, visit},
    support::Watched,
    webhooks::Callback,
};

const CONTACTS: usize = 60;
const CUSTOMER: &str = "+13035550123";
const NEW: &str = "+12025550199";

/// Several differences at once.
const SEEDS: [u64; 8] = [1, 2, 3, 5, 8, 13, 21, 34];

/// Two tests of one kind, so that they run beside each other.
async fn every_second_difference(from: usize) {
    let dialects: Vec<Dialect> = Dialect::each().into_iter().skip(from).step_by(2).collect();
    for dialects in dialects.chunks(8) {
        join_all(dialects.iter().map(|dialect| Job::done(*dialect))).await;
    }
}

#[tokio::test]
async fn each_difference_alone_costs_nothing() {
    every_second_difference(0).await;
}

#[tokio::test]
async fn each_other_difference_alone_costs_nothing() {
    every_second_difference(1).await;
}

#[tokio::test]
async fn differences_together_cost_nothing() {
    join_all(SEEDS.map(|seed| Job::done(Dialect::from_seed(seed)))).await;
}

#[tokio::test]
async fn a_list_is_whole_whatever_its_pages_say() {
    let mut job = Job::begin(Dialect::none()).await;
    for style in [PageStyle::FromZero, PageStyle::PageToken, PageStyle::Cursor] {
        for facts in PageFacts::ALL {
            for (envelope, items) in [
                (ListEnvelope::Content, Items::NullElement),
                (ListEnvelope::Hal, Items::Whole),
            ] {
                let dialect = Dialect::none().page_style(style).page_facts(*facts);
                job.dialect = dialect.list_envelope(envelope).items(items);
                job.sandbox.set_dialect(job.dialect);

                let error = job.list().await;

                assert!(error.is_none(), "{}: {error:?}", job.dialect);
            }
        }
    }
}

/// The jobs in one dialect.
struct Job {
    dialect: Dialect,
    sandbox: Watched,
    client: Client,
}

impl Job {
    async fn done(dialect: Dialect) {
        let job = Self::begin(dialect).await;
        job.send().await;
        job.said(job.list().await);
        job.said(job.search().await);
        job.contact().await;
        job.consent().await;
        job.receive().await;
        job.expiry().await;
    }

    /// A user has logged in. What somebody with an account knows of the paths is set.
    async fn begin(dialect: Dialect) -> Self {
        let builder = Sandbox::builder().contacts(CONTACTS).dialect(dialect);
        let sandbox = Watched::of(builder.webhook_retry_wait(Duration::from_millis(5))).await;
        let mut builder = sandbox.builder().credentials(sandbox.user());
        for (operation, method, path) in dialect.paths() {
            let other = OperationOverride::new().method(*method).path(*path);
            builder = builder.operation(*operation, other);
        }
        let client = builder
            .token_store(MemoryTokenStore::new())
            .build()
            .unwrap();
        let job = Self {
            dialect,
            sandbox,
            client,
        };
        let login = job.client.auth().start_login(REDIRECT).unwrap();
        let callback = visit(&job.sandbox, login.url()).await;
        let finished = job.client.auth().finish_login(&login, &callback);
        finished.await.unwrap();
        job
    }

    /// An error that ended a list after all had come: it may only say that no end is marked.
    fn said(&self, error: Option<Error>) {
        let Some(error) = error else { return };
        assert!(error.is_incomplete(), "{}: {error}", self.dialect);
        let unmarked = matches!(
            self.dialect.paging(),
            PageStyle::Everything | PageStyle::LastRepeated
        );
        assert!(unmarked, "{}: {error}", self.dialect);
    }

    async fn send(&self) {
        let (from, text) = (self.sandbox.number(), "Größe 42 is ready, Zoë.");
        let sent = self
            .client
            .messages()
            .from(from)
            .send_sms(CUSTOMER, text)
            .await;

        let books = self.sandbox.sent_messages();
        assert_eq!(books.len(), 1, "{}", self.dialect);
        assert_eq!(books[0].text, text, "{}", self.dialect);
        // Only a success that is said outright is one.
        let plain = self.dialect.object_envelope == ObjectEnvelope::Plain
            && self.dialect.text != Text::DuplicateKey;
        let expected = if plain {
            SendOutcome::Accepted
        } else {
            SendOutcome::Unknown
        };
        assert_eq!(sent.outcome(), expected, "{}", self.dialect);

        let messages = self.client.messages();
        let refused = messages.from(CUSTOMER).send_sms(CUSTOMER, "x").await;
        assert!(refused.is_err(), "{}", self.dialect);
        assert_eq!(self.sandbox.sent_messages().len(), 1, "{}", self.dialect);
    }

    /// The numbers of the books that a test is true for, without what isn't a digit.
    fn numbers(&self, wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let contacts = self.sandbox.contacts();
        let numbers = contacts
            .iter()
            .map(|contact| digits(contact["mobileNumber"].as_str()));
        numbers.filter(|number| wanted(number)).collect()
    }

    /// All contacts have to come; returns the error in which the list ended.
    async fn list(&self) -> Option<Error> {
        let pager = self.client.contacts().list().page_size(13);
        let (came, error) = walked(pager).await;
        let all: Vec<String> = self.numbers(|_| true).into_iter().collect();
        assert_eq!(came, all, "{}", self.dialect);
        error
    }

    async fn search(&self) -> Option<Error> {
        let pager = self.client.contacts().search("122").page_size(4);
        let (came, error) = walked(pager).await;
        let found = self.numbers(|number| number.contains("122"));
        assert!(found.len() > 4);
        assert_eq!(
            came,
            found.into_iter().collect::<Vec<_>>(),
            "{}",
            self.dialect
        );
        error
    }

    fn book(&self, number: &str) -> serde_json::Value {
        let mut books = self.sandbox.contacts();
        books.retain(|book| book["mobileNumber"] == number);
        assert_eq!(books.len(), 1, "{}", self.dialect);
        books.remove(0)
    }

    async fn contact(&self) {
        let (dialect, contacts) = (self.dialect, self.client.contacts());
        let request = ContactRequest::default()
            .with_mobile_number(NEW)
            .with_first_name("Ada");
        let made = contacts.upsert(request).await.unwrap();
        assert_eq!(self.book(NEW)["firstName"], "Ada", "{dialect}");
        assert_eq!(name(&made.first_name), "Ada", "{dialect}");

        let found = contacts.find_by_mobile(NEW).await.unwrap();
        assert_eq!(name(&found.first_name), "Ada", "{dialect}");
        assert_eq!(digits(found.mobile_number.as_deref()), digits(Some(NEW)));
        assert!(
            contacts.find_by_mobile(CUSTOMER).await.is_err(),
            "{dialect}"
        );

        let request = ContactRequest::default().with_first_name("Zoë");
        let id = found.into_inner().id.unwrap();
        let changed = contacts.update(id, request).await.unwrap();
        assert_eq!(self.book(NEW)["firstName"], "Zoë", "{dialect}");
        match dialect.success_status {
            SuccessStatus::NoContent => assert!(!changed.diagnostics().is_empty()),
            _ => assert_eq!(name(&changed.first_name), "Zoë", "{dialect}"),
        }
    }

    async fn consent(&self) {
        let (dialect, consents) = (self.dialect, self.client.consents());
        let request = CustomConsentRequest::default().with_name("Polls");
        let made = consents.create(request).await.unwrap().into_inner();
        let id = made.id.unwrap();
        let contact = ContactRef::mobile(NEW);
        consents.grant(&id, contact, "Promotional").await.unwrap();
        consents.set_active(&id, false).await.unwrap();
        let got = consents.get(&id).await.unwrap();
        assert_eq!(got.active, Some(false), "{dialect}");

        let books = self.sandbox.consents();
        let book = books.iter().find(|book| book["name"] == "Polls").unwrap();
        assert_eq!(book["active"], false, "{dialect}");
        let given = &self.book(NEW)["customConsents"][0];
        assert_eq!(given["customConsentId"], book["id"], "{dialect}");
    }

    async fn receive(&self) {
        let (dialect, sandbox) = (self.dialect, &self.sandbox);
        let mut callback = Callback::start().await;
        let (organization, department) = (sandbox.organization_id(), sandbox.department_id());
        let inbound = EventFilter::inbound(organization, department).unwrap();
        let subscriptions = self.client.subscriptions();
        let made = subscriptions
            .subscribe(&callback.uri, [inbound])
            .await
            .unwrap();
        assert_eq!(sandbox.subscriptions().len(), 1, "{dialect}");

        let texts = ["Größe 42", "Привет"];
        for text in texts {
            let texted = sandbox.customer_texts(CUSTOMER, sandbox.number(), text);
            texted.await.unwrap();
        }
        sandbox.deliveries_settled().await;
        let mut read = BTreeSet::new();
        while let Ok(event) = callback.events.try_recv() {
            let id = event.message_id().unwrap();
            let message = self.client.messages().get(id).await.unwrap();
            read.insert(name(&message.text).to_owned());
        }
        assert_eq!(read, texts.map(str::to_owned).into(), "{dialect}");

        let id = made.into_inner().id.unwrap();
        subscriptions.delete(id).await.unwrap();
        assert!(sandbox.subscriptions().is_empty(), "{dialect}");
    }

    async fn expiry(&self) {
        let (dialect, sandbox) = (self.dialect, &self.sandbox);
        let contacts = self.client.contacts();
        let before = sandbox.token_requests().len();
        sandbox.expire_access_tokens();
        contacts.find_by_mobile(NEW).await.unwrap();
        assert_eq!(sandbox.token_requests().len(), before + 1, "{dialect}");

        sandbox.expire_access_tokens();
        sandbox.revoke_refresh_tokens();
        let error = contacts.find_by_mobile(NEW).await.unwrap_err();
        assert!(error.is_login_required(), "{dialect}: {error:?}");
    }
}

/// The numbers of the contacts that came, and the error in which the list ended.
async fn walked(
    mut pager: stratustexting::Pager<stratustexting::models::Contact>,
) -> (Vec<String>, Option<Error>) {
    let mut came = Vec::new();
    let error = loop {
        match pager.try_next().await {
            Ok(Some(contact)) => came.push(digits(contact.mobile_number.as_deref())),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    came.sort();
    assert!(error.is_some() || pager.end().is_some_and(|end| end.is_complete()));
    (came, error)
}

fn digits(number: Option<&str>) -> String {
    let number = number.unwrap_or_default().chars();
    number.filter(char::is_ascii_digit).collect()
}

/// A name; half of a character at its end is read as U+FFFD.
fn name(text: &Option<String>) -> &str {
    let text = text.as_deref().unwrap_or_default();
    text.trim_end_matches('\u{fffd}')
}
