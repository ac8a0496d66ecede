//! Clients, logins and tokens in a file.

use super::Server;
use crate::data::{Change, Content, Kind, Records, Row, Rows};

impl Server {
    /// How many logins there were.
    pub(crate) fn logins(&self) -> u64 {
        self.logins
    }

    /// Remembers changes from now on; the client that every sandbox has is new.
    pub(crate) fn track_as_new(&mut self) {
        self.clients.track_as_new();
        self.codes.track();
        self.access.track();
        self.refresh.track();
    }

    /// Adds what has changed since the last time.
    pub(crate) fn take_changes(&mut self, changes: &mut Vec<Change>) {
        self.clients.take_changes(changes);
        self.codes.take(Kind::Code, changes, Content::json);
        self.access.take(Kind::AccessToken, changes, Content::json);
        self.refresh
            .take(Kind::RefreshToken, changes, Content::json);
    }

    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(&mut self, logins: u64, rows: &mut Rows) -> Result<(), String> {
        self.logins = logins;
        self.clients.restore(rows.take(Kind::Client))?;
        self.codes = Records::restore(rows.take(Kind::Code), Row::value)?;
        self.access = Records::restore(rows.take(Kind::AccessToken), Row::value)?;
        self.refresh = Records::restore(rows.take(Kind::RefreshToken), Row::value)?;
        Ok(())
    }
}
