//! The source of pages: a documentation site, or a folder with the same files.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, bail, ensure};
use futures::{StreamExt, stream};
use url::{Host, Url};

use super::{
    fetch::{AT_ONCE, Fetcher},
    index::{self, Entry, Index},
    page::{self, Fragment},
    problem::{Problem, Problems},
};

/// The largest file that is read from a folder, in bytes.
const MOST_BYTES: u64 = 4 << 20;

/// A site or a folder.
#[derive(Clone, Debug)]
pub enum Source {
    /// The address of the site's index.
    Site(Url),
    /// A folder with an index and pages.
    Folder(PathBuf),
}

impl FromStr for Source {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if !text.contains("://") {
            return Ok(Self::Folder(text.into()));
        }
        let mut url: Url = text.parse().with_context(|| format!("not a URL: {text}"))?;
        ensure!(
            url.scheme() == "https" || (url.scheme() == "http" && is_here(&url)),
            "{text}: a site must be https, or http on this machine"
        );
        if !url.path().ends_with(index::NAME) {
            let path = url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("{path}/{}", index::NAME));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self::Site(url))
    }
}

impl Source {
    /// Whether its pages can be in our form. Pages of a remote site are not, whatever
    /// they contain.
    pub(crate) fn may_be_ours(&self) -> bool {
        match self {
            Self::Site(url) => is_here(url),
            Self::Folder(_) => true,
        }
    }
}

pub(crate) fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The pages of a site.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) index: Index,
    pub(crate) fragments: Vec<Fragment>,
    /// Skipped lines of the index.
    pub(crate) notes: Vec<String>,
    /// Unreadable lines of the index, if the run goes on without them.
    pub(crate) failed: Vec<Problem>,
}

/// Reads all pages. All problems are collected; they are no error if the run goes on
/// without those pages.
pub(crate) fn read(from: &Source, cache: PathBuf, keep_going: bool) -> anyhow::Result<Pages> {
    let mut notes = Vec::new();
    let mut failed = Vec::new();
    let lenient = keep_going.then_some(&mut failed);
    let (index, texts) = match from {
        Source::Folder(folder) => {
            let index = read_file(folder, index::NAME).map_err(Problems::from)?;
            let index = parse_index(&index, &first_link(&index)?, &mut notes, lenient)?;
            let files = index.api.iter().map(|entry| read_page(folder, entry));
            let texts: Vec<_> = files.collect();
            (index, texts)
        }
        Source::Site(url) => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("no runtime")?;
            runtime.block_on(fetch(url, cache, &mut notes, lenient))?
        }
    };
    let mut fragments = Vec::new();
    let mut problems = Vec::new();
    for (entry, text) in index.api.iter().zip(texts) {
        let url = without_ending(&entry.url);
        match text.and_then(|text| page::read(entry.file(), &text, Some(url))) {
            Ok(fragment) => fragments.push(fragment),
            Err(problem) => problems.push(problem),
        }
    }
    if keep_going {
        failed.append(&mut problems);
    }
    Problems::none(problems)?;
    notes.extend(servers(&fragments));
    Ok(Pages {
        index,
        fragments,
        notes,
        failed,
    })
}

/// A line for each server that pages name, since the overlay's may be unnecessary then.
fn servers(fragments: &[Fragment]) -> Vec<String> {
    let mut pages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fragment in fragments {
        for url in &fragment.servers {
            pages.entry(url).or_default().push(&fragment.page);
        }
    }
    let lines = pages.into_iter().map(|(url, pages)| {
        let who = match pages.as_slice() {
            [page] => (*page).to_owned(),
            pages => format!("{} pages", pages.len()),
        };
        format!("{who}: the server {url}, which those of overlay.yaml replace")
    });
    lines.collect()
}

fn parse_index(
    text: &str,
    base: &Url,
    notes: &mut Vec<String>,
    lenient: Option<&mut Vec<Problem>>,
) -> anyhow::Result<Index> {
    Ok(index::read(text, base, notes, lenient).map_err(Problems)?)
}

/// The first link of a folder's index gives its host.
fn first_link(index: &str) -> anyhow::Result<Url> {
    let links = index.split("](").skip(1);
    let mut urls = links.filter_map(|link| link.split(')').next()?.parse::<Url>().ok());
    match urls.find(Url::has_host) {
        Some(url) => Ok(url),
        None => bail!(Problem::of_page(
            index::NAME,
            "no link with a host: is this the index?"
        )),
    }
}

/// The URL for people: the Markdown's without its extension.
pub(crate) fn without_ending(url: &Url) -> Url {
    let mut url = url.clone();
    if let Some(path) = url.path().strip_suffix(".md").map(str::to_owned) {
        url.set_path(&path);
    }
    url
}

/// Pages of a folder that has no index.
pub(crate) fn read_folder(folder: &Path) -> anyhow::Result<Vec<Fragment>> {
    let mut fragments = Vec::new();
    let mut problems = Vec::new();
    for name in names(folder)? {
        match read_file(folder, &name).and_then(|text| page::read(&name, &text, None)) {
            Ok(fragment) => fragments.push(fragment),
            Err(problem) => problems.push(problem),
        }
    }
    Problems::none(problems)?;
    Ok(fragments)
}

/// The names of the pages in a folder, sorted; empty if there is no folder.
pub(crate) fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let failed = || format!("cannot read {}", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(failed),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.with_context(failed)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if name.ends_with(".md") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Reads a page of a folder, under our file name or another usual one.
fn read_page(folder: &Path, entry: &Entry) -> Result<String, Problem> {
    let own = entry.file();
    let others = entry.other_files();
    let there = |name: &&str| folder.join(name).exists();
    let mut names = std::iter::once(own).chain(others.iter().map(String::as_str));
    let name = names.find(there).unwrap_or(own);
    read_file(folder, name)
}

fn read_file(folder: &Path, name: &str) -> Result<String, Problem> {
    let path = folder.join(name);
    let read = || -> io::Result<Result<String, String>> {
        // A device or a pipe has no end, and a length of zero.
        let kind = fs::metadata(&path)?;
        if !kind.is_file() {
            return Ok(Err("not a file".to_owned()));
        }
        if kind.len() > MOST_BYTES {
            let text = format!("larger than {} MiB, which isn't read", MOST_BYTES >> 20);
            return Ok(Err(text));
        }
        fs::read_to_string(&path).map(Ok)
    };
    let text = read().unwrap_or_else(|error| Err(format!("cannot be read: {error}")));
    text.map_err(|text| Problem::of_page(name, text))
}

type Texts = Vec<Result<String, Problem>>;

async fn fetch(
    site: &Url,
    cache: PathBuf,
    notes: &mut Vec<String>,
    lenient: Option<&mut Vec<Problem>>,
) -> anyhow::Result<(Index, Texts)> {
    let fetcher = Fetcher::new(site, cache)?;
    let text = fetcher
        .get(site, index::NAME)
        .await
        .map_err(Problems::from)?;
    let index = parse_index(&text, site, notes, lenient)?;
    let get = |entry: Entry| {
        let fetcher = &fetcher;
        async move { fetcher.get(&entry.url, entry.file()).await }
    };
    let texts = stream::iter(index.api.clone()).map(get).buffered(AT_ONCE);
    let texts: Texts = texts.collect().await;
    Ok((index, texts))
}

/// As the user typed it.
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Site(url) => f.write_str(url.as_str()),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_remote_site_are_never_ours() {
        for (from, ours) in [
            ("pages", true),
            ("http://127.0.0.1:80", true),
            ("https://docs.example", false),
        ] {
            assert_eq!(
                from.parse::<Source>().unwrap().may_be_ours(),
                ours,
                "{from}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_endless_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("a.md")).unwrap();

        let problem = read_file(folder.path(), "a.md").unwrap_err();

        assert_eq!(problem.to_string(), "a.md: not a file");
    }
}
