//! How events are delivered: in which order, how many at a time, how often, and why not.

use std::{collections::BTreeSet, time::Duration};

use serde_json::json;
use stratustexting_sandbox::{Deliveries, Delivery, DeliveryError, DeliveryState, Order, Sandbox};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    receiver::{Receiver, handshake_answer},
    support::Api,
};

const HOUR: Duration = Duration::from_secs(3_600);

async fn with(deliveries: Deliveries) -> Api {
    Api::of_user(Sandbox::builder().contacts(0).deliveries(deliveries)).await
}

/// With time enough for callbacks, however busy the machine is.
fn patient() -> Deliveries {
    Deliveries::new().patience(HOUR)
}

fn at_once() -> Deliveries {
    patient().wait(Duration::ZERO)
}

impl Api {
    fn last_delivery(&self) -> Delivery {
        self.deliveries().pop().unwrap()
    }
}

#[tokio::test]
async fn the_events_of_a_callback_come_in_order_and_one_at_a_time() {
    let api = with(patient()).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(50).await;
    api.deliveries_settled().await;

    assert_eq!(receiver.messages(), sent);
    assert_eq!(receiver.most_in_hand(), 1);
}

#[tokio::test]
async fn an_event_that_fails_is_not_overtaken() {
    let api = with(at_once()).await;
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
async fn a_callback_that_is_slow_holds_up_no_other() {
    let api = with(patient()).await;
    let (mut slow, mut other) = (Receiver::holding().await, Receiver::start().await);
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
async fn so_many_posts_are_under_way_at_a_time_and_no_more() {
    let all = patient().order(Order::AtOnce);
    let api = with(all.at_a_time(4)).await;
    let mut receiver = Receiver::holding().await;
    api.subscribe(&receiver.uri).await;

    api.customer_texted(9).await;
    for _ in 0..4 {
        receiver.next_message().await;
    }
    // While four are under way: two of their places aren't taken again.
    let fewer = json!({"deliveries": {"at_a_time": 2}});
    assert_eq!(api.control("PATCH", "/settings", fewer).await.0, 200);
    receiver.answer(3);
    receiver.next_message().await;
    assert_eq!(receiver.most_in_hand(), 4);
    receiver.answer(6);
    api.deliveries_settled().await;
    receiver.messages();
    receiver.most_in_hand();

    for at_a_time in [2, 5, 1, 3] {
        let change = json!({"deliveries": {"at_a_time": at_a_time}});
        assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);
        api.customer_texted(6).await;
        for _ in 0..at_a_time {
            receiver.next_message().await;
        }
        receiver.answer(6);
        api.deliveries_settled().await;
        assert_eq!(receiver.most_in_hand(), at_a_time);
        receiver.messages();
    }
}

#[tokio::test]
async fn shuffled_events_come_all_in_an_order_that_the_seed_says() {
    let orders = async |seed| {
        let shuffled = patient().order(Order::Shuffled).shuffled(10, HOUR);
        let builder = Sandbox::builder().contacts(0).seed(seed);
        let api = Api::of_user(builder.deliveries(shuffled)).await;
        let mut receiver = Receiver::start().await;
        api.subscribe(&receiver.uri).await;
        let sent = api.customer_texted(20).await;
        api.deliveries_settled().await;
        let came = receiver.messages();
        assert_eq!(receiver.most_in_hand(), 1);
        let place = |id: &String| sent.iter().position(|other| other == id).unwrap();
        came.iter().map(place).collect::<Vec<_>>()
    };

    let (one, same, other) = (orders(7).await, orders(7).await, orders(8).await);

    let all: Vec<usize> = (0..20).collect();
    for lot in [&one[..10], &one[10..]] {
        assert!(!lot.is_sorted(), "{one:?}");
    }
    assert!(one[..10].iter().all(|place| *place < 10), "{one:?}");
    assert_eq!(
        one.iter().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from_iter(all)
    );
    assert_eq!(one, same);
    assert_ne!(one, other);
}

#[tokio::test]
async fn an_event_is_not_held_for_others_that_never_come() {
    let shuffled = patient().order(Order::Shuffled);
    let api = with(shuffled.shuffled(10, Duration::from_millis(1))).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(1).await;

    assert_eq!(receiver.next_message().await, sent[0]);
}

#[tokio::test]
async fn repeated_events_come_twice_behind_those_that_wait() {
    let api = with(patient().repeated(1.0)).await;
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
        let api = Api::of_user(builder.deliveries(patient().repeated(0.5))).await;
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
    let api = with(patient().late(1.0, HOUR)).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    api.customer_texted(1).await;
    api.set_deliveries(patient()).unwrap();
    let overtaking = api.customer_texted(2).await;

    for id in &overtaking {
        assert_eq!(receiver.next_message().await, *id);
    }
    assert_eq!(api.deliveries()[0].attempts, 0);
    assert_eq!(api.deliveries()[0].state, DeliveryState::UnderWay);
}

#[tokio::test]
async fn late_events_come_all_the_same() {
    let api = with(patient().late(1.0, Duration::from_millis(1))).await;
    let mut receiver = Receiver::start().await;
    api.subscribe(&receiver.uri).await;

    let sent = api.customer_texted(1).await;

    assert_eq!(receiver.next_message().await, sent[0]);
}

#[tokio::test]
async fn how_often_an_event_is_posted_can_be_set_at_the_start_and_later() {
    let api = with(at_once().attempts(5)).await;
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
    assert_eq!(settings["deliveries"]["wait_milliseconds"], 0, "it stays");
    api.customer_texted(1).await;
    api.deliveries_settled().await;
    assert_eq!(api.last_delivery().attempts, 2);

    api.set_deliveries(at_once().attempts(1)).unwrap();
    api.customer_texted(1).await;
    api.deliveries_settled().await;
    assert_eq!(api.last_delivery().attempts, 1);
}

#[tokio::test]
async fn a_delivery_says_why_its_last_attempt_failed() {
    let api = with(at_once().attempts(1)).await;
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
async fn a_callback_that_takes_longer_than_it_may_has_timed_out() {
    let api = with(at_once().attempts(1)).await;
    let slow = Receiver::holding().await;
    api.subscribe(&slow.uri).await;
    let change = json!({"deliveries": {"patience_milliseconds": 20}});
    assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);

    api.customer_texted(1).await;
    api.deliveries_settled().await;

    let last = api.last_delivery();
    assert_eq!(last.state, DeliveryState::Failed);
    assert_eq!(last.last_error, Some(DeliveryError::TimedOut));
    let (_, shown) = api.control("GET", "/deliveries", json!(null)).await;
    assert_eq!(shown[0]["last_error"], "timed_out");
}

/// A callback that takes part in the handshake and then breaks each post off.
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
            if let Some(answer) = handshake_answer(&head) {
                connection.write_all(&answer).await.unwrap();
            }
        }
    });
    uri
}

#[tokio::test]
async fn an_event_that_was_delivered_in_the_end_has_no_reason_left() {
    let api = with(at_once()).await;
    let receiver = Receiver::start().await;
    receiver.statuses(&[503]);
    api.subscribe(&receiver.uri).await;

    api.customer_texted(1).await;
    api.deliveries_settled().await;

    let last = api.last_delivery();
    assert_eq!((last.attempts, last.state), (2, DeliveryState::Delivered));
    assert_eq!((last.last_status, last.last_error), (Some(204), None));
}

/// The subscription changes while a post is under way that fails.
#[tokio::test]
async fn nothing_is_posted_again_when_the_subscription_is_gone_or_suspended() {
    for (is_deleted, reason) in [
        (true, DeliveryError::Unsubscribed),
        (false, DeliveryError::Suspended),
    ] {
        let api = with(at_once()).await;
        let mut receiver = Receiver::holding().await;
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
        receiver.answer(3);
        api.deliveries_settled().await;

        let last = api.last_delivery();
        assert_eq!((last.attempts, last.state), (1, DeliveryState::Failed));
        assert_eq!(last.last_error, Some(reason));
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_and_change_nothing() {
    let api = Api::with_user().await;
    let (_, before) = api.control("GET", "/settings", json!(null)).await;
    for wrong in [
        json!({"deliveries": {"at_a_time": 0}}),
        json!({"deliveries": {"attempts": 0}}),
        json!({"deliveries": {"attempts": -1}}),
        json!({"deliveries": {"repeated": 1.5}}),
        json!({"deliveries": {"order": "by_size"}}),
        json!({"deliveries": {"patience_milliseconds": 0}}),
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
    assert!(api.set_deliveries(patient().attempts(0)).is_err());
    let builder = Sandbox::builder().deliveries(patient().late(2.0, HOUR));
    assert!(builder.start().await.is_err());
}
