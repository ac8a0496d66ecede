//! The messages between the parent and its processes, a line each.
//!
//! The settings contain secrets, so they come by standard input, where other users
//! can't see them, unlike arguments.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use stratustexting::{
    Client,
    auth::{Credentials, FileTokenStore, RedisTokenStore},
};

/// A process that is killed with the lock in Redis blocks the others for this long.
/// With a much shorter time, a slow token request on a busy machine would be abandoned.
const LOCK_EXPIRY: Duration = Duration::from_secs(5);

/// The settings of a client. The first line to a process.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) api_base: String,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    pub(crate) api_key: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) store: StoreSettings,
    /// The client's name, which identifies it in the ledger.
    pub(crate) name: String,
    pub(crate) tasks: u64,
    pub(crate) seed: u64,
}

#[derive(Clone, Deserialize, Serialize)]
pub(crate) enum StoreSettings {
    File(PathBuf),
    Redis { url: String, key: String },
}

/// A message of a process. The other way there are only numbers of rounds.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) enum Report {
    /// Every task has made a call that began in this round, or a later one.
    Done(u64),
    /// A call failed, although it shouldn't.
    Failed(String),
    /// A call that began in this round needs a user to log in. Its task waits for the
    /// next round.
    LoginRequired(u64),
}

impl Settings {
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        let credentials =
            Credentials::authorization_code(self.client_id.as_str(), self.client_secret.as_str());
        let builder = Client::builder()
            .api_base(&self.api_base)
            .authorize_url(&self.authorize_url)
            .token_url(&self.token_url)
            .api_key(self.api_key.as_str())
            // 512 tasks connect at once whenever tokens end: on a busy machine some wait, and
            // a storm is about logins.
            .connect_timeout(Duration::from_secs(60))
            .user_agent(&self.name)
            .credentials(credentials);
        let builder = match &self.store {
            StoreSettings::File(path) => builder.token_store(FileTokenStore::new(path)),
            StoreSettings::Redis { url, key } => {
                let store = RedisTokenStore::new(url, key)?;
                builder.token_store(store.lock_expiry(LOCK_EXPIRY))
            }
        };
        Ok(builder.build()?)
    }
}
