//! Which modules the error may be made of.
//!
//! Every module returns errors, so whatever `error` imports would be in a circle with all of
//! them, and nobody could read one without the others. It stays below: it is made of leaves,
//! and a leaf is made of leaves. The sources are read as text, so this needs no compiler.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    path::{Path, PathBuf},
};

/// The modules below the error. None of them knows an error, a client or a request.
const LEAVES: [&str; 7] = [
    "invisible",
    "list_end",
    "outcome",
    "parts",
    "refusal",
    "retry_after",
    "ticket",
];

#[test]
fn the_error_imports_only_leaves_and_a_leaf_only_leaves() {
    let mut waiting = VecDeque::from(["error".to_owned()]);
    let mut seen = BTreeSet::new();
    while let Some(module) = waiting.pop_front() {
        for file in files(&module) {
            let text = fs::read_to_string(&file).unwrap();
            for import in imports(&text, depth(&file)) {
                let allowed = import == module || LEAVES.contains(&import.as_str());
                assert!(
                    allowed,
                    "{} imports `{import}`; the modules below the error are {LEAVES:?}",
                    file.display()
                );
                if import != module && seen.insert(import.clone()) {
                    waiting.push_back(import);
                }
            }
        }
    }

    let used: Vec<&str> = seen.iter().map(String::as_str).collect();
    assert_eq!(used, LEAVES, "a leaf that nothing needs isn't listed");
}

#[test]
fn imports_are_found_in_every_spelling() {
    let text = "
        //! crate::in_a_comment
        use crate::{a::{B, b::C}, d, error::Error};
        use super::{e, f::G};
        use crate::{
            g::H,
            i,
        };
        fn j() { crate::k::l(); super::super::m::n(); self::o(); }
        #[cfg(test)]
        mod tests { use crate::p; }
    ";

    let mut found = imports(text, 2);
    found.sort();

    assert_eq!(found, ["a", "d", "error", "g", "i", "k", "m"]);
    assert_eq!(imports("use super::a;", 1), ["a"]);
    assert!(imports("use super::a;", 2).is_empty());
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// A module's files, those of its tests aside.
fn files(module: &str) -> Vec<PathBuf> {
    let file = sources().join(format!("{module}.rs"));
    assert!(file.exists(), "there is a module {module}");
    let mut files = vec![file];
    if let Ok(folder) = fs::read_dir(sources().join(module)) {
        for entry in folder {
            let path = entry.unwrap().path();
            assert!(path.is_file(), "{}: one level is read", path.display());
            if path.file_name().is_some_and(|name| name != "tests.rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// How many modules deep a file is: 1 for those of the crate itself.
fn depth(file: &Path) -> usize {
    file.strip_prefix(sources()).unwrap().iter().count()
}

/// The modules and names of the crate's root that a file at a depth mentions.
fn imports(text: &str, depth: usize) -> Vec<String> {
    // Tests may import what they like. They come last in a file.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next());
    let code: String = lines.flatten().flat_map(str::split_whitespace).collect();

    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest
        .find("crate::")
        .into_iter()
        .chain(rest.find("super::"))
        .min()
    {
        rest = &rest[at..];
        let (root, path) = root(rest, depth);
        if root {
            found.extend(heads(path));
        }
        rest = path;
    }
    found
}

/// Whether a path begins at the crate's root, and what follows `crate::` or `super::`.
fn root(mut path: &str, depth: usize) -> (bool, &str) {
    if let Some(path) = path.strip_prefix("crate::") {
        return (true, path);
    }
    let mut above = depth;
    while let Some(shorter) = path.strip_prefix("super::") {
        path = shorter;
        above = above.saturating_sub(1);
    }
    (above == 0, path)
}

/// The first names of a path: one, or those of a list in braces.
fn heads(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let word = |c: &char| c.is_alphanumeric() || *c == '_';
        text.chars().take_while(word).collect()
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let mut names = Vec::new();
    let (mut level, mut start) = (1, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => level += 1,
            '}' => level -= 1,
            _ => {}
        }
        if level == 0 || (level == 1 && c == ',') {
            names.push(name(&list[start..at]));
            start = at + 1;
        }
        if level == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}
