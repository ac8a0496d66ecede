//! How events are delivered: order, how many at a time, attempts, and why one failed.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use stratustexting_sandbox::{
    Delivery, DeliveryError, DeliverySettings, DeliveryState, Order, Sandbox,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    receiver::{Receiver, handshake_response},
    support::Api,
};

const HOUR: Duration = Duration::from_secs(3_600);

async fn with(settings: DeliverySettings) -> Api {
    Api::of_user(Sandbox::builder().contacts(0).delivery_settings(settings)).await
}

/// With enough time for callbacks, however busy the machine is.
fn generous() -> DeliverySettings {
    DeliverySettings::new().timeout(HOUR)
}

fn without_wait() -> DeliverySettings {
    generous().wait(Duration::ZERO)
}

impl Api {
    fn last_delivery(&self) -> Delivery {
        self.deliveries().pop().unwrap()
    }
}

#[tokio::test]
async fn the_events_of_a_callback_come_in_order_and_one_at_a_time() {
    let api = with(generous()).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(50).await;
    api.deliveries_settled().await;

    assert_eq!(receiver.messages(), sent);
    assert_eq!(receiver.max_in_flight(), 1);
}

#[tokio::test]
async fn an_event_that_fails_is_not_overtaken() {
    let api = with(without_wait()).await;
    let mut receiver = Receiver::start().await;
    receiver.statuses(&[500, 500, 204, 500]);
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(2).await;
    api.deliveries_settled().await;

    let (first, second) = (&sent[0], &sent[1]);
    assert_eq!(
        receiver.messages().iter().collect::<Vec<_>>(),
        [first, first, first, second, second]
    );
}

#[tokio::test]
async fn a_slow_callback_delays_no_other() {
    let api = with(generous()).await;
    let (mut slow, mut other) = (Receiver::paused().await, Receiver::start().await);
    api.subscribe(&slow.uri).await;
    api.subscribe(&other.uri).await;

    let sent = api.customer_texted(3).await;

    for id in &sent {
        assert_eq!(other.next_message().await, *id);
    }
    assert_eq!(slow.next_message().await, sent[0]);
    assert!(slow.messages().is_empty());
}

#[tokio::test]
async fn the_number_of_posts_at_a_time_is_limited() {
    let overlapping = generous().order(Order::AtOnce);
    let api = with(overlapping.at_a_time(4)).await;
    let mut receiver = Receiver::paused().await;
    api.subscribe(&receiver.uri).await;

    api.customer_texted(9).await;
    for _ in 0..4 {
        receiver.next_message().await;
    }
    // While four are in flight: two of their slots aren't reused.
    let fewer = json!({"deliveries": {"at_a_time": 2}});
    assert_eq!(api.control("PATCH", "/settings", fewer).await.0, 200);
    receiver.respond(3);
    receiver.next_message().await;
    assert_eq!(receiver.max_in_flight(), 4);
    receiver.respond(6);
    api.deliveries_settled().await;
    receiver.messages();
    receiver.max_in_flight();

    for at_a_time in [2, 5, 1, 3] {
        let change = json!({"deliveries": {"at_a_time": at_a_time}});
        assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);
        api.customer_texted(6).await;
        for _ in 0..at_a_time {
            receiver.next_message().await;
        }
        receiver.respond(6);
        api.deliveries_settled().await;
        assert_eq!(receiver.max_in_flight(), at_a_time);
        receiver.messages();
    }
}

#[tokio::test]
async fn shuffled_events_all_come_in_an_order_that_follows_from_the_seed() {
    let orders = async |seed| {
        let shuffled = generous().order(Order::Shuffled).shuffled(10, HOUR);
        let builder = Sandbox::builder().contacts(0).seed(seed);
        let api = Api::of_user(builder.delivery_settings(shuffled)).await;
        let mut receiver = Receiver::start().await;
        api.subscribe(&receiver.uri).await;
        let sent = api.customer_texted(20).await;
        api.deliveries_settled().await;
        let received = receiver.messages();
        assert_eq!(receiver.max_in_flight(), 1);
        let position = |id: &String| sent.iter().position(|other| other == id).unwrap();
        received.iter().map(position).collect::<Vec<_>>()
    };

    let (one, same, other) = (orders(7).await, orders(7).await, orders(8).await);

    let all: Vec<usize> = (0..20).collect();
    for group in [&one[..10], &one[10..]] {
        assert!(!group.is_sorted(), "{one:?}");
    }
    assert!(one[..10].iter().all(|position| *position < 10), "{one:?}");
    assert_eq!(
        one.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from_iter(all)
    );
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn an_event_does_not_wait_for_others_that_never_come() {
    let shuffled = generous().order(Order::Shuffled);
    let api = with(shuffled.shuffled(10, Duration::from_millis(1))).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(1).await;

    assert_eq!(receiver.next_message().await, sent[0]);
}

#[tokio::test]
async fn repeated_events_come_twice_after_those_that_wait() {
    let api = with(generous().repeated(1.0)).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(3).await;
    api.deliveries_settled().await;

    assert_eq!(receiver.messages(), [&sent[..], &sent[..]].concat());
    for delivery in api.deliveries() {
        assert_eq!(delivery.attempts, 2);
        assert_eq!(delivery.state, DeliveryState::Delivered);
    }
}

#[tokio::test]
async fn which_events_are_repeated_depends_on_the_seed() {
    let repeated = async |seed| {
        let builder = Sandbox::builder().contacts(0).seed(seed);
        let api = Api::of_user(builder.delivery_settings(generous().repeated(0.5))).await;
        let receiver = Receiver::start().await;
        api.subscribe(&receiver.uri).await;
        api.customer_texted(30).await;
        api.deliveries_settled().await;
        let attempts: Vec<u32> = api.deliveries().iter().map(|one| one.attempts).collect();
        attempts
    };

    let (one, same, other) = (repeated(7).await, repeated(7).await, repeated(8).await);

    assert!(one.contains(&1) && one.contains(&2), "{one:?}");
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn late_events_are_overtaken() {
    let api = with(generous().late(1.0, HOUR)).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    api.customer_texted(1).await;
    api.set_delivery_settings(generous()).unwrap();
    let overtaking = api.customer_texted(2).await;

    for id in &overtaking {
        assert_eq!(receiver.next_message().await, *id);
    }
    assert_eq!(api.deliveries()[0].attempts, 0);
    assert_eq!(api.deliveries()[0].state, DeliveryState::UnderWay);
}

#[tokio::test]
async fn late_events_come_in_the_end() {
    let api = with(generous().late(1.0, Duration::from_millis(1))).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(1).await;

    assert_eq!(receiver.next_message().await, sent[0]);
}

#[tokio::test]
async fn the_number_of_attempts_can_be_set_at_the_start_and_later() {
    let api = with(without_wait().attempts(5)).await;
    let receiver = Receiver::start().await;
    receiver.statuses(&[500; 20]);
    api.subscribe(&receiver.uri).await;

    api.customer_texted(1).await;
    api.deliveries_settled().await;
    let last = api.last_delivery();
    assert_eq!((last.attempts, last.state), (5, DeliveryState::Failed));
    assert_eq!(last.last_status, Some(500));
    assert_eq!(last.last_error, Some(DeliveryError::Status));

    let change = json!({"deliveries": {"attempts": 2}});
    let (status, settings) = api.control("PATCH", "/settings", change).await;
    assert_eq!(
        (status, &settings["deliveries"]["attempts"]),
        (200, &json!(2))
    );
    assert_eq!(settings["deliveries"]["wait_milliseconds"], 0, "unchanged");
    api.customer_texted(1).await;
    api.deliveries_settled().await;
    assert_eq!(api.last_delivery().attempts, 2);

    api.set_delivery_settings(without_wait().attempts(1))
        .unwrap();
    api.customer_texted(1).await;
    api.deliveries_settled().await;
    assert_eq!(api.last_delivery().attempts, 1);
}

#[tokio::test]
async fn a_delivery_says_why_its_last_attempt_failed() {
    let api = with(without_wait().attempts(1)).await;
    let gone = Receiver::start().await;
    api.subscribe(&gone.uri).await;
    gone.stop().await;
    api.subscribe(&breaking().await).await;

    api.customer_texted(1).await;
    api.deliveries_settled().await;

    let reasons: Vec<_> = api.deliveries().iter().map(|one| one.last_error).collect();
    let expected = [DeliveryError::Refused, DeliveryError::Broken];
    assert_eq!(reasons, expected.map(Some));
    let (_, shown) = api.control("GET", "/deliveries", json!(null)).await;
    assert_eq!(shown[0]["last_error"], "refused");
    assert_eq!(shown[1]["last_error"], "broken");
    assert_eq!(shown[0]["last_status"], json!(null));
    for delivery in api.deliveries() {
        let shown = format!("{delivery:?}");
        assert!(!shown.contains("127.0.0.1"), "{shown}");
    }
}

#[tokio::test]
async fn a_slow_callback_times_out() {
    let api = with(without_wait().attempts(1)).await;
    let slow = Receiver::paused().await;
    api.subscribe(&slow.uri).await;
    let change = json!({"deliveries": {"timeout_milliseconds": 20}});
    assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);

    api.customer_texted(1).await;
    api.deliveries_settled().await;

    let last = api.last_delivery();
    assert_eq!(last.state, DeliveryState::Failed);
    assert_eq!(last.last_error, Some(DeliveryError::TimedOut));
    let (_, shown) = api.control("GET", "/deliveries", json!(null)).await;
    assert_eq!(shown[0]["last_error"], "timed_out");
}

/// A callback that passes the handshake and then breaks off each post.
async fn breaking() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                connection.read_buf(&mut head).await.unwrap();
            }
            if let Some(response) = handshake_response(&head) {
                connection.write_all(&response).await.unwrap();
            }
        }
    });
    uri
}

#[tokio::test]
async fn a_delivered_event_has_no_last_error() {
    let api = with(without_wait()).await;
    let receiver = Receiver::start().await;
    receiver.statuses(&[503]);
    api.subscribe(&receiver.uri).await;

    api.customer_texted(1).await;
    api.deliveries_settled().await;

    let last = api.last_delivery();
    assert_eq!((last.attempts, last.state), (2, DeliveryState::Delivered));
    assert_eq!((last.last_status, last.last_error), (Some(204), None));
}

/// The subscription changes while a post is in flight that fails.
#[tokio::test]
async fn nothing_is_posted_again_when_the_subscription_is_deleted_or_suspended() {
    for (is_deleted, reason) in [
        (true, DeliveryError::Unsubscribed),
        (false, DeliveryError::Suspended),
    ] {
        let api = with(without_wait()).await;
        let mut receiver = Receiver::paused().await;
        receiver.statuses(&[500; 3]);
        let id = api.subscribe(&receiver.uri).await;
        api.customer_texted(1).await;
        receiver.next_message().await;

        if is_deleted {
            let path = format!("/webhooksubscription/{id}");
            assert_eq!(api.call("DELETE", &path).await.0, 204);
        } else {
            assert!(api.set_subscription_status(&id, "PAUSED"));
        }
        receiver.respond(3);
        api.deliveries_settled().await;

        let last = api.last_delivery();
        assert_eq!((last.attempts, last.state), (1, DeliveryState::Failed));
        assert_eq!(last.last_error, Some(reason));
    }
}

#[tokio::test]
async fn invalid_settings_are_rejected_and_change_nothing() {
    let api = Api::with_user().await;
    let (_, before) = api.control("GET", "/settings", json!(null)).await;
    for wrong in [
        json!({"deliveries": {"at_a_time": 0}}),
        json!({"deliveries": {"attempts": 0}}),
        json!({"deliveries": {"attempts": -1}}),
        json!({"deliveries": {"repeated": 1.5}}),
        json!({"deliveries": {"order": "by_size"}}),
        json!({"deliveries": {"timeout_milliseconds": 0}}),
        json!({"deliveries": {"suspend_after": 0}}),
        json!({"deliveries": {"shuffled_events": 0}}),
        json!({"deliveries": {"patience": 3}}),
        json!({"deliveries": 3}),
        json!({"max_url": 0}),
        json!({"missing_scope": 404}),
        json!([]),
    ] {
        let (status, error) = api.control("PATCH", "/settings", wrong.clone()).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(error["message"].is_string(), "{wrong}");
    }
    assert_eq!(api.control("GET", "/settings", json!(null)).await.1, before);
    assert!(api.set_delivery_settings(generous().attempts(0)).is_err());
    let builder = Sandbox::builder().delivery_settings(generous().late(2.0, HOUR));
    assert!(builder.start().await.is_err());
}
