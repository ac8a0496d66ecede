//! The system's keyring: the Secret Service on Linux, the Keychain on macOS, the Credential
//! Manager on Windows.
//!
//! The libraries block, and the keyring may wait for a person who unlocks it: so each request
//! has a thread of its own, and an end.

use std::{sync::mpsc, thread, time::Duration};

use keyring::{Entry, Error};

use super::Fault;
use crate::output::tell;

/// What all entries are filed under.
const SERVICE: &str = "stratustexting";

/// After this time a person is told what is waited for.
const NOTICE: Duration = Duration::from_secs(3);

/// How long a person has for the keyring's question.
const LIMIT: Duration = Duration::from_secs(120);

/// What an entry has; `None` if there is no such entry.
pub(super) fn get(name: &str) -> Result<Option<Vec<u8>>, Fault> {
    ask(name, |entry| match entry.get_secret() {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    })
}

/// Makes an entry, or replaces what it has.
pub(super) fn set(name: &str, secret: Vec<u8>) -> Result<(), Fault> {
    ask(name, move |entry| entry.set_secret(&secret))
}

/// Removes an entry, if there is one.
pub(super) fn delete(name: &str) -> Result<(), Fault> {
    ask(name, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        done => done,
    })
}

fn ask<T: Send + 'static>(
    name: &str,
    work: impl FnOnce(&dyn Backend) -> keyring::Result<T> + Send + 'static,
) -> Result<T, Fault> {
    let (sender, done) = mpsc::channel();
    let name = name.to_owned();
    thread::spawn(move || {
        let done = open(&name).and_then(|entry| work(&*entry).map_err(|error| fault(&error)));
        // Whoever asked may have given up.
        let _ = sender.send(done);
    });
    let gone = || Err(Fault::new("keyring_failed", "failed without saying why"));
    match done.recv_timeout(NOTICE) {
        Ok(done) => return done,
        Err(mpsc::RecvTimeoutError::Disconnected) => return gone(),
        Err(mpsc::RecvTimeoutError::Timeout) => {}
    }
    tell("Waiting for the keyring, which may ask for its password.");
    match done.recv_timeout(LIMIT) {
        Ok(done) => done,
        Err(mpsc::RecvTimeoutError::Disconnected) => gone(),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Fault::new(
            "keyring_locked",
            "didn't respond within two minutes",
        )),
    }
}

/// An entry of the keyring, or of what the tests have in its place.
trait Backend {
    fn get_secret(&self) -> keyring::Result<Vec<u8>>;
    fn set_secret(&self, secret: &[u8]) -> keyring::Result<()>;
    fn delete_credential(&self) -> keyring::Result<()>;
}

impl Backend for Entry {
    fn get_secret(&self) -> keyring::Result<Vec<u8>> {
        self.get_secret()
    }

    fn set_secret(&self, secret: &[u8]) -> keyring::Result<()> {
        self.set_secret(secret)
    }

    fn delete_credential(&self) -> keyring::Result<()> {
        self.delete_credential()
    }
}

fn open(name: &str) -> Result<Box<dyn Backend>, Fault> {
    #[cfg(debug_assertions)]
    if let Some(entry) = folder::entry(name) {
        return Ok(Box::new(entry));
    }
    // It has the reason, which an entry's error hasn't.
    if let Err(error) = Entry::store_status() {
        return Err(match error {
            Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => {
                Fault::new("keyring_unreachable", format!("can't be reached: {cause}"))
            }
            error => Fault::new("keyring_unreachable", format!("can't be reached: {error}")),
        });
    }
    let entry = Entry::new(SERVICE, name).map_err(|error| fault(&error))?;
    Ok(Box::new(entry))
}

/// The fault in own words, since some of the library's quote the entry.
fn fault(error: &Error) -> Fault {
    let failed = |text: String| Fault::new("keyring_failed", text);
    match error {
        Error::NoStorageAccess(cause) => Fault::new(
            "keyring_locked",
            format!("is locked, or nothing can be kept in it: {cause}"),
        ),
        Error::PlatformFailure(cause) => failed(format!("failed: {cause}")),
        Error::TooLong(_, most) => failed(format!("has no room for it: the limit is {most}")),
        Error::Ambiguous(_) => failed("has several entries in place of one".to_owned()),
        Error::NotSupportedByStore(_) => failed("doesn't support this".to_owned()),
        _ => failed("failed".to_owned()),
    }
}

/// A folder in place of the keyring, for tests on machines without a desktop. A program that is
/// built for use has none of it.
#[cfg(debug_assertions)]
mod folder {
    use std::{fs, io, path::PathBuf};

    use keyring::Error;

    pub(super) struct FolderEntry(PathBuf);

    pub(super) fn entry(name: &str) -> Option<FolderEntry> {
        let folder = std::env::var_os("STRATUS_TEST_KEYRING")?;
        Some(FolderEntry(PathBuf::from(folder).join(name)))
    }

    impl super::Backend for FolderEntry {
        fn get_secret(&self) -> keyring::Result<Vec<u8>> {
            self.unlocked()?;
            fs::read(&self.0).map_err(fault)
        }

        fn set_secret(&self, secret: &[u8]) -> keyring::Result<()> {
            self.unlocked()?;
            fs::write(&self.0, secret).map_err(fault)
        }

        fn delete_credential(&self) -> keyring::Result<()> {
            self.unlocked()?;
            fs::remove_file(&self.0).map_err(fault)
        }
    }

    impl FolderEntry {
        /// A folder that isn't there is a keyring that nobody unlocks.
        fn unlocked(&self) -> keyring::Result<()> {
            match self.0.parent() {
                Some(folder) if folder.is_dir() => Ok(()),
                _ => Err(Error::NoStorageAccess("no unlocking".into())),
            }
        }
    }

    fn fault(error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::NotFound => Error::NoEntry,
            _ => Error::PlatformFailure(Box::new(error)),
        }
    }
}
