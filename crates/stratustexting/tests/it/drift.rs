//! A service that differs from what the document infers: nothing is lost by that, and
//! nothing is taken for success without being one.
//!
//! `fixtures/drift.json` has the responses; what has to come out of each stands here.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use bytes::Bytes;
use futures::TryStreamExt;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use stratustexting::{
    AccessToken, Backoff, Client, Diagnostic, Error, Found, OperationOverride, Outcome, Paging,
    SendOutcome,
    api::Operation,
    auth::Credentials,
    models::{Contact, ContactRequest, Message, Subscription, SubscriptionRequest},
    pager::End,
    webhook::{Event, Incoming},
};
use stratustexting_sandbox::ScriptedResponse;
use tokio::net::TcpListener;

use crate::support::{TEXT, Watched, fixture};

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    method: String,
    path: String,
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

fn cases() -> Vec<Case> {
    fixture::<Cases>("drift.json").cases
}

fn case(id: &str) -> Case {
    let found = cases().into_iter().find(|case| case.id == id);
    found.unwrap_or_else(|| panic!("no case {id}"))
}

impl Case {
    fn answer(&self) -> ScriptedResponse {
        let headers = self.headers.iter();
        let answer = ScriptedResponse::new(self.status).body(self.body.clone());
        headers.fold(answer, |answer, (name, value)| answer.header(name, value))
    }

    fn operation(&self) -> &'static str {
        let operation = Operation::at(&self.method, &self.path);
        operation
            .unwrap_or_else(|| panic!("{}: no such operation", self.id))
            .id
    }

    /// A sandbox that answers so, however often it is asked.
    async fn sandbox(&self) -> Watched {
        let sandbox = Watched::start().await;
        for _ in 0..10 {
            sandbox.respond_next(self.operation(), self.answer());
        }
        sandbox
    }
}

/// What came of listing contacts.
struct Listed {
    contacts: Vec<Contact>,
    end: Option<End>,
    error: Option<Error>,
    diagnostics: Vec<Diagnostic>,
    requests: usize,
}

async fn listed(id: &str) -> Listed {
    let sandbox = case(id).sandbox().await;
    let client = sandbox.client();
    let mut pager = client.contacts().list();
    let mut contacts = Vec::new();
    let error = loop {
        match pager.try_next().await {
            Ok(Some(contact)) => contacts.push(contact),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let requests = sandbox.calls().len();
    let end = pager.end().cloned();
    let page = client.contacts().list().pages().try_next().await;
    let diagnostics = page.ok().flatten().map(|page| page.diagnostics);
    Listed {
        contacts,
        end,
        error,
        diagnostics: diagnostics.unwrap_or_default(),
        requests,
    }
}

fn patterns(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(Diagnostic::path).collect()
}

fn is_grace(contact: &Contact) -> bool {
    contact.id.as_deref() == Some("c2")
        && contact.first_name.as_deref() == Some("Grace")
        && contact.mobile_number.as_deref() == Some("+12025550124")
}

#[tokio::test]
async fn a_field_of_another_type_costs_nothing_but_itself() {
    for (id, place) in [
        ("contact-id-number", "content[0].id"),
        ("contact-mobile-number", "content[0].mobileNumber"),
        ("contact-mobile-object", "content[0].mobileNumber"),
        ("contact-tags-string", "content[0].tags"),
        ("contact-tags-objects", "content[0].tags"),
        ("contact-tags-null-element", "content[0].tags[1]"),
        ("contact-consent-number", "content[0].consentLevel"),
    ] {
        let listed = listed(id).await;

        assert!(listed.error.is_none(), "{id}: {:?}", listed.error);
        assert_eq!(listed.end, Some(End::Reported), "{id}");
        assert_eq!(listed.contacts.len(), 2, "{id}");
        assert!(is_grace(&listed.contacts[1]), "{id}");
        let places = patterns(&listed.diagnostics);
        assert!(
            places.iter().any(|p| p.starts_with(place)),
            "{id}: {places:?}"
        );

        let first = &listed.contacts[0];
        let odd = serde_json::from_str::<Value>(&case(id).body).unwrap()["content"][0].clone();
        let written = serde_json::to_value(first).unwrap();
        match id {
            "contact-id-number" => assert_eq!(first.id.as_deref(), Some("1")),
            "contact-mobile-number" => {
                assert_eq!(first.mobile_number.as_deref(), Some("12025550123"));
            }
            "contact-mobile-object" => {
                assert_eq!(first.mobile_number, None);
                assert_eq!(written, odd);
            }
            "contact-tags-string" | "contact-tags-objects" => {
                assert_eq!(first.tags, None);
                assert_eq!(first.extra["tags"], odd["tags"]);
                assert_eq!(written, odd);
            }
            "contact-tags-null-element" => {
                assert_eq!(first.tags.as_deref(), Some(&["vip".to_owned()][..]));
            }
            _ => assert_eq!(first.consent_level.as_ref().unwrap().as_str(), "2"),
        }
    }
}

#[tokio::test]
async fn a_page_says_its_facts_in_any_form() {
    for (id, requests) in [
        ("content-null-element", 1),
        ("page-last-text", 1),
        ("page-total-float", 1),
        ("page-total-text", 1),
        ("page-size-large", 1),
        ("envelope-data", 1),
    ] {
        let listed = listed(id).await;

        assert!(listed.error.is_none(), "{id}: {:?}", listed.error);
        assert_eq!(listed.contacts.len(), 1, "{id}");
        assert!(is_grace(&listed.contacts[0]), "{id}");
        assert!(listed.end.unwrap().is_complete(), "{id}");
        assert_eq!(listed.requests, requests, "{id}");
    }
}

#[tokio::test]
async fn a_list_without_a_mark_of_its_end_says_so() {
    let listed = listed("envelope-array").await;

    assert!(listed.contacts.len() == 1 && is_grace(&listed.contacts[0]));
    assert_eq!(listed.end, Some(End::PageIgnored));
    let error = listed.error.unwrap();
    assert!(
        error.is_incomplete() && error.to_string().contains("no end is marked"),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_is_taken_for_success_by_silence() {
    let empty = listed("silence-object").await;
    assert!(empty.error.unwrap().is_decode() && empty.contacts.is_empty());

    let failed = listed("silence-failure").await.error.unwrap();
    assert!(failed.is_service_failure());
    assert_eq!(failed.service_message().as_deref(), Some("quota"));
    assert!(!failed.to_string().contains("quota"), "{failed}");

    let sandbox = case("silence-upsert").sandbox().await;
    let grace = ContactRequest::default().with_first_name("Grace");
    let error = sandbox.client().contacts().upsert(grace).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        error.is_decode() && source.contains("has nothing that was expected"),
        "{source}"
    );

    let sandbox = case("silence-delete").sandbox().await;
    let error = sandbox
        .client()
        .subscriptions()
        .delete("s1")
        .await
        .unwrap_err();
    assert!(error.is_service_failure());
    assert_eq!(error.service_message().as_deref(), Some("no"));
}

#[tokio::test]
async fn any_success_is_one_if_it_holds_what_was_promised() {
    for id in ["upsert-201", "upsert-204"] {
        let sandbox = case(id).sandbox().await;
        let grace = ContactRequest::default().with_first_name("Grace");
        let contact = sandbox.client().contacts().upsert(grace).await.unwrap();
        assert_eq!(is_grace(&contact), id == "upsert-201");
        assert_eq!(contact.diagnostics().is_empty(), id == "upsert-201");
    }
    let sandbox = case("subscribe-201").sandbox().await;
    let request = SubscriptionRequest::new(vec!["/x".to_owned()], "https://localhost/hook");
    let made = sandbox.client().subscriptions().upsert(request).await;
    let made: Subscription = made.unwrap().into_inner();
    assert_eq!(made.id.as_deref(), Some("s1"));
}

#[tokio::test]
async fn a_send_is_accepted_only_if_it_was() {
    for (id, outcome) in [
        ("sms-201", SendOutcome::Accepted),
        ("sms-202", SendOutcome::Accepted),
        ("sms-bom", SendOutcome::Accepted),
        ("sms-failure-in-body", SendOutcome::Unknown),
    ] {
        let sandbox = case(id).sandbox().await;
        let from = sandbox.number().to_owned();
        let sent = sandbox
            .client()
            .messages()
            .from(&*from)
            .send_sms("+12025550123", TEXT)
            .await;

        assert_eq!(sent.outcome(), outcome, "{id}");
        if let Err(error) = sent {
            assert_eq!(
                error.service_message().as_deref(),
                Some("number not activated")
            );
            assert!(error.ticket().is_some());
        }
        assert_eq!(sandbox.calls().len(), 1, "{id}");
    }
}

#[tokio::test]
async fn a_send_is_accepted_packed_or_misnamed_too() {
    let accepted = json!({"result": "Message Processed Successfully"}).to_string();
    let gzip = {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(accepted.as_bytes()).unwrap();
        Bytes::from(encoder.finish().unwrap())
    };
    for (answer, outcome) in [
        (
            ScriptedResponse::new(200)
                .header("content-encoding", "gzip")
                .body(gzip.clone()),
            SendOutcome::Accepted,
        ),
        (
            ScriptedResponse::new(200)
                .header("content-type", "text/html")
                .body(accepted.clone()),
            SendOutcome::Accepted,
        ),
        (
            ScriptedResponse::new(200)
                .header("content-type", "text/html")
                .body("<p>Message Processed"),
            SendOutcome::Unknown,
        ),
        (
            ScriptedResponse::new(200)
                .header("content-encoding", "gzip")
                .body(gzip.slice(..20)),
            SendOutcome::Unknown,
        ),
        (ScriptedResponse::new(204), SendOutcome::Unknown),
        (
            ScriptedResponse::json(200, json!({"result": "error"})),
            SendOutcome::Unknown,
        ),
    ] {
        let sandbox = Watched::start().await;
        let from = sandbox.number().to_owned();
        sandbox.respond_next("sendSms", answer.clone());
        let sent = sandbox
            .client()
            .messages()
            .from(&*from)
            .send_sms("+12025550123", TEXT)
            .await;
        assert_eq!(sent.outcome(), outcome, "{answer:?}");
    }
}

#[tokio::test]
async fn a_send_by_the_generated_client_is_no_success_by_silence_either() {
    for body in [
        json!({}),
        json!({"success": false}),
        json!({"result": "failed"}),
    ] {
        let sandbox = Watched::start().await;
        let from = sandbox.number().to_owned();
        sandbox.respond_next("sendSms", ScriptedResponse::json(200, body.clone()));
        let client = sandbox.client();
        let sms = client
            .api()
            .send_sms()
            .from(from)
            .to("+12025550123")
            .text(TEXT);

        let error = Error::from(sms.send().await.unwrap_err());

        assert_eq!(error.send_outcome(), SendOutcome::Unknown, "{body}");
        assert!(error.ticket().is_some(), "{body}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    }
}

async fn message(id: &str) -> stratustexting::Response<Message> {
    let sandbox = case(id).sandbox().await;
    sandbox.client().messages().get("m1").await.unwrap()
}

#[tokio::test]
async fn a_message_is_read_whatever_its_text_and_types_are() {
    let cut = message("message-surrogate").await;
    assert_eq!(cut.text.as_deref(), Some("cut \u{fffd}"));
    assert_eq!(cut.from.as_deref(), Some("+12025550123"));
    assert_eq!(cut.diagnostics()[0].found(), Found::HalfSurrogate);

    let numbers = message("message-numbers").await;
    assert_eq!(numbers.id.as_deref(), Some("7"));
    assert_eq!(numbers.last_updated, Some(1_774_951_200_123));
    assert_eq!(numbers.from.as_deref(), Some("12025550123"));

    let iso = message("message-iso").await;
    assert_eq!(iso.text.as_deref(), Some("x"));
    assert_eq!(iso.last_updated, None);
    assert_eq!(iso.extra["lastUpdated"], "2026-03-31T10:00:00.123Z");
    assert_eq!(patterns(iso.diagnostics()), ["lastUpdated"]);

    let within = message("message-in-array").await;
    assert_eq!(within.id.as_deref(), Some("m1"));
    assert_eq!(within.diagnostics()[0].found(), Found::List);
}

#[tokio::test]
async fn latin_bytes_and_other_names_are_read() {
    let body = b"{\"id\":\"c1\",\"firstName\":\"Jos\xe9\"}".to_vec();
    for answer in [
        ScriptedResponse::new(200)
            .header("content-type", "text/html")
            .body(body.clone()),
        ScriptedResponse::new(200)
            .header("content-type", "application/json; charset=ISO-8859-1")
            .body(body),
    ] {
        let sandbox = Watched::start().await;
        sandbox.respond_next("findContactByMobile", answer);
        let contact = sandbox
            .client()
            .contacts()
            .find_by_mobile("+12025550123")
            .await
            .unwrap();
        assert_eq!(contact.first_name.as_deref(), Some("José"));
        assert_eq!(contact.diagnostics()[0].found(), Found::OtherEncoding);
    }
}

fn posted(id: &str) -> Vec<Event> {
    let request = Request::post("/hook").body(case(id).body).unwrap();
    let incoming = Incoming::read(&request).unwrap();
    assert_eq!(incoming.response().status(), StatusCode::OK);
    assert!(!incoming.is_handshake(), "{id}");
    incoming.into_iter().collect()
}

#[test]
fn no_event_is_refused_for_a_field() {
    for (id, message_id) in [
        ("event-numeric-id", Some("123")),
        ("event-float-time", Some("m")),
        ("event-uuid-number", Some("m")),
        ("event-message-text", None),
        ("event-contact-text", None),
        ("event-surrogate", Some("m")),
    ] {
        let events = posted(id);
        assert_eq!(events.len(), 1, "{id}");
        assert_eq!(events[0].message_id(), message_id, "{id}");
        assert!(!events[0].diagnostics().is_empty(), "{id}");
    }
    let text = &posted("event-message-text")[0];
    assert_eq!(text.payload().extra["messageInfo"], "m");
    assert_eq!(text.payload().uuid.as_deref(), Some("u"));

    let batch: Vec<_> = posted("event-batch");
    let ids: Vec<_> = batch.iter().filter_map(Event::message_id).collect();
    assert_eq!(ids, ["m1", "m2"]);
}

/// Lists contacts from a service that makes each page from the number of the request and its
/// query.
async fn walked(
    page: impl Fn(usize, &Query) -> (u16, Value) + Send + Sync + 'static,
) -> (Vec<String>, Option<End>, Option<Error>, usize) {
    walked_as(OperationOverride::new(), page).await
}

/// The same where it was said what differs.
async fn walked_as(
    differs: OperationOverride,
    page: impl Fn(usize, &Query) -> (u16, Value) + Send + Sync + 'static,
) -> (Vec<String>, Option<End>, Option<Error>, usize) {
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    let page = Arc::new(page);
    let answer = move |request: axum::extract::Request| {
        let query = request.uri().query().unwrap_or_default();
        let query: Query = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let (status, body) = page(count.fetch_add(1, SeqCst), &query);
        async move { (StatusCode::from_u16(status).unwrap(), body.to_string()) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let routes = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let client = Client::builder()
        .api_base(base)
        .credentials(Credentials::static_token(
            AccessToken::new("token").unwrap(),
        ))
        .api_key("key")
        .operation("listContacts", differs)
        .retry(Backoff::never())
        .build()
        .unwrap();
    let mut pager = client.contacts().list();
    let mut ids = Vec::new();
    let error = loop {
        match pager.try_next().await {
            Ok(Some(contact)) => ids.extend(contact.id),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
        assert!(ids.len() < 1_000, "it never ends");
    };
    (ids, pager.end().cloned(), error, served.load(SeqCst))
}

type Query = BTreeMap<String, String>;

fn number(query: &Query) -> usize {
    query.get("page").map_or(0, |page| page.parse().unwrap())
}

/// A page of contacts with these numbers, and more fields.
fn page(numbers: std::ops::Range<usize>, more: Value) -> (u16, Value) {
    let content: Vec<Value> = numbers.map(|n| json!({"id": format!("c{n}")})).collect();
    let mut page = json!({"content": content});
    page.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    (200, page)
}

fn all(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("c{n}")).collect()
}

#[tokio::test]
async fn pages_may_be_numbered_from_one() {
    // Page 0 as page 1; refused; empty; and one that says its number.
    for first in 0..4 {
        let (ids, end, error, _) = walked(move |_, query| match (number(query), first) {
            (0, 0) | (1, _) => page(
                0..2,
                if first == 3 {
                    json!({"number": 1})
                } else {
                    json!({})
                },
            ),
            (0, 1) => (400, json!({"message": "page must not be less than one"})),
            (0, 2) => page(0..0, json!({})),
            (0, _) => page(0..2, json!({"number": 1})),
            (2, _) => page(2..4, json!({})),
            (3, _) => page(4..5, json!({"last": true})),
            (other, _) => panic!("page {other} was asked for"),
        })
        .await;

        assert!(error.is_none(), "{first}: {error:?}");
        assert_eq!(ids, all(5), "{first}");
        assert_eq!(end, Some(End::Reported), "{first}");
    }
}

#[tokio::test]
async fn a_first_page_that_is_refused_once_is_not_lost() {
    let (ids, _, error, _) = walked(|count, query| match (count, number(query)) {
        (0, _) => (404, json!({"message": "no such page"})),
        (_, number @ 0..=2) => page(number..number + 1, json!({})),
        _ => page(0..0, json!({})),
    })
    .await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(ids, all(3));

    // With nothing on page 1 the refusal stands.
    let (ids, _, error, _) = walked(|_, query| match number(query) {
        0 => (404, json!({"message": "no such page"})),
        _ => page(0..0, json!({"totalElements": 1})),
    })
    .await;
    let error = error.unwrap();
    assert!(ids.is_empty() && error.is_not_found(), "{error:?}");
}

#[tokio::test]
async fn numbered_from_one_the_number_of_pages_is_counted_from_one() {
    let (ids, end, _, requests) = walked(|_, query| {
        let number = number(query).max(1);
        page(
            (number - 1) * 2..number * 2,
            json!({"totalPages": 3, "number": number}),
        )
    })
    .await;

    assert_eq!((ids, end, requests), (all(6), Some(End::Reported), 4));
}

#[tokio::test]
async fn a_service_that_ignores_the_page_is_told_of() {
    let (ids, end, error, requests) = walked(|_, _| page(0..2, json!({}))).await;

    assert_eq!((ids, end), (all(2), Some(End::PageIgnored)));
    assert!(error.unwrap().to_string().contains("ignores the page"));
    assert_eq!(requests, 3);

    // Where it says how many there are, there is no doubt.
    let (ids, end, error, _) = walked(|_, _| page(0..2, json!({"total": 2}))).await;
    assert_eq!((ids, end), (all(2), Some(End::Reported)));
    assert!(error.is_none());
}

#[tokio::test]
async fn a_token_is_followed_where_it_is_taken() {
    for (key, parameter) in [
        ("nextPageToken", "pageToken"),
        ("nextCursor", "cursor"),
        ("cursor", "cursor"),
        ("next_token", "token"),
        ("continuationToken", "continuationToken"),
    ] {
        let (ids, end, error, _) = walked(move |_, query| {
            let at: usize = query
                .get(parameter)
                .map_or(0, |token| token[1..].parse().unwrap());
            let next = if at < 3 {
                json!(format!("t{}", at + 1))
            } else {
                Value::Null
            };
            page(at..at + 1, json!({key: next}))
        })
        .await;

        assert!(error.is_none(), "{key}: {error:?}");
        assert_eq!((ids, end), (all(4), Some(End::Reported)), "{key}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_ends_the_list_with_an_error() {
    let (ids, end, error, requests) =
        walked(|n, _| page(n..n + 1, json!({"nextPageToken": format!("t{n}")}))).await;

    assert_eq!(ids, all(1));
    assert_eq!(
        end,
        Some(End::TokenNotTaken {
            key: "nextPageToken".to_owned()
        })
    );
    assert!(error.unwrap().is_incomplete());
    assert!(requests < 10, "{requests}");
}

#[tokio::test]
async fn contradictions_end_in_doubt_and_counts_settle_them() {
    // `last` says one thing, the number of pages another.
    let contradicting = |total: Option<usize>| {
        move |_: usize, query: &Query| {
            let number = number(query);
            let items = if number < 3 {
                number * 2..number * 2 + 2
            } else {
                0..0
            };
            let mut more = json!({"last": true, "totalPages": 9});
            if let Some(total) = total {
                more["totalElements"] = total.into();
            }
            page(items, more)
        }
    };
    let (ids, end, error, _) = walked(contradicting(None)).await;
    assert_eq!((ids, end), (all(6), Some(End::Contradiction)));
    assert!(error.unwrap().is_incomplete());

    let (ids, end, error, _) = walked(contradicting(Some(6))).await;
    assert_eq!((ids, end), (all(6), Some(End::Reported)));
    assert!(error.is_none());

    let (ids, end, error, _) = walked(contradicting(Some(7))).await;
    assert_eq!(
        (ids, end),
        (all(6), Some(End::TooFew { came: 6, total: 7 }))
    );
    assert!(error.unwrap().is_incomplete());
}

#[tokio::test]
async fn the_number_of_items_alone_is_enough() {
    let (ids, end, error, requests) = walked(|_, query| {
        let number = number(query);
        page(
            number * 2..(number * 2 + 2).min(5),
            json!({"totalElements": 5}),
        )
    })
    .await;

    assert!(error.is_none());
    assert_eq!((ids, end, requests), (all(5), Some(End::Reported), 3));
}

#[tokio::test]
async fn a_page_that_comes_again_in_the_middle_leaves_a_doubt() {
    let (ids, end, error, _) = walked(|_, query| match number(query) {
        0 => page(0..2, json!({})),
        1 | 2 => page(2..4, json!({})),
        3 => page(6..8, json!({})),
        _ => page(0..0, json!({})),
    })
    .await;

    assert_eq!(ids, ["c0", "c1", "c2", "c3", "c6", "c7"]);
    assert_eq!(end, Some(End::PageRepeated { page: 2 }));
    assert!(error.unwrap().is_incomplete());
}

#[tokio::test]
async fn items_without_ids_are_told_apart_by_what_they_have() {
    let (_, end, error, requests) = walked(|_, query| {
        let number = number(query);
        let items: Vec<Value> = (0..2)
            .filter(|_| number < 3)
            .map(|n| json!({"firstName": format!("Ada {number} {n}")}))
            .collect();
        (200, json!({"content": items}))
    })
    .await;

    assert!(error.is_none() && end == Some(End::EmptyPage));
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn a_page_beyond_the_last_may_be_unknown() {
    let (ids, end, error, _) = walked(|_, query| match number(query) {
        number @ 0..=1 => page(number..number + 1, json!({})),
        _ => (404, json!({"message": "no such page"})),
    })
    .await;

    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids, end), (all(2), Some(End::EmptyPage)));
}

#[tokio::test]
async fn what_may_be_missing_can_be_accepted() {
    let sandbox = Watched::start().await;
    for _ in 0..3 {
        sandbox.respond_next(
            "listContacts",
            ScriptedResponse::json(200, json!([{"id": "a"}])),
        );
    }
    let mut pager = sandbox.client().contacts().list().accept_incomplete(true);

    assert!(pager.try_next().await.unwrap().is_some());
    assert!(pager.try_next().await.unwrap().is_none());
    assert_eq!(pager.end(), Some(&End::PageIgnored));
}

#[tokio::test]
async fn paths_and_paging_can_be_said_at_run_time() {
    let sandbox = Watched::start().await;
    let all = json!({"data": {"people": [{"id": "a"}, {"id": "b"}]}});
    sandbox.respond_next("listContacts", ScriptedResponse::json(200, all));
    let single = OperationOverride::new()
        .items("data.people")
        .paging(Paging::Single);
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .operation("listContacts", single)
        .operation(
            "findContactByMobile",
            OperationOverride::new().path("/contact/find/{mobileNumber}"),
        )
        .build()
        .unwrap();

    let mut pager = client.contacts().list();
    let mut count = 0;
    while pager.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, pager.end()), (2, Some(&End::Single)));
    assert_eq!(sandbox.calls()[0].query, None, "no page is asked for");

    client
        .contacts()
        .find_by_mobile("+12025550123")
        .await
        .unwrap_err();
    assert!(
        sandbox.calls()[1]
            .path
            .ends_with("/contact/find/%2B12025550123")
    );
}

#[tokio::test]
async fn a_token_is_taken_from_where_it_is_said_to_be() {
    let paged = |query: &Query| {
        let at: usize = query
            .get("after")
            .map_or(0, |token| token[1..].parse().unwrap());
        let next = if at < 3 {
            json!(format!("t{}", at + 1))
        } else {
            Value::Null
        };
        page(at..at + 1, json!({"meta": {"goOn": next}}))
    };
    let token = OperationOverride::new().paging(Paging::token("goOn", "after"));
    let (ids, end, error, requests) = walked_as(token, move |_, query| paged(query)).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids, end, requests), (all(4), Some(End::Reported), 4));

    // Said to be under a key that isn't there, while another has one.
    let wrong = OperationOverride::new().paging(Paging::token("goOn", "after"));
    let (ids, end, error, _) =
        walked_as(wrong, |_, _| page(0..1, json!({"nextPageToken": "t1"}))).await;
    assert_eq!(ids, all(1));
    assert_eq!(
        end,
        Some(End::TokenNotTaken {
            key: "goOn".to_owned()
        })
    );
    assert!(error.unwrap().is_incomplete());
}

#[tokio::test]
async fn numbers_that_are_counted_otherwise_in_responses_lose_no_page() {
    // Asked for from 0, and told from 1.
    let (ids, end, error, _) = walked(|_, query| {
        let number = number(query);
        let items = if number < 3 {
            number * 2..number * 2 + 2
        } else {
            0..0
        };
        page(items, json!({"number": number + 1}))
    })
    .await;

    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids, end), (all(6), Some(End::EmptyPage)));
}

#[tokio::test]
async fn a_page_that_is_unknown_though_there_is_more_is_an_error() {
    let (ids, _, error, _) = walked(|_, query| match number(query) {
        number @ 0..=1 => page(number..number + 1, json!({"totalPages": 5})),
        _ => (404, json!({"message": "no such page"})),
    })
    .await;

    assert_eq!(ids, all(2));
    assert!(error.unwrap().is_not_found());
}

#[tokio::test]
async fn strict_reading_makes_errors_of_differences() {
    let sandbox = Watched::start().await;
    sandbox.respond_next(
        "getMessageById",
        ScriptedResponse::json(200, json!({"id": 7})),
    );
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .strict_reading(true);

    let error = client
        .build()
        .unwrap()
        .messages()
        .get("m1")
        .await
        .unwrap_err();

    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        error.is_decode() && source.starts_with("id: expected text"),
        "{source}"
    );
}

#[tokio::test]
async fn differences_are_counted() {
    let before = stratustexting::differences();
    message("message-iso").await;
    assert!(stratustexting::differences() > before);
}

#[tokio::test]
async fn a_token_is_followed_where_numbers_are_told_and_ignored() {
    let (ids, end, error, _) = walked(|_, query| {
        let at: usize = query.get("cursor").map_or(0, |at| at[1..].parse().unwrap());
        let next = (at < 3).then(|| format!("t{}", at + 1));
        let items = at * 2..at * 2 + 2;
        page(
            items,
            json!({"number": at, "totalPages": 4, "nextCursor": next}),
        )
    })
    .await;

    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids, end), (all(8), Some(End::Reported)));
}

#[tokio::test]
async fn a_first_page_that_a_success_refuses_is_passed_over_only_for_its_number() {
    let refusing = |message: &'static str| {
        move |_: usize, query: &Query| match number(query) {
            0 => (200, json!({"success": false, "message": message})),
            number => page(number * 2 - 2..number * 2, json!({"last": number == 3})),
        }
    };
    let (ids, end, error, _) = walked(refusing("Page must be 1 or more")).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids, end), (all(6), Some(End::Reported)));

    // What fails for a moment only would cost a page.
    let (ids, _, error, requests) = walked(refusing("quota")).await;
    assert!(ids.is_empty() && requests == 1);
    assert!(error.unwrap().is_service_failure());
}

#[tokio::test]
async fn a_403_that_speaks_of_the_token_renews_it_and_another_does_not() {
    let refusal = || ScriptedResponse::json(403, json!({"message": "Forbidden"}));
    for (answer, renewals) in [
        (
            refusal().header("x-amzn-errortype", "ExpiredTokenException"),
            1,
        ),
        (
            refusal().header(
                "www-authenticate",
                "Bearer realm=\"x\", error=\"invalid_token\"",
            ),
            1,
        ),
        (refusal(), 0),
        (
            refusal().header("x-amzn-errortype", "AccessDeniedException"),
            0,
        ),
        (
            refusal().header("www-authenticate", "Bearer error=\"insufficient_scope\""),
            0,
        ),
    ] {
        let sandbox = Watched::start().await;
        sandbox.respond_next("listSites", answer.clone());

        let listed = sandbox.client().sites().list().try_next().await;

        assert_eq!(listed.is_ok(), renewals == 1, "{answer:?}");
        assert_eq!(sandbox.token_requests().len(), 1 + renewals, "{answer:?}");
        if let Err(error) = listed {
            assert!(!error.is_auth(), "{answer:?}");
        }
    }
    // A send isn't repeated by itself after that either.
    let sandbox = Watched::start().await;
    let expired = refusal().header("x-amzn-errortype", "ExpiredTokenException");
    sandbox.respond_next("sendSms", expired);
    let from = sandbox.number().to_owned();
    let client = sandbox.client();
    let sent = client
        .messages()
        .from(&*from)
        .send_sms("+12025550123", TEXT)
        .await;
    assert_eq!(sent.outcome(), SendOutcome::Rejected);
    assert!(sent.unwrap_err().is_auth());
    assert!(sandbox.sent_messages().is_empty());
}

#[tokio::test]
async fn a_refused_refresh_token_asks_for_a_login_in_any_words() {
    let form = "error=invalid_grant&error_description=x";
    for (body, login) in [
        (r#"{"error": "invalid_grant"}"#, true),
        ("\u{feff}{\"error\": \"INVALID_GRANT\"}", true),
        (r#"{"error": "invalid_token"}"#, true),
        (form, true),
        (
            r#"{"error": "invalid_request", "error_description": "Refresh token is revoked"}"#,
            true,
        ),
        (
            r#"{"error": "invalid_request", "error_description": "client_id is missing"}"#,
            false,
        ),
        (r#"{"error": "invalid_client"}"#, false),
        (r#"{"message": "invalid_grant"}"#, false),
        ("invalid_grant", false),
    ] {
        let sandbox = Watched::start().await;
        let client = crate::login::logged_in(&sandbox).await;
        sandbox.expire_access_tokens();
        sandbox.respond_next("token", ScriptedResponse::new(400).body(body));

        let error = client.sites().list().try_next().await.unwrap_err();

        assert_eq!(error.is_login_required(), login, "{body}: {error:?}");
    }
}

#[tokio::test]
async fn what_can_not_be_read_does_not_count_as_an_item_that_came() {
    // A `null` on each page beside all of its items, and only their number is told.
    let (ids, end, error, _) = walked(|_, query| {
        let number = number(query);
        let (status, mut page) = page(number * 2..(number * 2 + 2).min(6), json!({"total": 6}));
        page["content"].as_array_mut().unwrap().push(Value::Null);
        (status, page)
    })
    .await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((ids, end), (all(6), Some(End::Reported)));

    // A `null` in the place of an item: one is missing, which is told after the last page.
    let (ids, end, error, requests) = walked(|_, query| match number(query) {
        0 => (200, json!({"content": [{"id": "c0"}, null], "total": 3})),
        1 => page(1..2, json!({"total": 3})),
        _ => page(0..0, json!({"total": 3})),
    })
    .await;
    assert!(error.unwrap().is_incomplete());
    assert_eq!(
        (ids, end),
        (all(2), Some(End::TooFew { came: 2, total: 3 }))
    );
    assert_eq!(requests, 3);
}
