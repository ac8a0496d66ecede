//! OAuth 2.0: where access tokens come from, where they are kept, and how they are
//! renewed.
//!
//! Start with [`Credentials`], which say how a client gets its tokens:
//!
//! - [`Credentials::authorization_code`]: a user logs in once in a browser
//!   ([`Auth::start_login`], [`Auth::finish_login`]); afterwards the client renews
//!   its tokens by itself. This is the grant that the vendor documents.
//! - [`Credentials::client_credentials`]: the program logs in as itself. Seen
//!   working on the Beetexting brand for sending and for reading messages; the
//!   vendor's pages tell not to use it.
//! - [`Credentials::static_token`]: a token that somebody else takes care of.
//! - [`Credentials::source`]: a [`TokenSource`] of your own.
//!
//! Tokens live in a [`TokenStore`]: in memory by default, in a file with
//! [`FileTokenStore`], in Redis with `RedisTokenStore` (feature `redis`), or wherever
//! you implement it. A renewed token is stored before it is used, because a service
//! that rotates refresh tokens has by then forgotten the old one.
//!
//! # When a token is renewed
//!
//! In the background during its last minutes (from 5½ minutes before its end at the
//! earliest, from 1¾ minutes before at the latest, drawn at random; for tokens of less
//! than 25 minutes correspondingly less), while calls go on with the one that there is.
//! In its last 30 seconds a call waits for the renewal, for half of what is left at most,
//! and if nothing comes of it uses the token all the same. After a 401 it counts as expired.
//! A lifetime is counted from the start of the request for the token; an `expires_in` that is
//! missing, zero, negative or no number means that the end isn't known, and the token is used
//! until the service refuses it.
//!
//! However many calls wait, one renewal is made for all of them, and it goes on when
//! they go away. An error never takes the place of a token that is still good. A token that
//! the store doesn't take is kept, and stored with the next call; a store that has gone back
//! in time, as after a restore, doesn't displace what a client knows to be newer.
//!
//! A renewal is a task of the runtime on which the call was made that began it. A program
//! that drives its runtime only now and then (`block_on` of one call at a time on a
//! current-thread runtime) stops it in between, and with it whoever waits for the store's
//! lock: give such a program a runtime that runs all the time. A program that ends waits for
//! a renewal that is under way by [`Auth::settle`], or it may lose its login with it.
//!
//! # Several processes with one login
//!
//! Share a [`FileTokenStore`] on one machine, or a `RedisTokenStore` on several. One
//! process renews, under the store's lock; the others find its token and use it, also
//! after a 401. A process that is killed meanwhile holds up nobody for long: a file's
//! lock ends with it, one in Redis after its expiry. What nothing on this side can repair:
//! the service has replaced the refresh token, and the process ends, or the machine does,
//! before the new one is stored. Then the next renewal uses the old one again. A service
//! with a grace period answers that, and nothing is lost; one without ends the login, and
//! calls fail with [`Error::is_login_required`].
//!
//! A store is for one login of one client: who shares it has the same client id and asks
//! for the same scopes, since each uses what another has stored.

mod credentials;
mod file_lock;
mod file_store;
mod lock;
mod login;
mod managed;
mod protocol;
#[cfg(feature = "redis")]
mod redis_store;
mod renewal;
mod schedule;
mod source;
mod store;
mod token;
mod token_answer;

use std::sync::Arc;

#[cfg(feature = "redis")]
pub use self::redis_store::RedisTokenStore;
pub use self::{
    credentials::{ClientAuthentication, Credentials},
    file_store::FileTokenStore,
    lock::StoreLock,
    login::Login,
    source::TokenSource,
    store::{MemoryTokenStore, StoreError, TokenStore},
    token::Token,
};

pub(crate) use self::{
    credentials::{Grant, Kind as CredentialsKind, Managed},
    managed::ManagedTokens,
    protocol::OAuthClient,
    source::StaticToken,
};

use crate::{AccessToken, Error, Result};

/// The scopes that are known.
///
/// The vendor's table of scopes per function is not available; which operation
/// needs which is in [`OPERATIONS`](crate::api::OPERATIONS) as far as it is known.
/// The strings come from client code on the Beetexting brand.
pub mod scopes {
    /// Reading contacts.
    pub const READ_CONTACT: &str = "https://com.beetexting.scopes/ReadContact";
    /// Writing contacts.
    pub const WRITE_CONTACT: &str = "https://com.beetexting.scopes/WriteContact";
    /// Sending messages.
    pub const SEND_MESSAGE: &str = "https://com.beetexting.scopes/SendMessage";
    /// All that are known; what [`Credentials`](super::Credentials) ask for by
    /// default.
    pub const ALL: [&str; 3] = [READ_CONTACT, WRITE_CONTACT, SEND_MESSAGE];
}

/// A client's login, from [`Client::auth`](crate::Client::auth).
#[derive(Clone, Debug)]
pub struct Auth {
    pub(crate) tokens: Arc<dyn TokenSource>,
    /// None where the tokens aren't this crate's to manage.
    pub(crate) managed: Option<ManagedTokens>,
}

impl Auth {
    /// An access token that is valid now, renewed if need be.
    ///
    /// Calls do this by themselves; this is for programs that need the token for
    /// something else.
    ///
    /// # Errors
    ///
    /// [`Error::is_auth`] when none can be had.
    pub async fn access_token(&self) -> Result<AccessToken> {
        self.tokens.access_token().await
    }

    /// Starts a login by authorization code, with PKCE (RFC 7636) and `state`.
    ///
    /// Send the user to [`Login::url`]. The browser comes back to `redirect_uri`,
    /// which has to be registered for the client, and
    /// [`finish_login`](Self::finish_login) takes the URL it came back with.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] when the credentials aren't those of
    /// [`Credentials::authorization_code`], or the authorize URL isn't known;
    /// [`Error::is_input`] when `redirect_uri` isn't a URL.
    pub fn start_login(&self, redirect_uri: &str) -> Result<Login> {
        self.logging_in()?.start_login(redirect_uri)
    }

    /// Finishes a login with the URL to which the browser came back.
    ///
    /// The tokens are stored, and all clones of the client use them from here on. The URL
    /// may be what a server sees, a path with a query, or what a person pasted.
    ///
    /// A URL that doesn't answer this login, such as one that a prefetch or another page
    /// caused, leaves the login as it is: wait for the right one and call again. The code of
    /// the right one is taken to the token endpoint once, whatever comes of it.
    ///
    /// # Errors
    ///
    /// [`Error::is_auth`] when the user or the server refused, or when the `state`
    /// isn't that of this login: then the URL is not an answer to it.
    pub async fn finish_login(&self, login: &Login, callback_url: &str) -> Result<()> {
        self.logging_in()?.finish_login(login, callback_url).await
    }

    /// Forgets the tokens, here and in the store, once no renewal is under way. The
    /// service is not told: it documents no way to. A process that shares the store
    /// keeps what it has in memory, and its next renewal puts that into the store again:
    /// end such processes first.
    ///
    /// # Errors
    ///
    /// When the store fails, or the tokens aren't this crate's to manage.
    pub async fn log_out(&self) -> Result<()> {
        self.managed()?.log_out().await
    }

    /// Waits until no renewal and no login is under way; nothing is begun by it, and how
    /// a renewal ends, the next call says.
    ///
    /// Call it at the end of a program that keeps its login. A renewal goes on in the
    /// background while calls succeed, and is cut off when the runtime ends: then the
    /// service may have replaced the refresh token, and nobody has the new one. It takes
    /// as long as the token endpoint, and 30 seconds at most besides the store's lock.
    pub async fn settle(&self) {
        if let Some(managed) = &self.managed {
            managed.settle().await;
        }
    }

    fn managed(&self) -> Result<&ManagedTokens> {
        self.managed
            .as_ref()
            .ok_or_else(|| Error::configuration("credentials", "manage no tokens"))
    }

    fn logging_in(&self) -> Result<&ManagedTokens> {
        self.managed()
            .ok()
            .filter(|managed| managed.grant() == Grant::AuthorizationCode)
            .ok_or_else(|| {
                Error::configuration(
                    "credentials",
                    "have to be `Credentials::authorization_code` for a user to log in",
                )
            })
    }
}
