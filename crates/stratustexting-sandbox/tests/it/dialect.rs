//! Dialects: each difference alone, and random ones from a seed.

/// A lenient client that knows the dialect.
mod reader;

/// Envelopes, facts about pages, styles of paging, and that no item is ever lost.
mod pages;
/// Statuses, how JSON is encoded, rejections, paths, events.
mod responses;
/// The types of values, and that requests may have them, too.
mod values;

use serde_json::{Value, json};
use stratustexting_sandbox::{
    Dialect, Sandbox,
    dialect::{Ids, ListEnvelope, PageStyle, Times},
};

use crate::support::{Api, fetch};

#[test]
fn a_seed_always_draws_the_same_and_every_kind_is_drawn() {
    let all: Vec<Dialect> = (0..200).map(Dialect::from_seed).collect();

    assert_eq!(all[7], Dialect::from_seed(7));
    assert_ne!(all[7], all[8]);
    // Fixed here, so that the meaning of a seed doesn't change.
    assert_eq!(
        Dialect::from_seed(7).to_string(),
        "times: iso_without_offset, booleans: text, counts: huge_size, \
         success_status: created, failures: success_false, path_style: verbs"
    );
    let values = |dialect: &Dialect| serde_json::to_value(dialect).unwrap();
    let inferred = values(&Dialect::none());
    for (kind, name) in inferred.as_object().unwrap() {
        let as_inferred = all.iter().filter(|d| values(d)[kind] == *name).count();
        assert!((60..140).contains(&as_inferred), "{kind}: {as_inferred}");
    }
}

#[test]
fn each_difference_occurs_once_alone() {
    let each = Dialect::each();

    assert!(each.iter().all(|d| !d.to_string().contains(", ")));
    let shown: std::collections::BTreeSet<String> = each.iter().map(Dialect::to_string).collect();
    assert_eq!(shown.len(), each.len());
    assert!(shown.contains("page_style: cursor") && !shown.contains("none"));
    let all = (0..300).map(|seed| Dialect::from_seed(seed).to_string());
    let drawn: std::collections::BTreeSet<String> = all
        .flat_map(|line| line.split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(shown, drawn);
}

#[tokio::test]
async fn the_data_is_the_same_in_all_dialects() {
    let api = Api::of(Sandbox::builder().contacts(2)).await;
    let inferred = (api.contacts(), api.consents());
    assert_eq!(inferred.0[0]["mobileNumber"], "+12015550100");

    api.set_dialect(Dialect::from_seed(3).ids(Ids::Number));
    api.call("GET", "/contact/all").await;

    assert_eq!((api.contacts(), api.consents()), inferred);
    assert_eq!((inferred.0.len(), inferred.1.len()), (2, 2));
    assert!(api.subscriptions().is_empty());
}

#[test]
fn a_bare_list_is_never_paged_by_a_token() {
    for seed in 0..500 {
        let dialect = Dialect::from_seed(seed);
        assert_eq!(dialect.paging(), dialect.page_style, "{seed}");
    }
    let by_hand = Dialect::none()
        .list_envelope(ListEnvelope::Bare)
        .page_style(PageStyle::Cursor);
    assert_eq!(by_hand.paging(), PageStyle::FromZero);
}

#[test]
fn a_dialect_is_shown_in_a_line_and_is_the_same_after_serialization() {
    let dialect = Dialect::none().times(Times::Iso).ids(Ids::Number);

    assert_eq!(dialect.to_string(), "ids: number, times: iso");
    assert_eq!(Dialect::none().to_string(), "none");
    assert!(Dialect::none().is_none() && !dialect.is_none());
    for dialect in [dialect, Dialect::from_seed(1)] {
        let text = serde_json::to_string(&dialect).unwrap();
        assert_eq!(serde_json::from_str::<Dialect>(&text).unwrap(), dialect);
    }
    let some: Dialect = serde_json::from_value(json!({"times": "iso", "ids": "number"})).unwrap();
    assert_eq!(some, dialect);
    assert!(serde_json::from_value::<Dialect>(json!({"time": "iso"})).is_err());
    assert!(serde_json::from_value::<Dialect>(json!({"times": "roman"})).is_err());
}

#[tokio::test]
async fn a_dialect_is_set_at_the_start_later_and_over_http() {
    let dialect = Dialect::none().ids(Ids::Number);
    let api = Api::of(Sandbox::builder().contacts(1).dialect(dialect)).await;
    let id = async || api.call("GET", "/contact/all").await.1["content"][0]["id"].clone();
    let control = async |method: &str, body: Value| {
        let url = format!("{}/dialect", api.control_url());
        let request = api.http.request(method.parse().unwrap(), url);
        fetch(request.json(&body)).await
    };
    assert!(id().await.is_u64());

    api.set_dialect(Dialect::none());
    assert!(id().await.is_string());

    let (status, set) = control("POST", json!({"ids": "number"})).await;
    assert_eq!((status, &set["differences"]), (200, &json!("ids: number")));
    assert!(id().await.is_u64());
    assert_eq!(control("GET", Value::Null).await.1, set);
    assert_eq!(api.dialect(), dialect);

    assert_eq!(control("POST", json!({"seed": 7})).await.0, 200);
    assert_eq!(api.dialect(), Dialect::from_seed(7));
    for bad in [json!({"seed": 7, "ids": "number"}), json!({"id": "number"})] {
        let (status, error) = control("POST", bad).await;
        assert_eq!(status, 400);
        assert!(error["message"].is_string());
    }
    assert_eq!(api.dialect(), Dialect::from_seed(7));
}
