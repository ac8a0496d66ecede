//! The lock beside a token file: one process at a time, and none after its death.
//!
//! It is the operating system's lock on a file of its own, since the token's file is
//! replaced at each save. The system releases it when its holder ends, even if that is
//! killed. It is tried again and again rather than waited for: a thread that waits in the
//! system can't be stopped, and would keep a program from ending.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

use super::{StoreError, StoreLock, schedule::jitter};

/// The pauses between two attempts grow from the first to the last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(25));

/// Releases the lock at once when it is dropped; on some systems, closing the file doesn't.
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing the file, which follows, does it as well.
        let _ = self.0.unlock();
    }
}

/// Takes the lock, or fails when the wait timed out. It can be dropped at any time.
pub(super) async fn acquire(path: Arc<Path>, wait: Duration) -> Result<StoreLock, StoreError> {
    let started = Instant::now();
    let mut pause = PAUSES.0;
    loop {
        let path = Arc::clone(&path);
        // If this future is dropped meanwhile, the lock is dropped, too.
        match spawn_blocking(move || attempt(&path)).await? {
            Ok(Some(held)) => return Ok(StoreLock::holding(held)),
            Ok(None) => {}
            Err(error) if knows_no_locks(&error) => {
                tracing::warn!(
                    "token files can't be locked here; only one process may use this one"
                );
                return Ok(StoreLock::none());
            }
            Err(error) => return Err(error.into()),
        }
        if started.elapsed() >= wait {
            return Err("another process holds the token file's lock".into());
        }
        sleep(pause.mul_f64(0.5 + jitter() / 2.0)).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Whether a file system says that it has no locks, as NFS without its lock daemon does.
fn knows_no_locks(error: &io::Error) -> bool {
    // The standard library has a kind for some of them only.
    let (no_lock, not_supported): (i32, &[i32]) = if cfg!(target_os = "linux") {
        (37, &[95])
    } else {
        // As BSD and macOS count them: ENOTSUP and EOPNOTSUPP differ.
        (77, &[45, 102])
    };
    error.kind() == io::ErrorKind::Unsupported
        || cfg!(unix)
            && error
                .raw_os_error()
                .is_some_and(|code| code == no_lock || not_supported.contains(&code))
}

/// One attempt, which doesn't wait.
fn attempt(path: &Path) -> io::Result<Option<Held>> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let held = Held(file);
    // If the file was deleted, another process may have a lock on a new one.
    Ok(is_at(&held.0, path)?.then_some(held))
}

/// Whether the path still leads to this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let own = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok((own.dev(), own.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A file that is open can't be deleted here.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    fs::exists(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Arc<Path>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.json.lock").into();
        (folder, path)
    }

    #[tokio::test]
    async fn the_next_holder_waits_until_the_lock_is_released() {
        let (_folder, path) = place();
        let minute = Duration::from_secs(60);
        let first = acquire(Arc::clone(&path), minute).await.unwrap();

        let second = tokio::spawn(acquire(Arc::clone(&path), minute));
        let none = acquire(Arc::clone(&path), Duration::ZERO)
            .await
            .unwrap_err();
        assert!(none.to_string().contains("lock"), "{none}");
        assert!(!second.is_finished());

        drop(first);
        second.await.unwrap().unwrap().release().await;
        acquire(path, Duration::ZERO).await.unwrap().release().await;
    }

    /// Only a file system that knows no locks is done without.
    #[tokio::test]
    async fn a_lock_file_that_can_not_be_opened_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing/token.json.lock");

        for path in [folder.path(), &missing] {
            assert!(acquire(path.into(), Duration::ZERO).await.is_err());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_system_without_locks_is_known_by_each_of_its_words() {
        // ENOLCK, EOPNOTSUPP, ENOSYS; then EACCES, EIO, ENOSPC.
        for (code, expected) in [
            (37, true),
            (95, true),
            (38, true),
            (13, false),
            (5, false),
            (28, false),
        ] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(knows_no_locks(&error), expected, "{error}");
        }
    }

    #[tokio::test]
    async fn a_dropped_wait_leaves_no_lock_behind() {
        let (_folder, path) = place();
        let minute = Duration::from_secs(60);
        for polls in 1..20 {
            let mut waiting = Box::pin(acquire(Arc::clone(&path), minute));
            for _ in 0..polls {
                if futures::poll!(&mut waiting).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(waiting);

            acquire(Arc::clone(&path), minute)
                .await
                .unwrap()
                .release()
                .await;
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_lock_file_that_is_deleted_makes_no_second_lock() {
        let (_folder, path) = place();
        let held = attempt(&path).unwrap().unwrap();
        let again = File::options().write(true).open(&path).unwrap();

        fs::remove_file(&path).unwrap();
        drop(held);

        again.try_lock().unwrap();
        assert!(!is_at(&again, &path).unwrap());
    }
}
