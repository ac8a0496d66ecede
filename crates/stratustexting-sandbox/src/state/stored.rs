//! The state in a file.

use serde::{Deserialize, Serialize};
use stratustexting_client::types::Site;

use super::{State, delivery::DeliveryState};
use crate::{
    clock::StoredClock,
    data::{Change, Content, Kind, Records, Row, Rows},
    ids::StoredIds,
};

/// What there is once. Almost every request changes the ids, so this is small.
#[derive(Serialize, Deserialize)]
pub(crate) struct Singles {
    ids: StoredIds,
    clock: StoredClock,
    logins: u64,
    /// The numbers of the next delivery and of the next sent message.
    deliveries: usize,
    sent: usize,
}

/// What there is once, and stays.
#[derive(Serialize, Deserialize)]
struct Account {
    site: Site,
    username: String,
    password: String,
}

const ACCOUNT: &str = "account";

impl State {
    /// Remembers changes from now on; what the sandbox starts with is new, except contacts.
    pub(crate) fn track_as_new(&mut self) {
        self.contacts.track();
        self.consents.track_as_new();
        self.subscriptions.track();
        self.failures.track();
        self.messages.track();
        self.deliveries.track();
        self.oauth.track_as_new();
        self.account_is_new = true;
    }

    pub(crate) fn singles(&self) -> Singles {
        Singles {
            ids: self.ids.stored(),
            clock: self.clock.stored(),
            logins: self.oauth.logins(),
            deliveries: self.deliveries.next_number(),
            sent: self.messages.next_number(),
        }
    }

    /// Adds what has changed since the last time.
    pub(crate) fn take_changes(&mut self, changes: &mut Vec<Change>) {
        if std::mem::take(&mut self.account_is_new) {
            let account = Account {
                site: self.site.clone(),
                username: self.oauth.username.clone(),
                password: self.oauth.password.clone(),
            };
            changes.push(Change::put(Kind::Single, ACCOUNT, Content::json(&account)));
        }
        self.contacts.take_changes(changes);
        self.consents.take(Kind::Consent, changes, Content::json);
        self.subscriptions
            .take(Kind::Subscription, changes, Content::json);
        self.failures.take(Kind::Failures, changes, Content::json);
        self.messages.take_changes(changes);
        self.deliveries.take(Kind::Delivery, changes, Content::json);
        self.oauth.take_changes(changes);
    }

    /// Replaces what a sandbox starts with by what a file has.
    ///
    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(&mut self, singles: Singles, rows: &mut Rows) -> Result<(), String> {
        let account = rows.single(ACCOUNT);
        let account = account.ok_or_else(|| "it has no record of its account".to_owned())?;
        let account: Account = account.value()?;
        self.site = account.site;
        self.oauth.username = account.username;
        self.oauth.password = account.password;
        self.ids = singles.ids.into();
        self.clock = singles.clock.into();
        self.contacts.restore(rows.take(Kind::Contact))?;
        self.consents = Records::restore(rows.take(Kind::Consent), Row::value)?;
        self.subscriptions = Records::restore(rows.take(Kind::Subscription), Row::value)?;
        self.failures = Records::restore(rows.take(Kind::Failures), Row::value)?;
        self.messages.restore(rows)?;
        self.messages.continue_at(singles.sent);
        let deliveries = rows.take(Kind::Delivery);
        self.deliveries.restore(deliveries, |_, row| row.value())?;
        self.deliveries.continue_at(singles.deliveries);
        self.oauth.restore(singles.logins, rows)
    }

    /// The deliveries that aren't finished, by number.
    pub(crate) fn unfinished(&self) -> Vec<(usize, String)> {
        let deliveries = self.deliveries.numbered();
        let unfinished =
            deliveries.filter(|(_, delivery)| delivery.state == DeliveryState::UnderWay);
        unfinished
            .map(|(number, delivery)| (number, delivery.uri.clone()))
            .collect()
    }
}
