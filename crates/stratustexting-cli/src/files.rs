//! What arguments read: a file, or standard input.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use crate::failure::{Failure, Result};

/// The text of a file, or of standard input if the path is `-`. An editor's last line break
/// isn't part of it.
pub(crate) fn text(path: &Path) -> Result<String> {
    let text = whole(path)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// All of a file, or of standard input if the path is `-`.
pub(crate) fn whole(path: &Path) -> Result<String> {
    let read = if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(path)
    };
    read.map_err(|error| unreadable(path, &error))
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let name = match path.as_os_str() == "-" {
        true => "standard input".into(),
        false => path.to_string_lossy(),
    };
    match error.kind() {
        io::ErrorKind::InvalidData => Failure::usage(format!("{name} isn't text in UTF-8")),
        _ => Failure::usage(format!("{name} can't be read: {error}")),
    }
}
