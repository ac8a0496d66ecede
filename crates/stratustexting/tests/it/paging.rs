//! Lists: where they end, and what they survive.

use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use stratustexting::{models::Contact, pager::Position};
use stratustexting_sandbox::{Sandbox, ScriptedResponse};

use crate::support::Watched;

fn ids(contacts: &[Contact]) -> Vec<&str> {
    contacts
        .iter()
        .filter_map(|contact| contact.id.as_deref())
        .collect()
}

/// A page with the given ids, and whatever else.
fn page(ids: &[&str], more: Value) -> ScriptedResponse {
    let content: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
    let mut page = json!({"content": content});
    page.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    ScriptedResponse::json(200, page)
}

/// Lists against scripted pages; returns the ids, and how many requests it took.
async fn scripted(pages: Vec<ScriptedResponse>) -> (Vec<String>, usize) {
    let sandbox = Watched::start().await;
    for page in pages {
        sandbox.respond_next("listContacts", page);
    }
    // What is asked for beyond the script is an error, and not the seeded contacts.
    for _ in 0..3 {
        sandbox.respond_next("listContacts", ScriptedResponse::new(418));
    }
    let client = sandbox.client();
    let list = client.contacts().list().accept_incomplete(true);
    let found: Vec<Contact> = list.try_collect().await.unwrap();
    let found = ids(&found).into_iter().map(str::to_owned).collect();
    (found, sandbox.calls().len())
}

#[tokio::test]
async fn every_contact_comes_once_and_in_order_whatever_the_page_size() {
    let sandbox = Watched::of(Sandbox::builder().contacts(95)).await;
    let client = sandbox.client();
    let all: Vec<Contact> = client.contacts().list().try_collect().await.unwrap();
    assert_eq!(all.len(), 95);
    let mut unique = ids(&all);
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 95);

    for size in [1, 7, 19, 94, 95, 96, 1_000] {
        let list = client.contacts().list().page_size(size);
        let again: Vec<Contact> = list.try_collect().await.unwrap();
        assert_eq!(ids(&again), ids(&all), "page size {size}");
    }
}

#[tokio::test]
async fn a_service_that_gives_fewer_than_asked_for_loses_nothing() {
    for bare in [false, true] {
        let builder = Sandbox::builder()
            .contacts(95)
            .max_page_size(10)
            .bare_pages(bare);
        let sandbox = Watched::of(builder).await;

        let list = sandbox.client().contacts().list().page_size(50);
        let all: Vec<Contact> = list.try_collect().await.unwrap();

        assert_eq!(all.len(), 95, "bare pages: {bare}");
    }
}

#[tokio::test]
async fn with_nothing_but_content_the_list_ends_at_an_empty_page() {
    let (found, requests) = scripted(vec![
        page(&["a", "b"], json!({})),
        page(&["c"], json!({})),
        page(&[], json!({})),
    ])
    .await;

    assert_eq!(found, ["a", "b", "c"]);
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_page_shorter_than_the_size_that_the_service_reports_is_the_last() {
    let (found, requests) = scripted(vec![
        page(&["a", "b"], json!({"size": 2})),
        page(&["c"], json!({"size": 2})),
    ])
    .await;

    assert_eq!(found, ["a", "b", "c"]);
    assert_eq!(requests, 2);
}

#[tokio::test]
async fn what_the_service_says_outright_ends_the_list() {
    for more in [json!({"last": true}), json!({"totalPages": 1})] {
        let (found, requests) = scripted(vec![page(&["a", "b"], more.clone())]).await;

        assert_eq!(found, ["a", "b"], "{more}");
        assert_eq!(requests, 1, "{more}");
    }
}

#[tokio::test]
async fn an_empty_page_in_the_middle_is_passed_over() {
    let (found, _) = scripted(vec![
        page(&["a"], json!({"last": false})),
        page(&[], json!({"last": false})),
        page(&["b"], json!({"last": true})),
    ])
    .await;

    assert_eq!(found, ["a", "b"]);
}

#[tokio::test]
async fn a_service_that_ignores_the_number_gives_its_items_once() {
    let all = || page(&["a", "b"], json!({}));

    let (found, requests) = scripted(vec![all(), all(), all()]).await;

    assert_eq!(found, ["a", "b"]);
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_service_that_repeats_its_last_page_for_ever_ends() {
    let last = || page(&["c"], json!({"last": false}));

    let (found, _) = scripted(vec![
        page(&["a", "b"], json!({"last": false})),
        last(),
        last(),
        last(),
    ])
    .await;

    assert_eq!(found, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_service_that_goes_round_in_a_circle_ends() {
    let one = || page(&["a"], json!({"last": false}));
    let two = || page(&["b"], json!({"last": false}));

    let (found, _) = scripted(vec![one(), two(), one(), two()]).await;

    assert_eq!(found, ["a", "b"]);
}

#[tokio::test]
async fn a_service_that_sends_empty_pages_for_ever_is_an_error() {
    let sandbox = Watched::start().await;
    for _ in 0..200 {
        sandbox.respond_next("listContacts", page(&[], json!({"last": false})));
    }

    let list = sandbox.client().contacts().list();
    let error = list.try_collect::<Vec<_>>().await.unwrap_err();

    assert!(error.is_decode(), "{error:?}");
    assert!(sandbox.calls().len() < 150);
}

#[tokio::test]
async fn after_an_error_the_stream_ends_and_can_be_resumed_where_it_was() {
    let sandbox = Watched::of(Sandbox::builder().contacts(50)).await;
    let client = sandbox.one_attempt();
    let all: Vec<Contact> = client.contacts().list().try_collect().await.unwrap();
    let mut list = client.contacts().list().page_size(10).look_ahead(false);
    let mut seen = Vec::new();
    for _ in 0..20 {
        seen.push(list.try_next().await.unwrap().unwrap());
    }
    sandbox.respond_next("listContacts", ScriptedResponse::new(503));

    assert!(list.next().await.unwrap().is_err());
    assert!(list.next().await.is_none());
    let stored = serde_json::to_string(&list.position()).unwrap();
    let position: Position = serde_json::from_str(&stored).unwrap();
    let rest: Vec<Contact> = client
        .contacts()
        .list()
        .resume(position)
        .try_collect()
        .await
        .unwrap();

    seen.extend(rest);
    assert_eq!(ids(&seen), ids(&all));
}

#[tokio::test]
async fn a_list_is_resumed_from_within_a_page() {
    let sandbox = Watched::of(Sandbox::builder().contacts(50)).await;
    let client = sandbox.client();
    let all: Vec<Contact> = client.contacts().list().try_collect().await.unwrap();

    for taken in 0..=50 {
        let mut list = client.contacts().list().page_size(10);
        let seen: Vec<Contact> = list.by_ref().take(taken).try_collect().await.unwrap();
        let rest: Vec<Contact> = client
            .contacts()
            .list()
            .resume(list.position())
            .try_collect()
            .await
            .unwrap();

        assert_eq!(ids(&seen), ids(&all)[..taken], "{taken}");
        assert_eq!(ids(&rest), ids(&all)[taken..], "{taken}");
    }
}

#[tokio::test]
async fn nothing_is_requested_before_it_is_needed() {
    let sandbox = Watched::of(Sandbox::builder().contacts(100)).await;
    let client = sandbox.client();

    let mut list = client.contacts().list().page_size(10);
    assert_eq!(sandbox.calls().len(), 0);
    for _ in 0..3 {
        list.try_next().await.unwrap();
    }
    assert_eq!(
        sandbox.calls().len(),
        1,
        "the first page is enough for three"
    );

    let mut lazy = client.contacts().list().page_size(10).look_ahead(false);
    for _ in 0..10 {
        lazy.try_next().await.unwrap();
    }
    assert_eq!(
        sandbox.calls().len(),
        2,
        "without looking ahead the page is used up first"
    );
}

#[tokio::test]
async fn pages_can_be_had_as_pages() {
    let sandbox = Watched::of(Sandbox::builder().contacts(45)).await;

    let pages: Vec<_> = sandbox
        .client()
        .contacts()
        .list()
        .page_size(20)
        .pages()
        .try_collect()
        .await
        .unwrap();

    let lengths: Vec<usize> = pages.iter().map(|page| page.items.len()).collect();
    assert_eq!(lengths, [20, 20, 5]);
    assert_eq!(pages[0].total_items, Some(45));
    assert_eq!(pages[0].total_pages, Some(3));
    assert_eq!(pages[2].last, Some(true));
}
