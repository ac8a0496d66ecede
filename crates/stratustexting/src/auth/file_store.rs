//! Tokens in a file.

use std::{
    fmt, fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt};

use super::{StoreError, StoreLock, Token, TokenStore, file_lock};

/// Stores the token in a file that only its owner can read (mode 0600 on Unix).
///
/// A token is written to a new file beside it, forced to disk, and renamed into
/// place: a reader sees the old token or the new one, never a part. Missing
/// folders are made, with mode 0700.
///
/// Any number of processes on one machine can share the file. A process that renews the
/// token holds the operating system's lock on a second file beside it, with `.lock` at the
/// end of its name, and reads the token again first: a token that another process has renewed
/// meanwhile is used as it is. The lock ends with its holder, even one that is killed.
/// The second file is never deleted, and holds nothing. A process that is killed while it
/// writes a token may leave that behind, readable to its owner only, in a file whose name
/// begins with `.token`.
///
/// A path that is a symbolic link means the file to which it leads, also before that exists.
/// A relative path is resolved when the store is made; `~` at its beginning is the user's
/// home folder.
///
/// A file that holds no token of this crate is an error when it is read. A new token replaces
/// it, and the old file is kept beside it, with `.unreadable` at the end of its name.
///
/// On a network's file system the lock is as good as that file system's own. Where files
/// can't be locked at all, that is logged as a warning and the store works without.
///
/// ```
/// # fn main() -> stratustexting::Result<()> {
/// use stratustexting::{Client, auth::{Credentials, FileTokenStore}};
///
/// let client = Client::builder()
///     .credentials(Credentials::authorization_code("the id", "the secret"))
///     .token_store(FileTokenStore::new("~/.config/texting/token.json"))
///     .api_key("the key")
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileTokenStore {
    path: Arc<Path>,
    lock_wait: Duration,
}

impl FileTokenStore {
    /// How long to wait for another process's renewal unless something else is set: 45
    /// seconds. The holder of the lock gives up its request after 30.
    pub const DEFAULT_LOCK_WAIT: Duration = Duration::from_secs(45);

    /// A store in the file with this path, which need not exist yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = at_home(path.into());
        // The program may change its folder later; an empty path fails when it is used.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self {
            path: path.into(),
            lock_wait: Self::DEFAULT_LOCK_WAIT,
        }
    }

    /// How long to wait for another process's renewal; by default
    /// [45 seconds](Self::DEFAULT_LOCK_WAIT). After that, a call without a good token fails,
    /// with the lock as the error's source.
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

/// Expands `~`, as a shell does; a path out of a settings file never went through one.
fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// More links than this in a row count as a circle, as systems have it.
const MOST_LINKS: usize = 40;

/// Where the token really is, or will be: a process with a link to it has the same file and
/// the same lock, also before the first login.
fn target(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&target) {
            Ok(next) => target = folder_of(&target).join(next),
            Err(_) => break,
        }
    }
    match (fs::canonicalize(folder_of(&target)), target.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => target,
    }
}

/// Keeps a file that a new token is about to replace, if it holds none.
fn keep_unreadable(path: &Path) -> io::Result<()> {
    let Ok(text) = fs::read(path) else {
        return Ok(());
    };
    let readable =
        std::str::from_utf8(&text).is_ok_and(|text| Token::from_secret_json(text).is_ok());
    if readable || text.is_empty() {
        return Ok(());
    }
    fs::rename(path, beside(path, ".unreadable"))
}

/// The path of a file beside this one, with an ending added to the name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl TokenStore for FileTokenStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, StoreError>> {
        self.blocking(|path| match fs::read_to_string(path) {
            Ok(text) => match Token::from_secret_json(&text) {
                Ok(token) => Ok(Some(token)),
                Err(error) => Err(Unreadable {
                    path: path.to_owned(),
                    error,
                }
                .into()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    fn save<'a>(&'a self, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        let text = token.to_secret_json();
        self.blocking(move |path| {
            keep_unreadable(path)?;
            Ok(replace(path, text.as_bytes())?)
        })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.blocking(|path| match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(sync_folder(folder_of(path))?),
        })
    }

    fn lock(&self) -> BoxFuture<'_, Result<StoreLock, StoreError>> {
        async {
            let file = self.blocking(|path| {
                make_folder(folder_of(path))?;
                Ok(beside(path, ".lock"))
            });
            file_lock::acquire(file.await?.into(), self.lock_wait).await
        }
        .boxed()
    }
}

/// Names the file that can't be read, and the remedy.
#[derive(Debug)]
struct Unreadable {
    path: PathBuf,
    error: crate::Error,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, error } = self;
        let path = path.display();
        write!(f, "{path}: {error}; a new login replaces it")
    }
}

impl std::error::Error for Unreadable {}

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

    /// As where the token's folder is a volume, and the program's own folder only links to it.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_is_followed_before_its_file_is_there_and_after_it_is_gone() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let volume = folder.path().join("volume");
        fs::create_dir(&volume).unwrap();
        let (file, link, second) = (
            volume.join("token.json"),
            folder.path().join("link.json"),
            folder.path().join("second.json"),
        );
        symlink("volume/token.json", &link).unwrap();
        symlink("link.json", &second).unwrap();

        for path in [&link, &second] {
            FileTokenStore::new(path).save(&token("one")).await.unwrap();

            assert!(fs::symlink_metadata(path).unwrap().is_symlink());
            let loaded = FileTokenStore::new(&file).load().await.unwrap().unwrap();
            assert_eq!(loaded.access().expose(), "one");
            FileTokenStore::new(path).clear().await.unwrap();
            assert!(!file.exists());
        }
        // They have one lock, too, while there is no file.
        let held = FileTokenStore::new(&second).lock().await.unwrap();
        let other = FileTokenStore::new(&file).lock_wait(Duration::ZERO);
        assert!(other.lock().await.is_err());
        drop(held);
    }

    #[tokio::test]
    async fn a_new_token_replaces_a_file_that_holds_none_and_keeps_it_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.json");
        let aside = folder.path().join("token.json.unreadable");
        let store = FileTokenStore::new(&path);
        for (broken, kept) in [
            (b"".as_slice(), false),
            (b"{\"version\":1,\"access_tok", true),
            (b"\0\0\0\0", true),
            (b"\xff\xfe{\0", true),
            (b"{\"version\":7,\"access_token\":\"a\"}", true),
            (b"{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", true),
        ] {
            fs::write(&path, broken).unwrap();
            assert!(store.load().await.is_err());

            store.save(&token("new")).await.unwrap();

            let loaded = store.load().await.unwrap().unwrap();
            assert_eq!(loaded.access().expose(), "new");
            assert_eq!(fs::read(&aside).ok().as_deref() == Some(broken), kept);
            // A readable one is replaced without a trace.
            fs::remove_file(&aside).ok();
            store.save(&token("newer")).await.unwrap();
            assert!(!aside.exists());
        }
    }

    #[test]
    fn a_path_is_resolved_against_the_current_folder_or_home() {
        let path = |text: &str| FileTokenStore::new(text).path.to_path_buf();

        assert!(path("token.json").is_absolute());
        let home = std::env::home_dir().unwrap();
        assert_eq!(path("~/x/token.json"), home.join("x/token.json"));
        assert!(path("~x/token.json").ends_with("~x/token.json"));
    }

    #[tokio::test]
    async fn a_path_that_is_no_file_is_an_error() {
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
