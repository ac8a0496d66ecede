//! Suspended subscriptions and disabled filters; which tokens may have subscriptions, and
//! what their requests look like.

use std::time::Duration;

use serde_json::{Value, json};
use stratustexting_sandbox::{DeliverySettings, Sandbox};

use crate::{
    receiver::{INBOUND, Receiver},
    support::{Api, fixture},
};

impl Api {
    async fn only_subscription(&self) -> Value {
        let (_, list) = self.call("GET", "/webhooksubscription/all").await;
        list["content"][0].clone()
    }
}

#[tokio::test]
async fn nothing_is_posted_while_a_subscription_is_not_active() {
    let api = Api::with_user().await;
    let mut receiver = Receiver::start().await;
    let id = api.subscribe(&receiver.uri).await;
    let path = format!("/subscriptions/{id}/status");

    let set = api
        .control("POST", &path, json!({"status": "BLACKLISTED"}))
        .await;
    assert_eq!(set.0, 204);
    api.customer_texted(1).await;
    api.deliveries_settled().await;
    assert!(receiver.messages().is_empty());
    assert_eq!(api.only_subscription().await["status"], "BLACKLISTED");

    assert!(api.set_subscription_status(&id, "ACTIVE"));
    let sent = api.customer_texted(1).await;
    assert_eq!(receiver.next_message().await, sent[0]);

    assert!(!api.set_subscription_status("none", "ACTIVE"));
    let path = "/subscriptions/none/status";
    let (status, error) = api.control("POST", path, json!({"status": "ACTIVE"})).await;
    assert_eq!(status, 404);
    assert!(error["message"].is_string());
}

#[tokio::test]
async fn a_disabled_filter_is_listed_and_matches_nothing() {
    for over_http in [false, true] {
        let api = Api::with_user().await;
        let mut receiver = Receiver::start().await;
        let id = api.subscribe(&receiver.uri).await;
        let filter = api.filter(INBOUND);
        let path = format!("/subscriptions/{id}/disabled-filters");

        if over_http {
            let body = json!({"filter": filter, "reason": "Blocked"});
            assert_eq!(api.control("POST", &path, body).await.0, 204);
        } else {
            assert!(api.disable_filter(&id, &filter));
        }
        api.customer_texted(1).await;
        api.deliveries_settled().await;

        assert!(receiver.messages().is_empty());
        let subscription = api.only_subscription().await;
        assert_eq!(subscription["eventFilters"], json!([]));
        let disabled = &subscription["disabledFilters"][0];
        assert_eq!(disabled["filter"], filter);
        let reason = if over_http { "Blocked" } else { "Disabled" };
        assert_eq!(disabled["reason"], reason);
        assert_eq!(subscription["status"], "ACTIVE");
        assert!(!api.disable_filter(&id, &filter), "it was removed");
        let body = json!({"filter": filter});
        assert_eq!(api.control("POST", &path, body).await.0, 404);
    }
}

#[tokio::test]
async fn failed_deliveries_in_a_row_can_suspend_a_subscription() {
    let settings = DeliverySettings::new().attempts(2).wait(Duration::ZERO);
    let builder = Sandbox::builder().contacts(0);
    let api = Api::of_user(builder.delivery_settings(settings.suspend_after(2))).await;
    let mut receiver = Receiver::start().await;
    // Failed; delivered at the second attempt; failed; failed.
    receiver.statuses(&[500, 500, 500, 204, 500, 500, 500, 500]);
    api.subscribe(&receiver.uri).await;

    for (texts, status) in [
        (1, "ACTIVE"),
        (2, "ACTIVE"),
        (1, "BLACKLISTED"),
        (1, "BLACKLISTED"),
    ] {
        api.customer_texted(texts).await;
        api.deliveries_settled().await;
        assert_eq!(api.only_subscription().await["status"], status);
    }
    assert_eq!(api.deliveries().len(), 4, "the last text has no delivery");
    receiver.messages();

    api.subscribe(&receiver.uri).await;
    let sent = api.customer_texted(1).await;
    assert_eq!(
        receiver.next_message().await,
        sent[0],
        "after another upsert it is active"
    );
}

#[tokio::test]
async fn failures_suspend_nothing_by_default() {
    let settings = DeliverySettings::new().attempts(1);
    let api = Api::of_user(Sandbox::builder().contacts(0).delivery_settings(settings)).await;
    let receiver = Receiver::start().await;
    receiver.statuses(&[500; 30]);
    api.subscribe(&receiver.uri).await;

    api.customer_texted(30).await;
    api.deliveries_settled().await;

    assert_eq!(api.only_subscription().await["status"], "ACTIVE");
}

#[tokio::test]
async fn a_program_without_a_user_has_no_subscriptions_unless_allowed() {
    let api = Api::start().await;
    let receiver = Receiver::start().await;
    let body = json!({"uri": receiver.uri, "eventFilters": [api.filter(INBOUND)]});
    let forbidden = fixture("errors/gateway-forbidden.json");
    let forbidden: Value = serde_json::from_str(forbidden["body"].as_str().unwrap()).unwrap();

    for response in [
        api.call("GET", "/webhooksubscription/all").await,
        api.post("/webhooksubscription", body.clone()).await,
        api.call("DELETE", "/webhooksubscription/x").await,
    ] {
        assert_eq!(response, (403, forbidden.clone()));
    }
    for entry in &api.ledger()[1..] {
        assert!(!entry.carried_out);
    }
    assert_eq!(
        api.call("GET", "/site/all").await.0,
        200,
        "everything else is allowed"
    );

    let change = json!({"allow_machine_subscriptions": true});
    assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);
    assert_eq!(api.post("/webhooksubscription", body).await.0, 200);
    let builder = Sandbox::builder().contacts(0);
    let api = Api::of(builder.allow_machine_subscriptions(true)).await;
    assert_eq!(api.call("GET", "/webhooksubscription/all").await.0, 200);
}

#[tokio::test]
async fn the_end_of_a_subscription_may_be_a_string_of_digits() {
    let api = Api::with_user().await;
    let receiver = Receiver::start().await;
    let ending = |end: Value| {
        let filters = [api.filter(INBOUND)];
        json!({"uri": receiver.uri, "eventFilters": filters, "expiresDateInMillies": end})
    };

    for end in [
        json!("1795000000000"),
        json!(1_795_000_000_000_i64),
        json!(null),
    ] {
        let (status, response) = api.post("/webhooksubscription", ending(end)).await;
        assert_eq!(status, 200, "{response}");
    }
    for end in [
        json!("soon"),
        json!(""),
        json!("1.5"),
        json!([1]),
        json!(true),
    ] {
        let (status, _) = api.post("/webhooksubscription", ending(end.clone())).await;
        assert_eq!(status, 400, "{end}");
    }
}
