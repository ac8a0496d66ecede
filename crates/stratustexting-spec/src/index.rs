//! The site's index, `llms.txt`: the list of pages.
//!
//! A title line, then sections with one link a line. Before the link is the page's
//! folder, its levels joined by `>`; after it the first line of the page's description,
//! which the page repeats, so it is dropped.

use pulldown_cmark::{Event, Parser, Tag};
use url::Url;

use super::{file_name, loosen::percent_decoded, problem::Problem};

/// The name of the index at the site, and in a folder of pages.
pub(crate) const NAME: &str = "llms.txt";

/// More pages than any API of this kind has: a longer index isn't read.
const MOST_PAGES: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) title: String,
    /// Pages for people.
    pub(crate) docs: Vec<Entry>,
    /// Pages of operations.
    pub(crate) api: Vec<Entry>,
}

/// One page that the index lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) folder: String,
    pub(crate) title: String,
    pub(crate) url: Url,
    pub(crate) line: usize,
    /// The name of the page's file in a folder of pages, made from the URL's path.
    file: String,
}

impl Entry {
    /// The name of the page's file in a folder of pages.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Renames its file.
    pub(crate) fn rename(&mut self, file: String) {
        self.file = file;
    }

    /// Other names that its file may have in a folder from elsewhere.
    pub(crate) fn other_files(&self) -> Vec<String> {
        let decoded = percent_decoded(self.url.path());
        let decoded = decoded.trim_matches('/');
        let names = [
            file_name::plain(self.url.path()),
            decoded.replace('/', "--"),
        ];
        // A plain name, so that no path leads out of the folder.
        let is_name = |name: &String| !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        names.into_iter().filter(is_name).collect()
    }

    /// The kind of page, by the platform's id at the end of the path.
    fn kind(&self) -> PageKind {
        let path = self.url.path();
        let stem = path.strip_suffix(".md").unwrap_or(path);
        let last = stem.rsplit(['/', '-']).next().unwrap_or_default();
        let id = |suffix: &str| {
            let number = last.strip_suffix(suffix).unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        if id("f0") {
            PageKind::Folder
        } else if id("w0") {
            PageKind::Socket
        } else {
            PageKind::Operation
        }
    }
}

enum PageKind {
    /// An operation, also one with a custom path, which has no id.
    Operation,
    Folder,
    Socket,
}

/// Reads the index. Skipped lines go to `notes`; unreadable lines go to `failed` if the
/// caller goes on without them.
pub(crate) fn read(
    text: &str,
    base: &Url,
    notes: &mut Vec<String>,
    failed: Option<&mut Vec<Problem>>,
) -> Result<Index, Vec<Problem>> {
    let mut index = Index {
        title: String::new(),
        docs: Vec::new(),
        api: Vec::new(),
    };
    let mut problems = Vec::new();
    let mut section = String::new();
    let text = text.trim_start_matches('\u{feff}');
    for (number, line) in (1..).zip(text.lines()) {
        if index.api.len() > MOST_PAGES {
            break;
        }
        if let Some(heading) = line.strip_prefix("## ") {
            heading.trim().clone_into(&mut section);
        } else if let Some(title) = line.strip_prefix("# ") {
            title.trim().clone_into(&mut index.title);
        } else if let Some(item) = line.strip_prefix("- ") {
            match (entry(item, number, base), section.as_str()) {
                (Ok(entry), "Docs") => index.docs.push(entry),
                (Ok(entry), "API Docs") => add(&mut index.api, entry, notes, &mut problems),
                (Ok(_), _) => notes.push(format!(
                    "{NAME}:{number}: an item outside of the known sections is skipped"
                )),
                // Pages for people aren't read, so an invalid link loses nothing.
                (Err(problem), "Docs") => notes.push(format!("{problem}; skipped")),
                (Err(problem), _) => problems.push(problem),
            }
        }
    }
    if let Some(failed) = failed {
        failed.append(&mut problems);
    }
    file_name::tell_apart(&mut index.api);
    if index.title.is_empty() {
        problems.push(Problem::at(NAME, 1, "no title line: is this the index?"));
    }
    if index.api.is_empty() && problems.is_empty() {
        let text = "no page is listed under `## API Docs`";
        problems.push(Problem::of_page(NAME, text));
    }
    if index.api.len() > MOST_PAGES {
        let text = format!("more than {MOST_PAGES} pages, which aren't read");
        problems.push(Problem::of_page(NAME, text));
    }
    if problems.is_empty() {
        Ok(index)
    } else {
        Err(problems)
    }
}

fn add(
    entries: &mut Vec<Entry>,
    entry: Entry,
    notes: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) {
    let line = entry.line;
    let what = match entry.kind() {
        PageKind::Folder => "a folder's page",
        PageKind::Socket => "the page of a socket",
        PageKind::Operation => {
            let name = entry.file();
            if !name.ends_with(".md") {
                let text = format!("its file would be called {name:?}, which isn't allowed");
                problems.push(Problem::at(NAME, line, text));
                return;
            }
            match entries.iter().find(|other| other.url == entry.url) {
                None => entries.push(entry),
                Some(other) => notes.push(format!(
                    "{NAME}:{line}: listed before, in line {}",
                    other.line
                )),
            }
            return;
        }
    };
    notes.push(format!("{NAME}:{line}: {what} is skipped: {}", entry.title));
}

/// One item: folder, link, and a summary that is dropped.
fn entry(item: &str, line: usize, base: &Url) -> Result<Entry, Problem> {
    let link = Parser::new(item)
        .into_offset_iter()
        .find_map(|(event, range)| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some((dest_url, range)),
            _ => None,
        });
    let Some((target, range)) = link else {
        return Err(Problem::at(NAME, line, "an item without a link"));
    };
    let url = base
        .join(&target)
        .map_err(|error| Problem::at(NAME, line, format!("not a URL: {error}")))?;
    if url.origin() != base.origin() {
        let host = url.host_str().unwrap_or("no host").to_owned();
        return Err(Problem::at(
            NAME,
            line,
            format!("a link to another host ({host}), which isn't followed"),
        ));
    }
    let link = &item[range.clone()];
    let title = link.rfind("](").map_or(link, |end| &link[..end]);
    Ok(Entry {
        folder: visible(&item[..range.start]),
        title: visible(title.strip_prefix('[').unwrap_or(title)),
        file: file_name::of(url.path()),
        url,
        line,
    })
}

/// A text without invisible characters, such as marks that change the text's direction.
fn visible(text: &str) -> String {
    let hidden = |c: &char| {
        c.is_control()
            || matches!(*c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{061c}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.chars().filter(|c| !hidden(c)).collect();
    text.trim().to_owned()
}

impl Index {
    /// The same index with other pages, whose files are named as in an index of those.
    pub(crate) fn with_pages(&self, mut api: Vec<Entry>) -> Self {
        for entry in &mut api {
            entry.rename(file_name::of(entry.url.path()));
        }
        file_name::tell_apart(&mut api);
        Self {
            api,
            ..self.clone()
        }
    }

    /// The index as text: the same grammar, without the summaries.
    pub(crate) fn render(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        for (heading, entries) in [("Docs", &self.docs), ("API Docs", &self.api)] {
            text += &format!("\n## {heading}\n");
            for entry in entries {
                let folder = if entry.folder.is_empty() {
                    String::new()
                } else {
                    format!("{} ", entry.folder)
                };
                text += &format!("- {folder}[{}]({}):\n", entry.title, entry.url);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        "https://docs.example/llms.txt".parse().unwrap()
    }

    fn read_whole(text: &str) -> (Result<Index, Vec<Problem>>, Vec<String>) {
        let mut notes = Vec::new();
        (read(text, &base(), &mut notes, None), notes)
    }

    #[test]
    fn reads_the_grammar_of_the_platform() {
        let text = "# A project\n\n## Docs\n- [Start](https://docs.example/start-1m0.md): \n\
             - Guides > Deep  down [More](https://docs.example/more-2m0.md): ### Intro\n\n\
             ## API Docs\n- A > B [Get [it] now ](https://docs.example/get-it-3e0.md): :::tip\n\
             - [Own path](https://docs.example/any/path.md):\n\
             - A [Folder](https://docs.example/folder-4f0.md): \n\
             - A [Socket](https://docs.example/5w0.md): \n\
             - [Own path](https://docs.example/any/path.md):\n";

        let (index, notes) = read_whole(text);

        let index = index.unwrap();
        assert_eq!(index.title, "A project");
        assert_eq!(index.docs.len(), 2);
        assert_eq!(index.docs[1].folder, "Guides > Deep  down");
        let api: Vec<_> = index
            .api
            .iter()
            .map(|entry| (entry.folder.as_str(), entry.title.as_str(), entry.file()))
            .collect();
        assert_eq!(
            api,
            [
                ("A > B", "Get [it] now", "get-it-3e0.md"),
                ("", "Own path", "any--path.md"),
            ]
        );
        assert_eq!(notes.len(), 3, "{notes:?}");
        let kept = index.render();
        let (again, notes) = read_whole(&kept);
        assert_eq!(again.unwrap().render(), kept);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_title() {
        let (index, _) = read_whole("\u{feff}# T\n## API Docs\n- [A](/a.md):\n");

        assert_eq!(index.unwrap().title, "T");
    }

    #[test]
    fn an_endless_index_is_not_read_to_its_end() {
        let items = (0..100_000).map(|index| format!("- [A](/a-{index}e0.md):\n"));
        let text = format!("# T\n## API Docs\n{}", items.collect::<String>());

        let (index, _) = read_whole(&text);

        assert_eq!(index.unwrap_err().len(), 1);
    }

    #[test]
    fn pages_never_share_a_file_name_in_any_order() {
        for (one, other) in [
            ("/a.md", "/A.md"),
            ("/a/b.md", "/a--b.md"),
            ("/a!.md", "/a*.md"),
        ] {
            let names = |first: &str, second: &str| {
                let text = format!("# T\n## API Docs\n- [A]({first}):\n- [B]({second}):\n");
                let index = read_whole(&text).0.unwrap();
                let names = index.api.iter().map(|entry| entry.file().to_owned());
                names.collect::<Vec<_>>()
            };

            let here = names(one, other);
            let mut there = names(other, one);

            assert!(!here[0].eq_ignore_ascii_case(&here[1]), "{here:?}");
            there.reverse();
            assert_eq!(here, there);
        }
    }

    #[test]
    fn a_title_keeps_its_visible_characters() {
        let text = "# T\n## API Docs\n- [\u{202e}A / B \u{1f600} \u{200f}\u{5d0}](/a.md):\n";

        let index = read_whole(text).0.unwrap();

        assert_eq!(index.api[0].title, "A / B \u{1f600} \u{5d0}");
        let kept = index.render();
        assert_eq!(read_whole(&kept).0.unwrap().render(), kept);
    }

    #[test]
    fn an_invalid_index_is_reported_with_its_line() {
        let other_host = "# T\n## API Docs\n- [A](https://elsewhere.example/a-1e0.md): x\n";
        let no_link = "# T\n## API Docs\n- nothing here\n";
        let index = "# T\n## API Docs\n- [A](/llms.txt):\n";
        let root = "# T\n## API Docs\n- [A](/):\n";
        for (text, expected) in [
            ("", "llms.txt:1: no title line"),
            (
                "<html><body>Not found</body></html>",
                "llms.txt:1: no title line",
            ),
            ("# T\n", "llms.txt: no page is listed"),
            (
                other_host,
                "llms.txt:3: a link to another host (elsewhere.example)",
            ),
            (no_link, "llms.txt:3: an item without a link"),
            (index, "llms.txt:3: its file would be called \"llms.txt\""),
            (root, "llms.txt:3: its file would be called \"\""),
        ] {
            let (index, _) = read_whole(text);
            let problems = index.unwrap_err();
            assert!(
                problems[0].to_string().starts_with(expected),
                "{problems:?}"
            );
        }
    }
}
