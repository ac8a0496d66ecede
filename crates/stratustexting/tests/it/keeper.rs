//! The keeper of a subscription, over the sandbox's months.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use stratustexting::{
    Client,
    models::Subscription,
    webhook::{Cause, Change, EventFilter, Keeper, KeeperReport},
};
use stratustexting_sandbox::{Fault, Sandbox, ScriptedResponse};

use crate::webhooks::Callback;

const THREE_HOURS: Duration = Duration::from_secs(3 * 3_600);

/// Not the 30 years that were once observed: nobody knows how long the next one lives.
const LIFETIME: Duration = Duration::from_secs(2 * 24 * 3_600);

struct Kept {
    sandbox: Sandbox,
    client: Client,
    filter: EventFilter,
    callback: Callback,
    /// How far the sandbox's clock is ahead, in seconds.
    ahead: Arc<AtomicU64>,
}

impl Kept {
    async fn new() -> Self {
        let sandbox = Sandbox::builder()
            .allow_machine_subscriptions(true)
            .subscription_lifetime(LIFETIME)
            .start()
            .await
            .unwrap();
        let client = Client::from_variables(sandbox.variables()).unwrap();
        let filter =
            EventFilter::inbound(sandbox.organization_id(), sandbox.department_id()).unwrap();
        Self {
            sandbox,
            client,
            filter,
            callback: Callback::start().await,
            ahead: Arc::default(),
        }
    }

    fn keeper(&self) -> Keeper {
        self.keeper_of(&self.callback)
    }

    fn keeper_of(&self, callback: &Callback) -> Keeper {
        let ahead = Arc::clone(&self.ahead);
        let clock = move || SystemTime::now() + Duration::from_secs(ahead.load(Ordering::SeqCst));
        Keeper::new(self.client.clone(), &callback.uri, [self.filter.clone()])
            .unwrap()
            .with_clock(clock)
    }

    fn advance(&self, by: Duration) {
        self.sandbox.advance(by);
        self.ahead.fetch_add(by.as_secs(), Ordering::SeqCst);
    }

    /// How many live subscriptions have this callback.
    fn live_at(&self, uri: &str) -> usize {
        let now = SystemTime::now() + Duration::from_secs(self.ahead.load(Ordering::SeqCst));
        let all = self.sandbox.subscriptions();
        let is_live = |subscription: &&serde_json::Value| {
            let read: Subscription = serde_json::from_value((*subscription).clone()).unwrap();
            let ends = read.expiration_time.and_then(|time| time.to_utc()).unwrap();
            subscription["status"] == "ACTIVE"
                && subscription["uri"] == uri
                && SystemTime::from(ends) > now
        };
        all.iter().filter(is_live).count()
    }

    /// The live subscriptions as the sandbox has them.
    fn live(&self) -> Vec<String> {
        let all = self.sandbox.subscriptions();
        let live = all
            .iter()
            .filter(|subscription| subscription["status"] == "ACTIVE");
        let id = |subscription: &serde_json::Value| subscription["id"].as_str().unwrap().to_owned();
        live.map(id).collect()
    }
}

fn good(report: KeeperReport) -> Vec<Change> {
    assert!(report.error().is_none(), "{report:?}");
    assert!(report.is_live(), "{report:?}");
    report.changes().to_vec()
}

#[tokio::test]
async fn it_creates_one_and_then_leaves_it_alone() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();

    let report = keeper.ensure().await;
    let id = report.subscription_id().unwrap().to_owned();
    assert!(report.expires_at().is_some());
    let cause = Cause::Missing;
    let created = Change::Created {
        id: id.clone(),
        cause,
    };
    assert_eq!(good(report), [created]);
    for _ in 0..3 {
        assert_eq!(good(keeper.ensure().await), []);
    }

    assert_eq!(kept.live(), [id]);
}

#[tokio::test]
async fn it_brings_back_what_the_service_dropped_or_blacklisted() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    let first = keeper.ensure().await.subscription_id().unwrap().to_owned();

    kept.client.subscriptions().delete(&first).await.unwrap();
    assert!(matches!(
        good(keeper.ensure().await).as_slice(),
        [Change::Created {
            cause: Cause::Missing,
            ..
        }]
    ));
    let second = kept.live().remove(0);
    kept.sandbox.set_subscription_status(&second, "BLACKLISTED");
    let changes = good(keeper.ensure().await);
    assert!(
        matches!(&changes[0], Change::Created { cause: Cause::Status(status), .. } if status == "BLACKLISTED"),
        "{changes:?}"
    );
    assert_eq!(kept.live().len(), 1);
    assert_eq!(kept.sandbox.subscriptions().len(), 1);
}

#[tokio::test]
async fn it_notices_a_filter_that_was_disabled() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    let id = keeper.ensure().await.subscription_id().unwrap().to_owned();
    kept.sandbox.disable_filter(&id, kept.filter.as_ref());

    let changes = good(keeper.ensure().await);

    assert!(
        matches!(
            &changes[0],
            Change::Created {
                cause: Cause::FilterDisabled { .. },
                ..
            }
        ),
        "{changes:?}"
    );
    assert_eq!(good(keeper.ensure().await), []);
    assert_eq!(kept.sandbox.subscriptions().len(), 1);
}

#[tokio::test]
async fn it_follows_a_callback_that_moved() {
    let kept = Kept::new().await;
    kept.keeper().ensure().await;
    let moved = Callback::start().await;
    let keeper = kept.keeper_of(&moved).formerly(&kept.callback.uri);

    let changes = good(keeper.ensure().await);

    assert!(
        matches!(
            changes.as_slice(),
            [
                Change::Created { .. },
                Change::Deleted {
                    cause: Cause::Moved,
                    ..
                }
            ]
        ),
        "{changes:?}"
    );
    let all = kept.sandbox.subscriptions();
    assert_eq!((all.len(), &all[0]["uri"]), (1, &moved.uri.as_str().into()));
}

/// A list that lacks something must not make it create another.
#[tokio::test]
async fn a_look_that_fails_changes_nothing() {
    let kept = Kept::new().await;
    let keeper = kept.keeper();
    keeper.ensure().await;

    let responses = [
        ScriptedResponse::new(403).body(r#"{"message":"Forbidden"}"#),
        ScriptedResponse::new(200).body("{}"),
    ];
    for response in responses {
        kept.sandbox
            .respond_times("listSubscriptions", 10, response);
        let report = keeper.ensure().await;
        assert!(
            report.error().is_some() && report.changes().is_empty(),
            "{report:?}"
        );
        kept.sandbox.clear_responses();
    }

    assert_eq!(kept.live().len(), 1);
    assert_eq!(good(keeper.ensure().await), []);
}

/// Thirty days, with two machines, a service that fails and forgets, and a tunnel that has
/// another URL whenever it is started.
#[tokio::test]
async fn thirty_days_with_two_keepers() {
    let mut kept = Kept::new().await;
    let mut former: Vec<String> = Vec::new();
    let mut random = fastrand::Rng::with_seed(7);
    let (mut moves, mut failures, mut renewals, mut longest) = (0, 0, 0, Duration::ZERO);
    for look in 0..30 * 8 {
        // What happens is noticed by the next check, five minutes later at most.
        let mut without = Duration::from_secs(random.u64(..Keeper::INTERVAL.as_secs()));
        kept.advance(THREE_HOURS - without);
        let id = kept.live().first().cloned();
        match (random.u8(..40), id) {
            (0, Some(id)) => drop(kept.client.subscriptions().delete(&id).await),
            (1, Some(id)) => drop(kept.sandbox.set_subscription_status(&id, "BLACKLISTED")),
            (2, Some(id)) => drop(kept.sandbox.disable_filter(&id, kept.filter.as_ref())),
            (3 | 4, _) => {
                let moved = Callback::start().await;
                former.push(std::mem::replace(&mut kept.callback, moved).uri);
                moves += 1;
                // A program that starts checks at once.
                without = Duration::ZERO;
            }
            _ => {}
        }
        kept.advance(without);
        let keeper = || former.iter().fold(kept.keeper(), Keeper::formerly);
        let keepers = [keeper(), keeper()];
        let mut wait = Duration::from_secs(10);
        loop {
            for operation in [
                "listSubscriptions",
                "upsertSubscription",
                "deleteSubscription",
            ] {
                // A read is retried after a reset, and not after a 403.
                match random.u8(..20) {
                    0 => kept
                        .sandbox
                        .fail_next(operation, Fault::reset_before_request()),
                    1 => kept
                        .sandbox
                        .respond_times(operation, 1, ScriptedResponse::new(403)),
                    _ => {}
                }
            }
            let (one, two) = tokio::join!(keepers[0].ensure(), keepers[1].ensure());
            kept.sandbox.stop_failing();
            kept.sandbox.clear_responses();
            let changes = one.changes().iter().chain(two.changes());
            let renewed = |change: &&Change| matches!(change, Change::Renewed { .. });
            renewals += changes.filter(renewed).count();
            let live = kept.live_at(&kept.callback.uri);
            assert!(live <= 1, "{live} subscriptions at look {look}");
            if one.error().is_none() && two.error().is_none() {
                break;
            }
            // Whoever failed looks again.
            failures += 1;
            kept.advance(wait);
            if live == 0 {
                without += wait;
            }
            wait *= 2;
        }
        assert_eq!(kept.live_at(&kept.callback.uri), 1, "at look {look}");
        assert_eq!(kept.sandbox.subscriptions().len(), 1, "at look {look}");
        longest = longest.max(without);
    }
    assert!(
        moves >= 5 && failures >= 10 && renewals >= 1,
        "{moves} {failures} {renewals}"
    );
    // Five minutes, and the first two waits after a failure.
    assert!(
        longest <= Keeper::INTERVAL + Duration::from_secs(30),
        "{longest:?}"
    );
}
