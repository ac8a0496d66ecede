//! The site's index, `llms.txt`: which pages there are.
//!
//! A title line, then sections with one link a line. Before the link stands the folder
//! that the page lies in, its levels joined by `>`; after it the first line of the page's
//! description, which says nothing that the page doesn't say, and is left out.

use pulldown_cmark::{Event, Parser, Tag};
use url::Url;

use super::problem::Problem;

/// The name of the index at the site, and in a folder of pages.
pub(crate) const NAME: &str = "llms.txt";

/// The longest name of a page's file; file systems take no more than 255 bytes.
const LONGEST_NAME: usize = 200;

/// More pages than any API of this kind has: an index beyond it isn't read.
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
}

impl Entry {
    /// The name of the page's file in a folder of pages, made of the URL's path.
    pub(crate) fn file(&self) -> String {
        let path = self.url.path().trim_matches('/').replace('/', "--");
        let safe = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        path.chars()
            .map(|c| if safe(c) { c } else { '-' })
            .collect()
    }

    /// What the platform's id at the end of the path says that this is.
    fn kind(&self) -> Kind {
        let path = self.url.path();
        let stem = path.strip_suffix(".md").unwrap_or(path);
        let last = stem.rsplit(['/', '-']).next().unwrap_or_default();
        let id = |suffix: &str| {
            let number = last.strip_suffix(suffix).unwrap_or_default();
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        };
        if id("f0") {
            Kind::Folder
        } else if id("w0") {
            Kind::Socket
        } else {
            Kind::Operation
        }
    }
}

enum Kind {
    /// Also a page with a path of its own choice, which has no id.
    Operation,
    Folder,
    Socket,
}

/// Reads the index. Lines that say what was passed over go to `notes`.
pub(crate) fn read(text: &str, base: &Url, notes: &mut Vec<String>) -> Result<Index, Vec<Problem>> {
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
                    "{NAME}:{number}: an item outside of the known sections is passed over"
                )),
                // Pages for people aren't read, so nothing is lost by a link that is odd.
                (Err(problem), "Docs") => notes.push(format!("{problem}; passed over")),
                (Err(problem), _) => problems.push(problem),
            }
        }
    }
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
        Kind::Folder => "a folder's page",
        Kind::Socket => "the page of a socket",
        Kind::Operation => {
            let name = entry.file();
            if !name.ends_with(".md") || name.len() > LONGEST_NAME {
                let text =
                    format!("its file would be called {name:.LONGEST_NAME$?}, which can't be");
                problems.push(Problem::at(NAME, line, text));
                return;
            }
            // Not all file systems tell upper case from lower case.
            let same = |other: &&Entry| other.file().eq_ignore_ascii_case(&name);
            match entries.iter().find(same) {
                None => entries.push(entry),
                Some(other) if other.url == entry.url => {
                    notes.push(format!(
                        "{NAME}:{line}: listed before, in line {}",
                        other.line
                    ));
                }
                Some(other) => problems.push(Problem::at(
                    NAME,
                    line,
                    format!("its file would have the name of line {}'s", other.line),
                )),
            }
            return;
        }
    };
    notes.push(format!(
        "{NAME}:{line}: {what} is passed over: {}",
        entry.title
    ));
}

/// One item: folder, link, and a summary that isn't kept.
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
        folder: item[..range.start].trim().to_owned(),
        title: title.trim_start_matches('[').trim().to_owned(),
        url,
        line,
    })
}

impl Index {
    /// The index as it is kept: the same grammar, without the summaries.
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
        (read(text, &base(), &mut notes), notes)
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
                ("A > B", "Get [it] now", "get-it-3e0.md".to_owned()),
                ("", "Own path", "any--path.md".to_owned()),
            ]
        );
        assert_eq!(notes.len(), 3, "{notes:?}");
        let kept = index.render();
        let (again, notes) = read_whole(&kept);
        assert_eq!(again.unwrap().render(), kept);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_title() {
        let (index, _) = read_whole("\u{feff}# T\n## API Docs\n- [A](/a.md):\n");

        assert_eq!(index.unwrap().title, "T");
    }

    #[test]
    fn an_index_without_end_is_not_read_to_its_end() {
        let items = (0..100_000).map(|index| format!("- [A](/a-{index}e0.md):\n"));
        let text = format!("# T\n## API Docs\n{}", items.collect::<String>());

        let (index, _) = read_whole(&text);

        assert_eq!(index.unwrap_err().len(), 1);
    }

    #[test]
    fn what_cannot_be_an_index_says_so_with_its_line() {
        let other_host = "# T\n## API Docs\n- [A](https://elsewhere.example/a-1e0.md): x\n";
        let no_link = "# T\n## API Docs\n- nothing here\n";
        let index = "# T\n## API Docs\n- [A](/llms.txt):\n";
        let root = "# T\n## API Docs\n- [A](/):\n";
        let long = format!("# T\n## API Docs\n- [A](/{}.md):\n", "a".repeat(300));
        let case = "# T\n## API Docs\n- [A](/a.md):\n- [B](/A.md):\n";
        let name_twice = "# T\n## API Docs\n- [A](/a/b.md):\n- [B](/a--b.md):\n";
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
            (&long, "llms.txt:3: its file would be called \"aaa"),
            (case, "llms.txt:4: its file would have the name of line 3's"),
            (
                name_twice,
                "llms.txt:4: its file would have the name of line 3's",
            ),
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
