//! The files of `stratus listen`: the events, and beside them what the next start needs to know
//! of a program that was killed: its callback, which the service may still post to.
//!
//! Only one program listens with the same file, under a lock: two would remove each other's
//! subscription.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::file_name;
use crate::{
    account::{Account, home},
    failure::{Class, Failure, Result},
    private,
};

pub(super) struct Kept {
    events: PathBuf,
    state_path: PathBuf,
    state: State,
    /// Held as long as this is.
    _lock: File,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// The last part of the callback's path.
    secret: String,
    /// The callback of a subscription that may still be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

/// The file of the account's events.
pub(crate) fn events_path(option: Option<PathBuf>, account: &Account) -> Result<PathBuf> {
    match option {
        Some(path) => Ok(path),
        None => Ok(home()?
            .join("inbox")
            .join(format!("{}.db", file_name(account)))),
    }
}

impl Kept {
    pub(super) fn open(option: Option<PathBuf>, account: &Account) -> Result<Self> {
        let is_own = option.is_none();
        let events = events_path(option, account)?;
        if is_own && let Some(folder) = events.parent() {
            private::create_folder(folder).map_err(|error| failure(folder, &error))?;
        }
        let beside = |ending: &str| {
            let mut path = events.clone().into_os_string();
            path.push(ending);
            PathBuf::from(path)
        };
        let lock = lock(&beside(".lock"))?;
        // Texts are in it, so nobody else may read it.
        drop(private::open(&events).map_err(|error| failure(&events, &error))?);
        let state_path = beside(".callback");
        let state = match fs::read_to_string(&state_path) {
            Ok(text) => serde_json::from_str(&text).map_err(|_| {
                Failure::new(
                    Class::SetUp,
                    format!(
                        "{} isn't a file of this version; remove it",
                        state_path.display()
                    ),
                )
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => State {
                secret: secret()?,
                callback: None,
                port: None,
            },
            Err(error) => return Err(failure(&state_path, &error)),
        };
        Ok(Self {
            events,
            state_path,
            state,
            _lock: lock,
        })
    }

    pub(super) fn events(&self) -> &Path {
        &self.events
    }

    pub(super) fn secret(&self) -> &str {
        &self.state.secret
    }

    /// The port from before.
    pub(super) fn port(&self) -> Option<u16> {
        self.state.port
    }

    /// The callback that a program which was killed has left subscribed.
    pub(super) fn former(&self) -> Option<&str> {
        self.state.callback.as_deref()
    }

    /// Writes down the callback, before it is subscribed.
    pub(super) fn begin(&mut self, callback: &str) -> Result<()> {
        let url = stratustexting::url::Url::parse(callback).ok();
        self.state.port = url.and_then(|url| url.port());
        self.state.callback = Some(callback.to_owned());
        self.write()
    }

    /// The subscription is gone. The next one has another secret.
    pub(super) fn end(&mut self) -> Result<()> {
        self.state.callback = None;
        self.state.secret = secret()?;
        self.write()
    }

    fn write(&self) -> Result<()> {
        let write = || {
            let mut state = serde_json::to_vec(&self.state)?;
            state.push(b'\n');
            private::replace(&self.state_path, &state)
        };
        write().map_err(|error: io::Error| failure(&self.state_path, &error))
    }
}

fn lock(path: &Path) -> Result<File> {
    let file = private::open(path).map_err(|error| failure(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::usage(
            "another `stratus listen` keeps its events in the same file; say another one by \
             --keep",
        )),
        Err(TryLockError::Error(error)) => Err(failure(path, &error)),
    }
}

/// 128 random bits.
fn secret() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(
            Class::Other,
            format!("the system gives no random bytes: {error}"),
        )
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Class::SetUp,
        format!("{} can't be used: {error}", path.display()),
    )
}
