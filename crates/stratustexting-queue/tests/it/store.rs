//! What every store promises. Each of these runs on each store.

use std::time::Duration;

use futures::future::join_all;
use stratustexting_queue::inbox::{
    ClaimId, EventState, MemoryStore, NewEvent, Settlement, SqliteStore, Store,
};

use stratustexting_queue::reply::{Refusal, ReplyLimits};

use crate::support::{Clock, Database, File, claim, ids, in_conversation, new_event};

const MINUTE: Duration = Duration::from_secs(60);

/// A test of each store, which gets the store and its clock.
macro_rules! on_each_store {
    ($($test:ident)+) => {
        mod memory { $(
            #[tokio::test]
            async fn $test() {
                let clock = super::Clock::new();
                let store = super::MemoryStore::new().with_clock(clock.read());
                super::$test(store, clock).await;
            }
        )+ }
        mod sqlite { $(
            #[tokio::test]
            async fn $test() {
                let (file, clock) = (super::File::new(), super::Clock::new());
                let store: super::SqliteStore = file.open().await.with_clock(clock.read());
                super::$test(store, clock).await;
            }
        )+ }
        mod postgres { $(
            #[tokio::test]
            async fn $test() {
                let Some(database) = super::Database::new().await else {
                    return;
                };
                let clock = super::Clock::new();
                let store = database.store().await.with_clock(clock.read());
                super::$test(store, clock).await;
            }
        )+ }
    };
}

on_each_store! {
    an_event_is_kept_once
    callers_that_come_together_get_their_own_results
    events_keep_the_order_in_which_they_came
    an_event_without_a_key_is_kept_each_time
    a_claimed_event_is_nobody_elses
    a_silent_worker_loses_its_claim
    a_claim_that_is_extended_stays
    a_failed_event_waits
    a_released_event_is_due_at_once
    a_dead_letter_stays_until_it_is_replayed
    every_event_is_listed_with_what_has_become_of_it
    a_transaction_without_its_claim_is_rolled_back
    a_conversation_has_its_turn
    a_fetched_message_is_kept_until_it_is_handled
    an_unknown_conversation_holds_up_the_later_ones
    handled_events_are_forgotten_after_a_while
    a_clock_that_is_set_back_delays_nothing
    the_numbers_add_up
    the_last_word_of_a_customer_counts
    somebodys_decision_counts_until_the_next_word
    an_event_has_one_reply
    replies_have_limits
}

async fn add<S: Store>(store: &S, events: impl IntoIterator<Item = NewEvent>) -> u64 {
    store.add(events.into_iter().collect()).await.unwrap()
}

async fn settle<S: Store>(store: &S, claim: ClaimId, settlement: Settlement) -> bool {
    store.settle(claim, settlement).await.unwrap()
}

fn failed(after: Duration) -> Settlement {
    let reason = "canary".to_owned();
    Settlement::Retry { after, reason }
}

async fn an_event_is_kept_once<S: Store>(store: S, _: Clock) {
    assert_eq!(add(&store, ["a", "b", "a"].map(new_event)).await, 2);
    assert_eq!(add(&store, ["b"].map(new_event)).await, 0);
    let claimed = claim(&store, 9).await;
    assert_eq!(ids(&claimed), ["a", "b"]);
    for event in claimed {
        settle(&store, event.claim, Settlement::Handled).await;
    }

    // Also when it was handled.
    assert_eq!(add(&store, ["a"].map(new_event)).await, 0);
    assert!(claim(&store, 9).await.is_empty());
}

async fn callers_that_come_together_get_their_own_results<S: Store>(store: S, _: Clock) {
    let added = [vec!["a", "b"], vec!["b"], vec!["c", "d", "a", "c"]]
        .map(|keys| add(&store, keys.into_iter().map(new_event)));
    assert_eq!(join_all(added).await, [2, 0, 2]);

    let claimed = claim(&store, 9).await;
    assert_eq!(ids(&claimed), ["a", "b", "c", "d"]);
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| claimed[n].claim);
    let older = ClaimId { number: 0, ..c };
    let handled = [a, older, b, a].map(|claim| settle(&store, claim, Settlement::Handled));
    assert_eq!(join_all(handled).await, [true, false, true, false]);
    let numbers = store.numbers().await.unwrap();
    assert_eq!((numbers.handled, numbers.running), (2, 2));
    assert!(settle(&store, d, Settlement::Release).await);
}

/// Its neighbours are in the same transaction.
#[tokio::test]
async fn an_event_that_sqlite_refuses_fails_alone() {
    let file = File::new();
    let store = file.open().await;
    sqlx::raw_sql(
        "CREATE TRIGGER ours BEFORE INSERT ON stratustexting_inbox WHEN new.key = 'b'
         BEGIN SELECT raise(ABORT, 'not this one'); END",
    )
    .execute(store.pool())
    .await
    .unwrap();
    let add = |key: &str| store.add(vec![new_event(key)]);

    let (before, bad, after) = tokio::join!(add("a"), add("b"), add("c"));

    assert!(bad.unwrap_err().is_database());
    assert_eq!((before.unwrap(), after.unwrap()), (1, 1));
    assert_eq!(ids(&claim(&store, 9).await), ["a", "c"]);
}

async fn events_keep_the_order_in_which_they_came<S: Store>(store: S, _: Clock) {
    let keyless = NewEvent {
        key: None,
        ..new_event("b")
    };
    let events = [new_event("c"), new_event("a"), keyless, new_event("d")];

    add(&store, events).await;

    assert_eq!(ids(&claim(&store, 9).await), ["c", "a", "b", "d"]);
}

async fn an_event_without_a_key_is_kept_each_time<S: Store>(store: S, _: Clock) {
    let event = NewEvent {
        key: None,
        ..new_event("a")
    };

    assert_eq!(add(&store, [event.clone(), event]).await, 2);
    assert_eq!(claim(&store, 9).await.len(), 2);
}

async fn a_claimed_event_is_nobody_elses<S: Store>(store: S, _: Clock) {
    add(&store, ["a", "b", "c"].map(new_event)).await;

    assert_eq!(ids(&claim(&store, 2).await), ["a", "b"]);
    assert_eq!(ids(&claim(&store, 2).await), ["c"]);
    assert!(claim(&store, 2).await.is_empty());
}

async fn a_silent_worker_loses_its_claim<S: Store>(store: S, clock: Clock) {
    add(&store, ["a"].map(new_event)).await;
    let first = claim(&store, 1).await.remove(0);
    clock.forward(Duration::from_secs(29));
    assert!(claim(&store, 1).await.is_empty());
    clock.forward(Duration::from_secs(2));

    let second = claim(&store, 1).await.remove(0);

    assert_eq!((first.interruptions, second.interruptions), (0, 1));
    assert_eq!(second.failures, 0);
    for settlement in [
        Settlement::Handled,
        Settlement::Release,
        failed(MINUTE),
        Settlement::Dead {
            reason: String::new(),
        },
    ] {
        assert!(!settle(&store, first.claim, settlement).await);
    }
    store.extend(vec![first.claim], MINUTE * 60).await.unwrap();
    assert!(settle(&store, second.claim, Settlement::Handled).await);
    assert!(!settle(&store, second.claim, Settlement::Handled).await);
}

async fn a_claim_that_is_extended_stays<S: Store>(store: S, clock: Clock) {
    add(&store, ["a"].map(new_event)).await;
    let event = claim(&store, 1).await.remove(0);

    for _ in 0..10 {
        clock.forward(Duration::from_secs(20));
        let lease = Duration::from_secs(30);
        store.extend(vec![event.claim], lease).await.unwrap();
        assert!(claim(&store, 1).await.is_empty());
    }
    assert!(settle(&store, event.claim, Settlement::Handled).await);
}

async fn a_failed_event_waits<S: Store>(store: S, clock: Clock) {
    add(&store, ["a"].map(new_event)).await;
    let event = claim(&store, 1).await.remove(0);

    assert!(settle(&store, event.claim, failed(MINUTE)).await);

    clock.forward(Duration::from_secs(59));
    assert!(claim(&store, 1).await.is_empty());
    clock.forward(Duration::from_secs(1));
    let event = claim(&store, 1).await.remove(0);
    assert_eq!((event.failures, event.interruptions), (1, 0));
}

async fn a_released_event_is_due_at_once<S: Store>(store: S, _: Clock) {
    add(&store, ["a"].map(new_event)).await;
    let event = claim(&store, 1).await.remove(0);

    assert!(settle(&store, event.claim, Settlement::Release).await);

    let event = claim(&store, 1).await.remove(0);
    assert_eq!((event.failures, event.interruptions), (0, 0));
}

async fn a_dead_letter_stays_until_it_is_replayed<S: Store>(store: S, clock: Clock) {
    add(&store, ["a", "b"].map(new_event)).await;
    for event in claim(&store, 2).await {
        let reason = format!("because of {}", event.claim.event);
        settle(&store, event.claim, Settlement::Dead { reason }).await;
    }
    clock.forward(MINUTE * 60 * 24 * 365);
    assert_eq!(store.forget(Duration::ZERO).await.unwrap(), 0);
    assert!(claim(&store, 9).await.is_empty());

    let first = store.dead_letters(0, 1).await.unwrap().remove(0);
    let rest = store.dead_letters(first.id, 9).await.unwrap();

    assert_eq!(rest.len(), 1);
    assert_eq!(first.reason, format!("because of {}", first.id));
    assert_eq!(first.body, new_event("a").body);
    assert!(!format!("{first:?}").contains("because"));
    assert!(store.replay(first.id).await.unwrap());
    assert!(!store.replay(first.id).await.unwrap());
    let again = claim(&store, 9).await;
    assert_eq!(ids(&again), ["a"]);
    assert_eq!(again[0].failures, 0);
}

async fn every_event_is_listed_with_what_has_become_of_it<S: Store>(store: S, _: Clock) {
    add(&store, ["a", "b", "c"].map(new_event)).await;
    let claimed = claim(&store, 2).await;
    settle(&store, claimed[0].claim, Settlement::Handled).await;
    let reason = "canary".to_owned();
    settle(&store, claimed[1].claim, Settlement::Dead { reason }).await;

    let kept = store.kept_events(i64::MAX, 2).await.unwrap();
    let rest = store.kept_events(kept[1].id, 9).await.unwrap();

    let all: Vec<_> = kept.iter().chain(&rest).collect();
    let states: Vec<_> = all.iter().map(|event| event.state).collect();
    assert_eq!(
        states,
        [EventState::Open, EventState::Dead, EventState::Handled]
    );
    assert_eq!(all[1].failures, 1);
    assert_eq!(all[2].body, new_event("a").body);
    assert!(!format!("{all:?}").contains("body"));
}

async fn a_transaction_without_its_claim_is_rolled_back<S: Store>(store: S, clock: Clock) {
    add(&store, ["a"].map(new_event)).await;
    let lost = claim(&store, 1).await.remove(0);
    clock.forward(MINUTE);
    let taken = claim(&store, 1).await.remove(0);

    let transaction = store.begin().await.unwrap();
    let error = store.commit(transaction, lost.claim).await.unwrap_err();
    assert!(error.is_claim_lost(), "{error}");

    let transaction = store.begin().await.unwrap();
    store.commit(transaction, taken.claim).await.unwrap();
    assert_eq!(store.numbers().await.unwrap().handled, 1);
}

async fn a_conversation_has_its_turn<S: Store>(store: S, clock: Clock) {
    let events = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")];
    add(&store, events.map(|(key, of)| in_conversation(key, of))).await;

    let claimed = claim(&store, 9).await;
    assert_eq!(ids(&claimed), ["a1", "b1"]);
    assert!(claim(&store, 9).await.is_empty());
    settle(&store, claimed[0].claim, failed(MINUTE)).await;
    // What failed keeps its place.
    assert!(claim(&store, 9).await.is_empty());

    for key in ["a1", "a2", "a3"] {
        clock.forward(MINUTE);
        store
            .extend(vec![claimed[1].claim], MINUTE * 9)
            .await
            .unwrap();
        let next = claim(&store, 9).await;
        assert_eq!(ids(&next), [key]);
        settle(&store, next[0].claim, Settlement::Handled).await;
    }
}

async fn a_fetched_message_is_kept_until_it_is_handled<S: Store>(store: S, _: Clock) {
    let event = NewEvent {
        must_fetch: true,
        ..new_event("a")
    };
    add(&store, [event]).await;
    let event = claim(&store, 1).await.remove(0);
    assert!(event.must_fetch && event.message.is_none());

    let fetched = Settlement::Fetched {
        message: "{}".to_owned(),
        conversation: Some("1".to_owned()),
    };
    assert!(settle(&store, event.claim, fetched).await);

    let event = claim(&store, 1).await.remove(0);
    assert!(!event.must_fetch);
    assert_eq!(event.message.as_deref(), Some("{}"));
    assert_eq!(event.conversation.as_deref(), Some("1"));
}

/// The text before may be of the same customer.
async fn an_unknown_conversation_holds_up_the_later_ones<S: Store>(store: S, _: Clock) {
    let unknown = NewEvent {
        must_fetch: true,
        ..new_event("a")
    };
    add(&store, [unknown, in_conversation("b", "1")]).await;
    let claimed = claim(&store, 9).await;
    assert_eq!(ids(&claimed), ["a"]);
    assert!(claim(&store, 9).await.is_empty());

    // One that can't be fetched doesn't hold up everybody.
    settle(&store, claimed[0].claim, failed(MINUTE)).await;

    assert_eq!(ids(&claim(&store, 9).await), ["b"]);
}

async fn handled_events_are_forgotten_after_a_while<S: Store>(store: S, clock: Clock) {
    add(&store, ["a"].map(new_event)).await;
    for event in claim(&store, 1).await {
        settle(&store, event.claim, Settlement::Handled).await;
    }
    clock.forward(MINUTE);

    assert_eq!(store.forget(MINUTE * 2).await.unwrap(), 0);
    clock.forward(MINUTE * 2);
    assert_eq!(store.forget(MINUTE * 2).await.unwrap(), 1);
    assert_eq!(add(&store, ["a"].map(new_event)).await, 1);
}

async fn a_clock_that_is_set_back_delays_nothing<S: Store>(store: S, clock: Clock) {
    let day = MINUTE * 60 * 24;
    add(&store, ["a", "b", "c"].map(new_event)).await;
    let claimed = claim(&store, 2).await;
    settle(&store, claimed[0].claim, failed(MINUTE)).await;

    clock.back(day);

    // `a` waits, `b` is with a worker that is gone, `c` was received in the future.
    assert_eq!(ids(&claim(&store, 9).await), ["a", "b", "c"]);
    let numbers = store.numbers().await.unwrap();
    assert_eq!(numbers.oldest, Some(Duration::ZERO));
}

async fn the_numbers_add_up<S: Store>(store: S, clock: Clock) {
    let none = store.numbers().await.unwrap();
    assert_eq!((none.depth(), none.oldest), (0, None));
    add(&store, ["a", "b", "c", "d", "e"].map(new_event)).await;
    let claimed = claim(&store, 4).await;
    settle(&store, claimed[0].claim, Settlement::Handled).await;
    settle(&store, claimed[1].claim, failed(MINUTE)).await;
    let reason = String::new();
    settle(&store, claimed[2].claim, Settlement::Dead { reason }).await;
    clock.forward(MINUTE);

    let numbers = store.numbers().await.unwrap();

    let open = (numbers.waiting, numbers.running, numbers.retrying);
    assert_eq!(open, (1, 1, 1));
    assert_eq!((numbers.handled, numbers.dead), (1, 1));
    assert_eq!((numbers.depth(), numbers.oldest), (3, Some(MINUTE)));
}

async fn is_opted_out<S: Store>(store: &S) -> Option<(bool, Option<i64>)> {
    let known = store.opt_out("1".to_owned()).await.unwrap()?;
    Some((known.opted_out, known.changed_by))
}

async fn says<S: Store>(store: &S, opted_out: bool, event: i64) {
    let number = "1".to_owned();
    store
        .set_opted_out(number, opted_out, Some(event))
        .await
        .unwrap();
}

/// The last by the order in which the texts came, not by that in which they were handled.
async fn the_last_word_of_a_customer_counts<S: Store>(store: S, _: Clock) {
    assert_eq!(is_opted_out(&store).await, None);
    says(&store, false, 1).await;
    assert_eq!(is_opted_out(&store).await, Some((false, None)));
    says(&store, true, 5).await;
    assert_eq!(is_opted_out(&store).await, Some((true, Some(5))));
    // Handled late, or once more.
    says(&store, false, 4).await;
    says(&store, true, 5).await;
    // A second STOP is no change.
    says(&store, true, 7).await;
    assert_eq!(is_opted_out(&store).await, Some((true, Some(5))));
    says(&store, false, 6).await;
    assert_eq!(is_opted_out(&store).await, Some((true, Some(5))));
    says(&store, false, 8).await;
    assert_eq!(is_opted_out(&store).await, Some((false, Some(8))));
    assert_eq!(store.opt_out("2".to_owned()).await.unwrap(), None);
}

async fn somebodys_decision_counts_until_the_next_word<S: Store>(store: S, _: Clock) {
    let number = || "1".to_owned();
    says(&store, false, 3).await;

    store.set_opted_out(number(), true, None).await.unwrap();
    assert_eq!(is_opted_out(&store).await, Some((true, None)));
    says(&store, false, 2).await;
    assert_eq!(is_opted_out(&store).await, Some((true, None)));
    says(&store, false, 4).await;
    assert_eq!(is_opted_out(&store).await, Some((false, Some(4))));
    // Who says START without a STOP before is written down, too.
    store
        .set_opted_out("2".to_owned(), true, None)
        .await
        .unwrap();
    assert!(
        store
            .opt_out("2".to_owned())
            .await
            .unwrap()
            .unwrap()
            .opted_out
    );
}

async fn reply<S: Store>(store: &S, event: i64, number: &str) -> Option<Refusal> {
    let limits = ReplyLimits::default();
    let number = number.to_owned();
    store
        .count_reply(event, number, limits)
        .await
        .unwrap()
        .err()
}

async fn an_event_has_one_reply<S: Store>(store: S, clock: Clock) {
    assert_eq!(reply(&store, 1, "1").await, None);
    assert_eq!(reply(&store, 1, "1").await, Some(Refusal::AlreadyReplied));
    clock.forward(MINUTE * 60 * 24 * 6);
    store.forget(Duration::ZERO).await.unwrap();
    assert_eq!(reply(&store, 1, "1").await, Some(Refusal::AlreadyReplied));
}

async fn replies_have_limits<S: Store>(store: S, clock: Clock) {
    assert_eq!(reply(&store, 1, "1").await, None);
    assert_eq!(reply(&store, 2, "1").await, Some(Refusal::TooMany));
    assert_eq!(reply(&store, 3, "2").await, None);
    // The refused one wasn't counted, and may be sent later.
    for event in [2, 4, 5, 6] {
        clock.forward(MINUTE * 15);
        assert_eq!(reply(&store, event, "1").await, None, "{event}");
    }
    clock.forward(MINUTE * 15);
    assert_eq!(reply(&store, 7, "1").await, Some(Refusal::TooMany));
    clock.forward(MINUTE * 60 * 24);
    assert_eq!(reply(&store, 7, "1").await, None);
    for number in 100..129 {
        assert_eq!(reply(&store, number, &number.to_string()).await, None);
    }
    assert_eq!(reply(&store, 200, "200").await, Some(Refusal::TooMany));
}
