//! Tokens in a file.

use std::{
    borrow::Cow,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt};

use super::{StoreError, StoreLock, Token, TokenStore, file_lock};

/// Keeps the token in a file that only its owner can read (mode 0600 on Unix).
///
/// A token is written to a new file beside it, forced to disk, and renamed into
/// place: whoever reads sees the old token or the new one, never a part. Missing
/// folders are made, with mode 0700.
///
/// Any number of processes on one machine can share the file. Whoever renews the token
/// holds the operating system's lock on a second file beside it, with `.lock` at the end
/// of its name, and reads the token again first: what another process has renewed
/// meanwhile is used as it is. The lock ends with its holder, even one that is killed.
/// The second file is never deleted, and holds nothing. A process that is killed while it
/// writes a token may leave that behind, readable to its owner only, in a file whose name
/// begins with `.token`.
///
/// A path that is a symbolic link means the file to which it leads.
///
/// On a network's file system the lock is as good as that file system's own. Where files
/// can't be locked at all, that is logged as a warning and the store works without.
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: Arc<Path>,
    lock_wait: Duration,
}

impl FileTokenStore {
    /// How long to wait for another process's renewal unless something else is set: 45
    /// seconds. Who holds the lock gives up its request after 30.
    pub const DEFAULT_LOCK_WAIT: Duration = Duration::from_secs(45);

    /// A store in the file with this path, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into().into(),
            lock_wait: Self::DEFAULT_LOCK_WAIT,
        }
    }

    /// How long to wait for another process's renewal; by default
    /// [45 seconds](Self::DEFAULT_LOCK_WAIT). When it is over, a call that has no good
    /// token fails with the lock as the error's source.
    #[must_use]
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }

    /// Runs file work where it may block.
    fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let path = Arc::clone(&self.path);
        async move { tokio::task::spawn_blocking(move || work(&target(&path))).await? }.boxed()
    }
}

/// Where the token really is: whoever comes by a link has the same file and the same lock.
/// Where there is nothing yet, the path itself.
fn target(path: &Path) -> Cow<'_, Path> {
    match fs::canonicalize(path) {
        Ok(target) => target.into(),
        Err(_) => path.into(),
    }
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        self.blocking(|path| match fs::read_to_string(path) {
            Ok(text) => Ok(Some(Token::from_secret_json(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        let text = token.to_secret_json();
        self.blocking(move |path| Ok(replace(path, text.as_bytes())?))
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.blocking(|path| match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(sync_folder(folder_of(path))?),
        })
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        async {
            let beside = self.blocking(|path| {
                make_folder(folder_of(path))?;
                let mut name = path.as_os_str().to_owned();
                name.push(".lock");
                Ok(PathBuf::from(name))
            });
            file_lock::acquire(beside.await?.into(), self.lock_wait).await
        }
        .boxed()
    }
}

fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    make_folder(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".token");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o600));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A rename is durable when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) && folder.exists() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccessToken;

    fn token(text: &str) -> Token {
        Token::new(AccessToken::new(text).unwrap()).with_refresh("refresh")
    }

    #[tokio::test]
    async fn a_saved_token_is_there_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/token.json");

        FileTokenStore::new(&path)
            .save(&token("one"))
            .await
            .unwrap();
        FileTokenStore::new(&path)
            .save(&token("two"))
            .await
            .unwrap();

        let loaded = FileTokenStore::new(&path).load().await.unwrap().unwrap();
        assert_eq!(loaded.access().expose(), "two");
        let files = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "nothing else is left behind");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("private/token.json");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

        FileTokenStore::new(&path)
            .save(&token("one"))
            .await
            .unwrap();

        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }

    #[tokio::test]
    async fn no_file_is_no_token_and_a_broken_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.json");
        let store = FileTokenStore::new(&path);

        assert!(store.load().await.unwrap().is_none());
        store.clear().await.unwrap();
        fs::write(&path, "{\"version\":1,\"access_token\":\"cana").unwrap();

        let error = store.load().await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("cana"));
    }

    #[tokio::test]
    async fn what_is_no_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x"), "").unwrap();
        let store = FileTokenStore::new(folder.path());

        assert!(store.load().await.is_err());
        assert!(store.clear().await.is_err());
        assert!(store.save(&token("one")).await.is_err());
    }

    #[tokio::test]
    async fn a_cleared_token_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileTokenStore::new(folder.path().join("token.json"));
        store.save(&token("one")).await.unwrap();

        store.clear().await.unwrap();

        assert!(store.load().await.unwrap().is_none());
    }
}
