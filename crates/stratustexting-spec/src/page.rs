//! Reads a page of the site, which describes one operation.
//!
//! A page is Markdown with one fenced block of YAML, which is an OpenAPI document with
//! one operation. Text before and after the block is for people.

use openapi_diff::METHODS;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use serde_json::{Map, Value};
use url::Url;

use super::{problem::Problem, yaml};
/// The operation that one page describes.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    /// The name of the page's file, also used in messages.
    pub(crate) page: String,
    /// The page's URL, without the extension of the Markdown version.
    pub(crate) url: Option<Url>,
    pub(crate) title: String,
    pub(crate) path: String,
    /// In lower case, as in a document.
    pub(crate) method: String,
    pub(crate) operation: Map<String, Value>,
    /// By kind, such as `schemas`, then by name.
    pub(crate) components: Map<String, Value>,
    /// The URLs of the page's servers. The document's servers come from the overlay.
    pub(crate) servers: Vec<String>,
    /// The block, for line numbers.
    block: Block,
}

/// The text of a fenced block, and the page's line where it begins.
#[derive(Clone, Debug)]
struct Block {
    text: String,
    line: usize,
}

impl Fragment {
    /// A problem at the page's first line that contains a text.
    pub(crate) fn problem(&self, near: &str, text: impl Into<String>) -> Problem {
        Problem::at(&self.page, self.line_of(near), text)
    }

    /// The page's first line that contains a text, or the line where the block begins.
    pub(crate) fn line_of(&self, near: &str) -> usize {
        self.block.line + yaml::line_of(&self.block.text, near) - 1
    }
}

/// Reads a page.
pub(crate) fn read(page: &str, text: &str, url: Option<Url>) -> Result<Fragment, Problem> {
    // Otherwise the parsers of Markdown and YAML count lines differently.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if looks_like_html(&text) {
        return Err(Problem::at(
            page,
            1,
            "an HTML page where Markdown is expected",
        ));
    }
    let (title, block) = block(page, &text)?;
    let root = yaml::read(&block.text)
        .map_err(|error| Problem::at(page, block.line + error.line - 1, error.text))?;
    operation(page, url, title, block, root)
}

fn looks_like_html(text: &str) -> bool {
    let start = text.trim_start().get(..9).unwrap_or_default();
    start.eq_ignore_ascii_case("<!doctype") || start.to_ascii_lowercase().starts_with("<html")
}

/// The page's title and its one block of YAML that is an OpenAPI document.
fn block(page: &str, text: &str) -> Result<(String, Block), Problem> {
    let mut title = None;
    let mut in_title = false;
    let mut blocks = Vec::new();
    let mut in_block = false;
    // Blocks come in order, so each line is counted once.
    let (mut counted, mut lines) = (0, 1);
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) => {
                in_title = title.is_none();
                title.get_or_insert_with(String::new);
            }
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Text(part) | Event::Code(part) if in_title => {
                title.get_or_insert_default().push_str(&part);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split_whitespace().next().unwrap_or_default();
                in_block = matches!(language.to_ascii_lowercase().as_str(), "yaml" | "yml");
                if in_block {
                    lines += text[counted..range.start].matches('\n').count();
                    counted = range.start;
                    check_end(page, &text[range], lines)?;
                    let (text, line) = (String::new(), lines + 1);
                    blocks.push(Block { text, line });
                }
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Text(part) if in_block => {
                if let Some(block) = blocks.last_mut() {
                    block.text.push_str(&part);
                }
            }
            _ => {}
        }
    }
    blocks.retain(|block| block.text.lines().any(|line| line.starts_with("openapi:")));
    let mut blocks = blocks.into_iter();
    let Some(block) = blocks.next() else {
        return Err(Problem::at(
            page,
            1,
            "no block of YAML with an OpenAPI document",
        ));
    };
    if let Some(second) = blocks.next() {
        return Err(Problem::at(
            page,
            second.line,
            format!(
                "a second OpenAPI document; the first is in line {}",
                block.line
            ),
        ));
    }
    Ok((title.unwrap_or_default().trim().to_owned(), block))
}

/// A block without an end means that the page was cut off.
fn check_end(page: &str, block: &str, line: usize) -> Result<(), Problem> {
    let mut lines = block.trim_end().lines();
    let (first, last) = (lines.next(), lines.next_back());
    let fence = |line: &str| {
        let line = line.trim();
        line.starts_with("```") || line.starts_with("~~~")
    };
    if first.is_some() && last.is_some_and(fence) {
        Ok(())
    } else {
        Err(Problem::at(
            page,
            line,
            "the block has no end: the page is cut off",
        ))
    }
}

fn operation(
    page: &str,
    url: Option<Url>,
    title: String,
    block: Block,
    root: Value,
) -> Result<Fragment, Problem> {
    let problem = |near: &str, text: String| {
        Err(Problem::at(
            page,
            block.line + yaml::line_of(&block.text, near) - 1,
            text,
        ))
    };
    let Value::Object(mut root) = root else {
        return problem("", "the block isn't an object".to_owned());
    };
    let version = root
        .get("openapi")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !version.starts_with("3.") {
        return problem("openapi:", format!("OpenAPI {version} where 3 is expected"));
    }
    let paths = match root.remove("paths") {
        Some(Value::Object(paths)) => paths,
        _ => return problem("paths:", "no paths".to_owned()),
    };
    let mut found = Vec::new();
    for (path, item) in paths {
        let Value::Object(mut item) = item else {
            return problem(&key(&path), format!("the path {path} isn't an object"));
        };
        let common = item.remove("parameters");
        for method in METHODS {
            match item.remove(method) {
                None => {}
                Some(Value::Object(mut operation)) => {
                    add_common(&mut operation, common.as_ref());
                    found.push((path.clone(), method, operation));
                }
                Some(_) => {
                    return problem(&key(&path), format!("{method} of {path} isn't an object"));
                }
            }
        }
    }
    let components = match root.remove("components") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(components)) => components,
        Some(_) => return problem("components:", "the components aren't an object".to_owned()),
    };
    let servers = root.get("servers").and_then(Value::as_array);
    let urls = servers.into_iter().flatten();
    let urls = urls.filter_map(|server| server["url"].as_str());
    let servers = urls.filter(|url| !url.is_empty()).map(str::to_owned);
    let count = found.len();
    let (Some((path, method, operation)), 1) = (found.pop(), count) else {
        return problem("paths:", format!("{count} operations where a page has one"));
    };
    if !path.starts_with('/') {
        return problem(
            &key(&path),
            format!("the path {path} doesn't begin with a slash"),
        );
    }
    Ok(Fragment {
        page: page.to_owned(),
        url,
        title,
        path,
        method: method.to_owned(),
        operation,
        components,
        servers: servers.collect(),
        block,
    })
}

/// A key as the text has it, if it needs no quotes.
fn key(name: &str) -> String {
    format!("{name}:")
}

/// Adds the parameters of the path to its operation, unless the operation has one of
/// the same name.
fn add_common(operation: &mut Map<String, Value>, common: Option<&Value>) {
    let Some(common) = common.and_then(Value::as_array) else {
        return;
    };
    let own = operation
        .entry("parameters")
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(own) = own {
        let same = |one: &Value, other: &Value| {
            one["name"].is_string() && one["name"] == other["name"] && one["in"] == other["in"]
        };
        let more = common
            .iter()
            .filter(|common| !own.iter().any(|own| same(own, common)));
        let more: Vec<Value> = more.cloned().collect();
        own.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "```yaml\nopenapi: 3.0.1\npaths:\n  /a/{id}:\n    parameters:\n\
        \x20     - {name: id, in: path}\n    get:\n      summary: A\n\n```\n";

    fn page(before: &str, after: &str) -> String {
        format!("# Get `A`\n\n{before}## OpenAPI Specification\n\n{BLOCK}{after}")
    }

    #[test]
    fn reads_title_and_operation_and_knows_lines() {
        let text = page("Words.\n\n", "\nGet A\n\nGET /a\n\n```json\n{}\n```\n");
        for text in [
            text.clone(),
            text.replace('\n', "\r\n"),
            format!("\u{feff}{text}"),
        ] {
            let fragment = read("a.md", &text, None).unwrap();

            assert_eq!(
                (fragment.title.as_str(), fragment.method.as_str()),
                ("Get A", "get")
            );
            assert_eq!(fragment.operation["parameters"][0]["name"], "id");
            assert_eq!(fragment.line_of("/a/{id}"), 10);
        }
    }

    #[test]
    fn many_blocks_are_read_in_linear_time() {
        let text = page(&"```yaml\na: 1\n```\n".repeat(100_000), "");

        assert_eq!(
            read("a.md", &text, None).unwrap().line_of("openapi"),
            300_006
        );
    }

    #[test]
    fn an_operation_replaces_a_parameter_of_its_path() {
        let text = page("", "").replace(
            "      summary: A\n",
            "      parameters:\n        - {name: id, in: path, description: own}\n        \
             - {name: id, in: query}\n",
        );

        let fragment = read("a.md", &text, None).unwrap();

        let parameters = fragment.operation["parameters"].as_array().unwrap();
        assert_eq!(parameters.len(), 2, "{parameters:?}");
        assert_eq!(parameters[0]["description"], "own");
    }

    #[test]
    fn problems_have_page_and_line() {
        let inner = |yaml: &str| format!("# T\n\n```yaml\n{yaml}```\n");
        for (text, expected) in [
            ("# T\n\nNothing here.\n".to_owned(), "a.md:1: no block"),
            ("  <!DOCTYPE html><p>".to_owned(), "a.md:1: an HTML page"),
            (
                "<html>\n".to_owned() + &page("", ""),
                "a.md:1: an HTML page",
            ),
            (page("", BLOCK), "a.md:16: a second OpenAPI document"),
            (
                page("", "").replace("\n```\n", "\n"),
                "a.md:5: the block has no end",
            ),
            (inner("openapi: 3.0.1\na: b: c\n"), "a.md:5: not YAML"),
            (inner("openapi: 2.0\n"), "a.md:4: OpenAPI"),
            (inner("openapi: '2.0'\n"), "a.md:4: OpenAPI 2.0"),
            (inner("openapi: 3.0.1\npaths: {}\n"), "a.md:5: 0 operations"),
            (
                inner("openapi: 3.0.1\npaths:\n  /a: {get: {}, put: {}}\n"),
                "a.md:5: 2 operations",
            ),
            (
                inner("openapi: 3.0.1\npaths:\n  /a: {get: []}\n"),
                "a.md:6: get of /a isn't an object",
            ),
            (
                inner("openapi: 3.0.1\npaths:\n  /a: 1\n"),
                "a.md:6: the path /a isn't an object",
            ),
            (
                inner("openapi: 3.0.1\npaths:\n  a: {get: {}}\n"),
                "a.md:6: the path a",
            ),
        ] {
            let problem = read("a.md", &text, None).unwrap_err().to_string();
            assert!(problem.starts_with(expected), "{problem}, not {expected}");
        }
    }
}
