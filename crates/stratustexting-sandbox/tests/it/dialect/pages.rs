//! Envelopes, facts about pages, styles of paging, and that no item is ever lost.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stratustexting_sandbox::{
    Dialect, Sandbox,
    dialect::{Booleans, Counts, Items, ListEnvelope, PageFacts, PageStyle},
};

use super::reader::{all, digits, items_of, lenient};
use crate::support::{Api, CUSTOMER};

const SEEDS: u64 = 30;

async fn five_contacts(dialect: Dialect) -> Api {
    let builder = Sandbox::builder().contacts(5).multisite(true);
    Api::of(builder.dialect(dialect)).await
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let object = value.as_object().unwrap();
    object.keys().map(String::as_str).collect()
}

#[tokio::test]
async fn in_every_dialect_all_contacts_can_be_read_and_a_send_is_recorded_once() {
    let api = Api::of(Sandbox::builder().multisite(true)).await;
    let canonical = all(&api, Dialect::none(), "/contact/all", 500).await;
    let expected: BTreeSet<String> = canonical.iter().map(digits).collect();
    assert_eq!(expected.len(), 1_000);

    for seed in 0..SEEDS {
        let dialect = Dialect::from_seed(seed);
        api.set_dialect(dialect);
        let moved = |id| dialect.paths().iter().find(|(other, ..)| *other == id);
        let path = moved("listContacts").map_or("/contact/all", |(_, _, path)| path);

        let contacts = all(&api, dialect, path, 170).await;

        assert_eq!(contacts.len(), 1_000, "{seed}: {dialect}");
        let found: BTreeSet<String> = contacts.iter().map(digits).collect();
        assert_eq!(found, expected, "{seed}: {dialect}");
        for other in ["/site/all", "/customconsent/all"] {
            let items = all(&api, dialect, other, 1).await;
            assert_eq!(
                items.len(),
                if other == "/site/all" { 1 } else { 2 },
                "{seed}"
            );
        }

        api.clear_ledger();
        let text = format!("in dialect {seed}");
        let query = [("from", api.number()), ("to", CUSTOMER), ("text", &*text)];
        let request = api.request("POST", "/message/sendsms").query(&query);
        let (status, _) = lenient(request).await;
        assert!(matches!(status, 200 | 202), "{seed}: {status}");
        let sent = api.sent_messages();
        assert_eq!(sent.len() as u64, seed + 1);
        let last = sent.last().unwrap();
        assert_eq!((&*last.text, &*last.to), (&*text, CUSTOMER));
        let ledger = api.take_ledger();
        assert_eq!(ledger.len(), 1);
        assert_eq!(ledger[0].operation.as_deref(), Some("sendSms"));
        assert_eq!(ledger[0].path, "/stratustexting-prod/message/sendsms");
        assert_eq!(ledger[0].status, status);
        assert!(ledger[0].carried_out);
    }

    api.set_dialect(Dialect::none());
    assert_eq!(
        all(&api, Dialect::none(), "/contact/all", 500).await,
        canonical
    );
}

#[tokio::test]
async fn every_envelope_can_be_paged_in_every_style() {
    let api = five_contacts(Dialect::none()).await;
    let canonical = all(&api, Dialect::none(), "/contact/all", 5).await;
    for envelope in ListEnvelope::ALL {
        for style in PageStyle::ALL {
            let dialect = Dialect::none().list_envelope(*envelope).page_style(*style);
            api.set_dialect(dialect);
            for size in [2, 5, 20] {
                let read = all(&api, dialect, "/contact/all", size).await;
                assert_eq!(read, canonical, "{dialect}: {size}");
            }
        }
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let read = async |dialect: Dialect| {
        let api = five_contacts(dialect).await;
        let mut read = Vec::new();
        for path in [
            "/contact/all",
            "/contact/getallcontacts",
            "/site/all",
            "/contact/all?page=9",
        ] {
            let response = api.request("GET", path).send().await.unwrap();
            let (status, headers) = (response.status(), response.headers().clone());
            let header = |name| headers.get(name).cloned();
            let (kind, encoding) = (header("content-type"), header("content-encoding"));
            read.push((status, kind, encoding, response.bytes().await.unwrap()));
        }
        read
    };

    for seed in 0..6 {
        let dialect = Dialect::from_seed(seed);
        assert_eq!(read(dialect).await, read(dialect).await, "{seed}");
    }
}

#[tokio::test]
async fn each_envelope_has_the_items_in_its_own_field() {
    let api = five_contacts(Dialect::none()).await;
    for (envelope, pointer, facts) in [
        (ListEnvelope::Content, "/content", ""),
        (ListEnvelope::Data, "/data", ""),
        (ListEnvelope::Items, "/items", ""),
        (ListEnvelope::Results, "/results", ""),
        (ListEnvelope::Nested, "/data/content", "/data"),
        (ListEnvelope::PagedModel, "/content", "/page"),
        (ListEnvelope::Hal, "/_embedded/contacts", "/page"),
    ] {
        let dialect = Dialect::none().list_envelope(envelope);
        api.set_dialect(dialect);
        let (_, body) = api.call("GET", "/contact/all?size=2&page=2").await;
        let items = body.pointer(pointer).and_then(Value::as_array);
        assert_eq!(items.map(Vec::len), Some(1), "{envelope:?}");
        let facts = body.pointer(facts).unwrap();
        assert_eq!(facts["totalElements"], 5, "{envelope:?}");
        let in_page = ["number", "size", "totalElements", "totalPages"];
        if facts.as_object().unwrap().len() == in_page.len() {
            assert_eq!(keys(facts), BTreeSet::from(in_page));
            assert_eq!(keys(&body).len(), 2);
        } else {
            assert_eq!(facts["last"], true, "{envelope:?}");
        }
        // A list without items has an envelope, too.
        let (_, body) = api.call("GET", "/contact/all?size=2&page=3").await;
        assert_eq!(items_of(dialect, &body), Vec::<Value>::new());
    }
    api.set_dialect(Dialect::none().list_envelope(ListEnvelope::Bare));
    let (_, body) = api.call("GET", "/contact/all?size=2").await;
    assert_eq!(body.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn each_choice_of_facts_has_only_those_facts() {
    let api = five_contacts(Dialect::none()).await;
    let facts_of = async |facts, page: usize| {
        api.set_dialect(Dialect::none().page_facts(facts));
        let path = format!("/contact/all?size=2&page={page}");
        let (_, mut body) = api.call("GET", &path).await;
        assert!(body["content"].is_array());
        body.as_object_mut().unwrap().remove("content");
        body
    };
    for (facts, first, last) in [
        (PageFacts::None, json!({}), json!({})),
        (
            PageFacts::TotalElements,
            json!({"totalElements": 5}),
            json!({"totalElements": 5}),
        ),
        (PageFacts::Total, json!({"total": 5}), json!({"total": 5})),
        (
            PageFacts::TotalCount,
            json!({"totalCount": 5}),
            json!({"totalCount": 5}),
        ),
        (
            PageFacts::Last,
            json!({"last": false}),
            json!({"last": true}),
        ),
        (
            PageFacts::HasMore,
            json!({"hasMore": true}),
            json!({"hasMore": false}),
        ),
        (
            PageFacts::HasNext,
            json!({"hasNext": true}),
            json!({"hasNext": false}),
        ),
    ] {
        assert_eq!(facts_of(facts, 0).await, first, "{facts:?}");
        assert_eq!(facts_of(facts, 2).await, last, "{facts:?}");
    }
    for page in [0, 2] {
        let body = facts_of(PageFacts::Contradicting, page).await;
        assert_eq!(body["last"], true);
        assert_eq!(
            (&body["totalPages"], &body["totalElements"]),
            (&json!(4), &json!(5))
        );
    }
}

#[tokio::test]
async fn bare_pages_have_no_facts_in_a_dialect_unless_it_chooses_some() {
    let dialect = Dialect::none().list_envelope(ListEnvelope::Data);
    let builder = Sandbox::builder().contacts(5).bare_pages(true);
    let api = Api::of(builder.dialect(dialect)).await;
    let (_, body) = api.call("GET", "/contact/all").await;
    assert_eq!(keys(&body), BTreeSet::from(["data"]));

    api.set_dialect(dialect.page_facts(PageFacts::Total));
    let (_, body) = api.call("GET", "/contact/all").await;
    assert_eq!(keys(&body), BTreeSet::from(["data", "total"]));
}

#[tokio::test]
async fn counts_and_flags_come_in_other_types_and_null_among_the_items() {
    let api = five_contacts(Dialect::none()).await;
    let first = async |dialect| {
        api.set_dialect(dialect);
        let request = api
            .request("GET", "/contact/all?size=2")
            .send()
            .await
            .unwrap();
        request.text().await.unwrap()
    };
    let text = first(Dialect::none().counts(Counts::Text)).await;
    assert!(
        text.contains(r#""totalPages":"3""#) && text.contains(r#""number":"0""#),
        "{text}"
    );
    let text = first(Dialect::none().counts(Counts::Float)).await;
    assert!(
        text.contains(r#""totalPages":3.0"#) && text.contains(r#""size":2.0"#),
        "{text}"
    );
    let text = first(Dialect::none().counts(Counts::HugeSize)).await;
    assert!(text.contains(r#""size":4294967296"#) && text.contains(r#""totalPages":3"#));
    let text = first(Dialect::none().booleans(Booleans::Text)).await;
    assert!(text.contains(r#""last":"false""#) && text.contains(r#""first":"true""#));

    let text = first(Dialect::none().items(Items::NullElement)).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    let content = body["content"].as_array().unwrap();
    assert_eq!((content.len(), &content[1]), (3, &Value::Null));
    assert_eq!(body["numberOfElements"], 2);
    let (_, body) = api.call("GET", "/contact/all?page=9").await;
    assert_eq!(body["content"], json!([]));
}

#[tokio::test]
async fn pages_by_number_begin_and_end_as_the_style_says() {
    let api = five_contacts(Dialect::none()).await;
    let (_, whole) = api.call("GET", "/contact/all").await;
    let whole = whole["content"].as_array().unwrap().clone();
    let page = async |style, query: &str| {
        api.set_dialect(Dialect::none().page_style(style));
        let (status, body) = api
            .call("GET", &format!("/contact/all?size=2{query}"))
            .await;
        (
            status,
            body["number"].clone(),
            body["content"].as_array().cloned().unwrap_or_default(),
        )
    };
    let (one, two, three) = (&whole[..2], &whole[2..4], &whole[4..]);

    for style in [PageStyle::FromOne, PageStyle::FromOneOnly] {
        assert_eq!(page(style, "").await, (200, json!(1), one.to_vec()));
        assert_eq!(page(style, "&page=1").await, (200, json!(1), one.to_vec()));
        assert_eq!(page(style, "&page=2").await, (200, json!(2), two.to_vec()));
        assert_eq!(page(style, "&page=4").await, (200, json!(4), vec![]));
    }
    assert_eq!(
        page(PageStyle::FromOne, "&page=0").await,
        (200, json!(1), one.to_vec())
    );
    assert_eq!(page(PageStyle::FromOneOnly, "&page=0").await.0, 400);

    let repeated = PageStyle::LastRepeated;
    assert_eq!(
        page(repeated, "&page=1").await,
        (200, json!(1), two.to_vec())
    );
    for query in ["&page=2", "&page=3", "&page=99"] {
        assert_eq!(page(repeated, query).await, (200, json!(2), three.to_vec()));
    }
    for query in ["", "&page=0", "&page=7"] {
        assert_eq!(
            page(PageStyle::Everything, query).await,
            (200, json!(0), whole.clone())
        );
    }
}

#[tokio::test]
async fn pages_by_token_follow_the_token_and_ignore_the_number() {
    let api = five_contacts(Dialect::none()).await;
    for (style, key, parameter) in [
        (PageStyle::PageToken, "nextPageToken", "pageToken"),
        (PageStyle::Cursor, "nextCursor", "cursor"),
    ] {
        let dialect = Dialect::none()
            .page_style(style)
            .page_facts(PageFacts::None);
        api.set_dialect(dialect);
        let (_, first) = api.call("GET", "/contact/all?size=2").await;
        let (_, ignored) = api.call("GET", "/contact/all?size=2&page=1").await;
        assert_eq!(ignored, first);
        let follow = async |body: &Value| {
            let path = format!(
                "/contact/all?page=0&{parameter}={}",
                body[key].as_str().unwrap()
            );
            let (one, again) = (api.call("GET", &path).await, api.call("GET", &path).await);
            assert_eq!(one, again);
            one.1
        };
        let second = follow(&first).await;
        let third = follow(&second).await;
        assert_ne!(first["content"], second["content"]);
        assert_eq!(third["content"].as_array().map(Vec::len), Some(1));
        let end = third.get(key);
        let expected = (style == PageStyle::Cursor).then_some(&Value::Null);
        assert_eq!(end, expected);
        let path = format!("/contact/all?{parameter}=bogus");
        assert_eq!(api.call("GET", &path).await.0, 400);
    }
}
