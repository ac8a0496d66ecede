//! The file: an SQLite database that belongs to one sandbox at a time.
//!
//! It has one table of records. Changes are appended to a log beside the file (WAL) and synced
//! at checkpoints (`synchronous = NORMAL`): what was committed survives when the program is
//! killed, and the file stays valid when the machine loses power, though the last commits may
//! be lost then.
//!
//! SQLite's header says whose file it is (`application_id`), and in which format
//! (`user_version`).

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, params,
    types::{ToSql, ToSqlOutput, ValueRef},
};

use super::{
    Kind, Row, Rows, Store,
    change::{Change, Key},
};
use crate::error::SandboxError;

/// "StSb".
const APPLICATION: i32 = 0x5374_5362;

/// The format of the records. It goes up when this version couldn't read those before, or the
/// other way round.
const FORMAT: i32 = 1;

/// A sandbox that is being stopped still has the file for a moment.
const BUSY: Duration = Duration::from_millis(500);

const SCHEMA: &str = "
    CREATE TABLE record (
        position INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key ANY NOT NULL,
        json TEXT NOT NULL,
        files BLOB NOT NULL,
        UNIQUE (kind, key)
    ) STRICT
";

/// The file, open for this sandbox alone.
pub(crate) struct File {
    path: PathBuf,
    connection: Connection,
}

impl File {
    /// Opens the file or makes it; returns what is in it.
    ///
    /// # Errors
    ///
    /// When it can't be opened, isn't a sandbox's, has another format, or is in use.
    pub(crate) fn open(path: &Path) -> Result<(Self, Rows), SandboxError> {
        let problem = |problem: String| SandboxError::Data {
            file: path.to_owned(),
            problem,
        };
        create(path)
            .map_err(|error| problem(format!("{error}; name a file that may be written")))?;
        let file = Self::connect(path).map_err(|error| problem(opening(&error)))?;
        // Before anything of it is changed: it may be another program's.
        file.check().map_err(problem)?;
        let mut file = file;
        file.log_ahead().map_err(|error| problem(opening(&error)))?;
        let rows = file.read().map_err(problem)?;
        Ok((file, rows))
    }

    fn connect(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        // Locks the file at the first access, until it is closed.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        let file = Self {
            path: path.to_owned(),
            connection,
        };
        if tables == 0 && file.number("application_id")? == 0 && !file.is_read_only()? {
            file.make()?;
        }
        Ok(file)
    }

    fn is_read_only(&self) -> rusqlite::Result<bool> {
        self.connection.is_readonly("main")
    }

    /// Appends changes to a log, which is quicker than the default, and keeps a lock on the
    /// file.
    fn log_ahead(&self) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // A transaction takes the lock of the log, too, which a second sandbox then meets.
        connection.execute_batch("BEGIN IMMEDIATE; COMMIT")
    }

    fn number(&self, pragma: &str) -> rusqlite::Result<i32> {
        self.connection
            .pragma_query_value(None, pragma, |row| row.get(0))
    }

    fn make(&self) -> rusqlite::Result<()> {
        let connection = &self.connection;
        // There is nothing to lose yet, so nothing is synced.
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.execute_batch(&format!(
            "BEGIN EXCLUSIVE; PRAGMA application_id = {APPLICATION}; \
             PRAGMA user_version = {FORMAT}; {SCHEMA}; COMMIT"
        ))
    }

    fn check(&self) -> Result<(), String> {
        let number = |pragma| self.number(pragma).map_err(|error| opening(&error));
        if number("application_id")? != APPLICATION {
            return Err(
                "it is a database of another program; name another file, or a new one".to_owned(),
            );
        }
        let format = number("user_version")?;
        if format != FORMAT {
            return Err(format!(
                "another version of the sandbox made it, in format {format}, and this one has \
                 format {FORMAT}; use that version, or name another file"
            ));
        }
        if self.is_read_only().map_err(|error| opening(&error))? {
            return Err("it can't be written; allow that, or name another file".to_owned());
        }
        Ok(())
    }

    fn write_all(&mut self, changes: &[Change]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for change in changes {
            match change {
                Change::Put { kind, key, content } => {
                    let files = match content.files.as_slice() {
                        [] => Bytes::new(),
                        [file] => file.clone(),
                        files => files.concat().into(),
                    };
                    let mut put = transaction.prepare_cached(
                        "INSERT INTO record (kind, key, json, files) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (kind, key)
                         DO UPDATE SET json = excluded.json, files = excluded.files",
                    )?;
                    put.execute(params![kind.name(), key, content.json, &files[..]])?;
                }
                Change::Delete { kind, key } => {
                    let mut delete = transaction
                        .prepare_cached("DELETE FROM record WHERE kind = ?1 AND key = ?2")?;
                    delete.execute(params![kind.name(), key])?;
                }
                Change::DeleteBelow { kind, number } => {
                    let key = Key::Number(*number);
                    let mut delete = transaction
                        .prepare_cached("DELETE FROM record WHERE kind = ?1 AND key < ?2")?;
                    delete.execute(params![kind.name(), key])?;
                }
            }
        }
        transaction.commit()
    }

    fn read_all(&self) -> rusqlite::Result<Rows> {
        let mut rows = Rows::default();
        let connection = &self.connection;
        let mut all = connection
            .prepare("SELECT key, json, files FROM record WHERE kind = ?1 ORDER BY position")?;
        for kind in Kind::ALL {
            let mut found = all.query([kind.name()])?;
            while let Some(row) = found.next()? {
                let key = match row.get_ref(0)? {
                    ValueRef::Integer(number) => {
                        Key::Number(usize::try_from(number).unwrap_or_default())
                    }
                    _ => Key::Name(row.get(0)?),
                };
                let files: Vec<u8> = row.get(2)?;
                let (json, files) = (row.get(1)?, files.into());
                rows.add(kind, Row { key, json, files });
            }
        }
        Ok(rows)
    }
}

impl Store for File {
    fn write(&mut self, changes: &[Change]) -> Result<(), String> {
        let file = self.path.display().to_string();
        self.write_all(changes).map_err(|error| {
            format!("can't write {file}: {error}; make room, or start without the file")
        })
    }

    fn read(&mut self) -> Result<Rows, String> {
        self.read_all()
            .map_err(|error| format!("it can't be read: {error}; name another file"))
    }
}

/// Numbers stay numbers, so that they are in order.
impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Name(name) => name.to_sql(),
            Self::Number(number) => {
                let number = i64::try_from(*number).unwrap_or(i64::MAX);
                Ok(number.into())
            }
        }
    }
}

/// Makes the file for its owner alone if there is none: it holds credentials and texts.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Why a file can't be opened.
fn opening(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another sandbox has it open; stop that one, or name another file".to_owned()
        }
        Some(ErrorCode::NotADatabase) => {
            "it isn't a sandbox's file; name another one, or a new one".to_owned()
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "it can't be written; allow that, or name another file".to_owned()
        }
        Some(ErrorCode::DiskFull) => "the disk is full; make room".to_owned(),
        _ => format!("{error}; name another file"),
    }
}
