//! The profiles' file, which several processes may change at once.
//!
//! It has secrets, so only its owner may read it, and no error quotes a line of it. It is
//! replaced as a whole, under a lock: a process that is killed leaves the old one. Lock and new
//! file are beside the file itself, wherever a link leads to it.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::{
    failure::{Class, Failure, Result},
    private::{self, folder_of},
};

const FILE: &str = "profiles.toml";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// The folder of everything that `stratus` keeps: `STRATUS_HOME`, or `stratus` in the user's
/// folder for settings.
pub(crate) fn home() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = set("STRATUS_HOME") {
        return Ok(path.into());
    }
    let settings = if cfg!(windows) {
        set("APPDATA").map(PathBuf::from)
    } else {
        // A relative one is to be ignored, after the specification of these folders.
        let xdg = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let xdg = xdg.filter(|path| path.is_absolute());
        xdg.or_else(|| {
            Some(
                env::home_dir()
                    .filter(|path| path.is_absolute())?
                    .join(".config"),
            )
        })
    };
    let settings = settings.ok_or_else(|| {
        Failure::new(
            Class::SetUp,
            "this user has no home directory: set STRATUS_HOME to a folder for profiles, or give \
             the account by the environment",
        )
    })?;
    Ok(settings.join("stratus"))
}

/// Where a profile's tokens are.
pub(crate) fn token_file(name: &str) -> Result<PathBuf> {
    // The profiles' file may have been written by hand.
    check_name(name)?;
    Ok(home()?.join("tokens").join(format!("{name}.json")))
}

/// A profile's name is also a file's.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_good) {
        return Err(Failure::usage(
            "a profile's name must be 1 to 64 letters, digits, - and _",
        ));
    }
    Ok(())
}

impl Profiles {
    /// What the file says; there are none without a file.
    pub(crate) fn read() -> Result<Self> {
        let Ok(folder) = home() else {
            return Ok(Self::default());
        };
        Self::read_file(&folder.join(FILE))
    }

    fn read_file(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failure(path, "read", &error)),
        };
        let read: Self = toml::from_str(&text).map_err(|error| {
            // The error's own text quotes the line, and that may be a secret.
            let line = error.span().map(|span| {
                let before = text.get(..span.start).unwrap_or_default();
                format!(", line {}", before.matches('\n').count() + 1)
            });
            Failure::new(
                Class::SetUp,
                format!(
                    "{}{} isn't a file of profiles of this version",
                    path.display(),
                    line.unwrap_or_default()
                ),
            )
        })?;
        Ok(read.for_file())
    }

    fn for_file(mut self) -> Self {
        let profiles = self.profiles.into_iter();
        self.profiles = profiles.map(|(name, it)| (name, it.for_file())).collect();
        self
    }

    /// Changes the file. Other processes wait meanwhile, and a failed change changes nothing.
    pub(crate) fn change<T>(change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let (path, lock) = prepare()?;
        let mut profiles = Self::read_file(&path)?;
        let done = change(&mut profiles)?;
        profiles
            .for_file()
            .write(&path)
            .map_err(|error| failure(&path, "written", &error))?;
        drop(lock);
        Ok(done)
    }

    /// Finds out whether a profile could be kept, before somebody logs in for it.
    pub(crate) fn check_writable() -> Result<()> {
        let (path, _lock) = prepare()?;
        Self::read_file(&path)?;
        private::new_beside(&path).map_err(|error| failure(&path, "written", &error))?;
        Ok(())
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        private::replace(path, text.as_bytes())
    }

    /// The profile that is used if none is named: the default one, or the only one.
    pub(crate) fn default_name(&self) -> Option<String> {
        let mut names = self.profiles.keys();
        match (&self.default, names.next(), names.next()) {
            (Some(name), ..) => Some(name.clone()),
            (None, Some(only), None) => Some(only.clone()),
            _ => None,
        }
    }

    /// That there are several, and nobody has said which one.
    pub(super) fn ambiguous(&self) -> Failure {
        let names: Vec<_> = self.profiles.keys().map(String::as_str).collect();
        Failure::new(
            Class::SetUp,
            format!(
                "which profile? There are: {}. Name it by --profile, or choose one for all commands \
                 by `stratus profiles use`",
                names.join(", ")
            ),
        )
    }

    pub(crate) fn get(&self, name: &str) -> Result<&Profile> {
        self.profiles.get(name).ok_or_else(|| {
            let names: Vec<_> = self.profiles.keys().map(String::as_str).collect();
            let known = match names.as_slice() {
                [] => "there are none yet; `stratus login` makes one".to_owned(),
                names => format!("there are: {}", names.join(", ")),
            };
            Failure::new(
                Class::SetUp,
                format!("there is no profile {name:?}; {known}"),
            )
        })
    }
}

/// Makes the folder, and waits for the lock. The file's path has no links.
fn prepare() -> Result<(PathBuf, File)> {
    let folder = home()?;
    private::create_folder(&folder).map_err(|error| failure(&folder, "created", &error))?;
    let path = target(&folder.join(FILE));
    let lock_path = path.with_extension("lock");
    let lock = File::create(&lock_path).map_err(|error| failure(&lock_path, "written", &error))?;
    lock.lock()
        .map_err(|error| failure(&lock_path, "locked", &error))?;
    Ok((path, lock))
}

/// More links than this in a row count as a circle, as systems have it.
const MOST_LINKS: usize = 40;

/// Where a file really is, or will be: a link to it stays a link.
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

/// The file's path, for those who look at it.
pub(super) fn file() -> Result<PathBuf> {
    Ok(home()?.join(FILE))
}

fn failure(path: &Path, what: &str, error: &io::Error) -> Failure {
    Failure::new(
        Class::SetUp,
        format!("{} can't be {what}: {error}", path.display()),
    )
}
