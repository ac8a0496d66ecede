//! The names of pages' files: always the same for the same URL.
//!
//! A name is the path of the page's URL. If that isn't a valid name everywhere, or if
//! two pages would share it, the name ends with a digest of the path, which doesn't
//! depend on other pages or their order.

use sha2::{Digest, Sha256};

use super::index::Entry;

/// The longest name, in bytes; file systems allow 255.
const LONGEST: usize = 200;

/// Names that a file can't have on Windows, whatever its extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// The name of the file of a page.
pub(crate) fn of(path: &str) -> String {
    let name = plain(path);
    let stem = name.strip_suffix(".md").unwrap_or(&name);
    // A path without a page's extension keeps its name, and is refused later.
    let is_page = name.len() > stem.len();
    let hidden = name.starts_with('.');
    if is_page && (name.len() > LONGEST || hidden || is_device(stem)) {
        digested(path)
    } else {
        name
    }
}

/// The path with only letters, digits and other harmless characters.
pub(crate) fn plain(path: &str) -> String {
    let path = path.trim_matches('/').replace('/', "--");
    let safe = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    path.chars()
        .map(|c| if safe(c) { c } else { '-' })
        .collect()
}

/// Whether Windows would open a device.
fn is_device(stem: &str) -> bool {
    let base = stem.split('.').next().unwrap_or_default();
    let base = base.to_ascii_lowercase();
    let number = base.strip_suffix(|c: char| c.is_ascii_digit() && c != '0');
    match number {
        Some(port) => DEVICES[4..].contains(&port),
        None => DEVICES[..4].contains(&base.as_str()),
    }
}

/// A unique name: the beginning, a digest, and the end, where the platform puts the
/// page's id.
fn digested(path: &str) -> String {
    let name = plain(path);
    let stem = name.strip_suffix(".md").unwrap_or(&name);
    let stem = stem.trim_start_matches('.');
    let digest: String = Sha256::digest(path)[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (start, id) = match stem.rsplit_once('-') {
        Some((start, id)) if id.len() < 20 && id.starts_with(|c: char| c.is_ascii_digit()) => {
            (start, format!("-{id}"))
        }
        _ => (stem, String::new()),
    };
    let room = LONGEST - digest.len() - id.len() - 4;
    let start: String = start.chars().take(room.min(80)).collect();
    // A device name before a full stop is a device as well.
    let start = start.replace('.', "-");
    let start = start.trim_end_matches('-');
    if start.is_empty() {
        format!("page-{digest}{id}.md")
    } else {
        format!("{start}-{digest}{id}.md")
    }
}

/// Gives different names to pages that would share one. Not all file systems
/// distinguish upper and lower case.
pub(crate) fn tell_apart(entries: &mut [Entry]) {
    let names: Vec<String> = entries
        .iter()
        .map(|entry| entry.file().to_ascii_lowercase())
        .collect();
    for (index, entry) in entries.iter_mut().enumerate() {
        if names.iter().filter(|name| **name == names[index]).count() > 1 {
            entry.rename(digested(entry.url.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_a_valid_name_is_kept() {
        for (path, name) in [
            ("/get-it-3e0.md", "get-it-3e0.md"),
            ("/any/path.md", "any--path.md"),
            ("/%E4%B8%80-1e0.md", "-E4-B8-80-1e0.md"),
            ("/console.md", "console.md"),
            ("/com10.md", "com10.md"),
            ("/com0.md", "com0.md"),
        ] {
            assert_eq!(of(path), name);
        }
    }

    #[test]
    fn an_invalid_name_ends_in_a_digest() {
        let long = format!("/{}-12345e0.md", "%E4%B8%80".repeat(40));
        let name = of(&long);
        assert!(
            name.len() <= LONGEST && name.ends_with("-12345e0.md"),
            "{name}"
        );
        assert_eq!(of(&long), name);
        assert_ne!(of(&long.replacen("%80", "%81", 39)), name);
        let long = format!("/{}.md", "a".repeat(300));
        assert!(of(&long).len() <= LONGEST);
        for path in [
            "/con.md",
            "/NUL.md",
            "/aux.x.md",
            "/com1.md",
            "/lpt9.a.md",
            "/.md",
            "/..a.md",
        ] {
            let name = of(path);
            let stem = name.strip_suffix(".md").unwrap();
            assert!(
                !is_device(stem) && !stem.starts_with('.') && !stem.is_empty(),
                "{name}"
            );
            assert_ne!(name, plain(path));
        }
    }
}
