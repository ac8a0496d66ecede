//! What to do about the subscriptions that there are. Nothing here is sent.

use std::time::{Duration, SystemTime};

use stratustexting_client::types::{Subscription, SubscriptionStatus};

use super::{Cause, Wanted};

/// What to do.
pub(super) struct Plan {
    /// The subscription that stays.
    pub(super) live: Option<Live>,
    /// Why there must be a new one; then the rest is planned anew.
    pub(super) create: Option<Cause>,
    /// What to do when there is one that stays, in this order.
    pub(super) actions: Vec<Action>,
}

/// A subscription that delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) id: Option<String>,
    pub(super) expires: Option<SystemTime>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Renew { id: String },
    Delete { id: String, cause: Cause },
}

impl Live {
    pub(super) fn of(subscription: &Subscription) -> Self {
        Self {
            id: subscription.id.clone(),
            expires: expires(subscription),
        }
    }
}

impl Plan {
    pub(super) fn new(found: &[Subscription], wanted: &Wanted, now: SystemTime) -> Self {
        let of = |subscription: &&Subscription| {
            subscription.uri.as_deref().map(str::trim) == Some(wanted.callback.trim())
        };
        let mut own: Vec<_> = found.iter().filter(of).collect();
        // Every keeper must choose the same one: the oldest.
        own.sort_by_key(|subscription| {
            let created = subscription.created_date_time.as_ref();
            let created = created.and_then(|time| time.to_utc());
            (created, subscription.id.clone())
        });
        let mut live = None;
        let mut dead = Vec::new();
        let mut first_cause = None;
        for subscription in own {
            let cause = match fault(subscription, wanted, now) {
                None if live.is_none() => {
                    live = Some(Live::of(subscription));
                    continue;
                }
                None => Cause::Double,
                Some(cause) => cause,
            };
            first_cause.get_or_insert(cause.clone());
            dead.extend(
                subscription
                    .id
                    .clone()
                    .map(|id| Action::Delete { id, cause }),
            );
        }
        let Some(live) = live else {
            // Until there is another, a dead one may still deliver something.
            return Self {
                live: None,
                create: Some(first_cause.unwrap_or(Cause::Missing)),
                actions: Vec::new(),
            };
        };
        let mut actions = Vec::new();
        if let Some(id) = &live.id
            && is_expiring(found, &live, wanted, now)
        {
            actions.push(Action::Renew { id: id.clone() });
        }
        actions.extend(dead);
        let former = found.iter().filter(|subscription| {
            let uri = subscription.uri.as_deref().unwrap_or_default().trim();
            wanted.former.contains(uri) && uri != wanted.callback.trim()
        });
        actions.extend(former.filter_map(|subscription| {
            let id = subscription.id.clone()?;
            let cause = Cause::Moved;
            Some(Action::Delete { id, cause })
        }));
        Self {
            live: Some(live),
            create: None,
            actions,
        }
    }
}

/// Why a subscription doesn't do.
fn fault(subscription: &Subscription, wanted: &Wanted, now: SystemTime) -> Option<Cause> {
    match &subscription.status {
        None | Some(SubscriptionStatus::Active) => {}
        // The spelling of the one documented value is that of one page.
        Some(other) if other.as_str().trim().eq_ignore_ascii_case("active") => {}
        Some(other) => return Some(Cause::Status(other.as_str().to_owned())),
    }
    if expires(subscription).is_some_and(|end| end <= now) {
        return Some(Cause::Expired);
    }
    let disabled = subscription.disabled_filters.iter().flatten();
    for entry in disabled {
        let filter = entry.filter.as_deref().unwrap_or_default();
        if wanted.filters.iter().any(|wanted| wanted == filter) {
            return Some(Cause::FilterDisabled {
                filter: filter.to_owned(),
                reason: entry.reason.clone(),
            });
        }
    }
    // A response without filters says nothing about them.
    let filters = subscription.event_filters.as_ref()?;
    let missing = wanted
        .filters
        .iter()
        .find(|wanted| !filters.contains(wanted));
    missing.map(|filter| Cause::FilterMissing {
        filter: filter.clone(),
    })
}

fn is_expiring(found: &[Subscription], live: &Live, wanted: &Wanted, now: SystemTime) -> bool {
    let Some(end) = live.expires else {
        return false;
    };
    let created = found
        .iter()
        .find(|subscription| subscription.id == live.id)
        .and_then(|subscription| {
            let changed = subscription.last_update_date_time.as_ref();
            changed
                .or(subscription.created_date_time.as_ref())?
                .to_utc()
        })
        .map(SystemTime::from);
    let whole = created.and_then(|created| end.duration_since(created).ok());
    let before = match whole {
        Some(whole) if whole / 2 < wanted.renew_before => whole / 2,
        _ => wanted.renew_before,
    };
    let left = end.duration_since(now).unwrap_or(Duration::ZERO);
    left <= before
}

fn expires(subscription: &Subscription) -> Option<SystemTime> {
    let end = subscription.expiration_time.as_ref()?.to_utc()?;
    Some(end.into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    const CALLBACK: &str = "https://example.com/hook";
    const FILTER: &str = "/orgId/o/department/d/message?direction=inbound";

    fn wanted() -> Wanted {
        Wanted {
            callback: CALLBACK.to_owned(),
            filters: vec![FILTER.to_owned()],
            former: HashSet::from(["https://old.example.com/hook".to_owned()]),
            renew_before: Duration::from_secs(24 * 3_600),
        }
    }

    fn now() -> SystemTime {
        // 2026-11-28T00:00:00Z
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_824_000)
    }

    /// A live subscription, with some fields of its own.
    fn subscription(id: &str, fields: serde_json::Value) -> Subscription {
        let mut json = json!({
            "id": id,
            "uri": CALLBACK,
            "status": "ACTIVE",
            "eventFilters": [FILTER],
            "createdDateTime": "2026-11-01T00:00:00.000Z",
            "expirationTime": "2056-11-01T00:00:00.000Z",
        });
        let fields = fields.as_object().unwrap().clone();
        json.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(json).unwrap()
    }

    fn plan(found: &[Subscription]) -> Plan {
        Plan::new(found, &wanted(), now())
    }

    fn actions(found: &[Subscription]) -> Vec<Action> {
        let plan = plan(found);
        assert_eq!(plan.create, None);
        plan.actions
    }

    fn delete(id: &str, cause: Cause) -> Action {
        let id = id.to_owned();
        Action::Delete { id, cause }
    }

    #[test]
    fn a_live_one_is_left_alone() {
        let live = subscription("1", json!({}));
        for fields in [
            json!({}),
            json!({"status": "active"}),
            json!({"status": null, "eventFilters": null, "expirationTime": null}),
            json!({"uri": format!(" {CALLBACK}\n")}),
            json!({"eventFilters": [FILTER, "/another"]}),
            json!({"disabledFilters": [{"filter": "/another"}]}),
            json!({"expirationTime": "soon"}),
        ] {
            assert_eq!(
                actions(&[subscription("1", fields.clone())]),
                [],
                "{fields}"
            );
        }
        // What belongs to others is theirs.
        let other = subscription(
            "2",
            json!({"uri": "https://example.com/hook2", "status": "X"}),
        );
        assert_eq!(actions(&[live, other]), []);
    }

    #[test]
    fn one_that_does_not_deliver_is_replaced_before_it_is_deleted() {
        for (fields, cause) in [
            (
                json!({"status": "BLACKLISTED"}),
                Cause::Status("BLACKLISTED".to_owned()),
            ),
            (
                json!({"expirationTime": "2026-11-28T00:00:00.000Z"}),
                Cause::Expired,
            ),
            (
                json!({"disabledFilters": [{"filter": FILTER, "reason": "r"}]}),
                Cause::FilterDisabled {
                    filter: FILTER.to_owned(),
                    reason: Some("r".to_owned()),
                },
            ),
            (
                json!({"eventFilters": ["/another"]}),
                Cause::FilterMissing {
                    filter: FILTER.to_owned(),
                },
            ),
        ] {
            let dead = subscription("1", fields);
            let first = plan(std::slice::from_ref(&dead));
            assert_eq!(first.create, Some(cause.clone()));
            assert_eq!(first.actions, []);

            let new = subscription("2", json!({}));
            assert_eq!(actions(&[dead, new]), [delete("1", cause)]);
        }
        assert_eq!(plan(&[]).create, Some(Cause::Missing));
    }

    #[test]
    fn the_oldest_of_two_stays_whoever_checks() {
        let old = subscription("b", json!({"createdDateTime": "2026-11-01T00:00:00.000Z"}));
        let new = subscription("a", json!({"createdDateTime": "2026-11-02T00:00:00.000Z"}));
        let same = subscription("c", json!({"createdDateTime": "2026-11-01T00:00:00.000Z"}));

        for found in [[old.clone(), new.clone(), same.clone()], [same, new, old]] {
            assert_eq!(
                actions(&found),
                [delete("c", Cause::Double), delete("a", Cause::Double)]
            );
        }
    }

    #[test]
    fn it_is_renewed_a_day_before_the_end_that_the_service_gave() {
        let renew = Action::Renew { id: "1".to_owned() };
        for (end, expected) in [
            ("2026-11-29T00:00:01.000Z", vec![]),
            ("2026-11-29T00:00:00.000Z", vec![renew.clone()]),
            ("2026-11-28T00:00:01.000Z", vec![renew.clone()]),
        ] {
            let found = subscription("1", json!({"expirationTime": end}));
            assert_eq!(actions(&[found]), expected, "{end}");
        }
        // One that lives for an hour is renewed after half of it, not at every check.
        for (created, expected) in [
            ("2026-11-27T23:40:00.000Z", vec![]),
            ("2026-11-27T23:20:00.000Z", vec![renew]),
        ] {
            let end = created.replace("2026-11-27T23:", "2026-11-28T00:");
            let found = subscription(
                "1",
                json!({"createdDateTime": created, "expirationTime": end}),
            );
            assert_eq!(actions(&[found]), expected, "{created}");
        }
    }

    #[test]
    fn a_former_url_goes_when_the_new_one_is_there() {
        let former = subscription("1", json!({"uri": "https://old.example.com/hook"}));
        assert_eq!(
            plan(std::slice::from_ref(&former)).create,
            Some(Cause::Missing)
        );

        let new = subscription("2", json!({}));
        assert_eq!(actions(&[former, new]), [delete("1", Cause::Moved)]);
    }
}
