//! Pages: which items are requested, the facts about a page, and its envelope.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use stratustexting_client::Operation;

use super::{Counts, Items, ListEnvelope, PageFacts, PageStyle, body::Rewriter};
use crate::{
    api::{ApiRequest, page::integer},
    limits::Limits,
    response::ApiError,
};

/// The default size of a page, as in Spring Data.
const DEFAULT_SIZE: usize = 20;

/// A number that doesn't fit into 32 bits.
const HUGE: u64 = 1 << 32;

/// How a request asks for a page; an extension of the request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paging(pub(super) PageStyle);

/// The requested items; an extension of the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// The page, from 0 on.
    pub(crate) number: usize,
    /// How many items a page has.
    pub(crate) size: usize,
    /// How many items there are.
    pub(crate) total: usize,
    /// Whether the sandbox is configured to give no facts about pages.
    bare: bool,
}

impl Window {
    pub(crate) fn start(&self) -> usize {
        self.number.saturating_mul(self.size)
    }

    pub(crate) fn pages(&self) -> usize {
        self.total.div_ceil(self.size)
    }

    pub(crate) fn is_last(&self) -> bool {
        self.number + 1 >= self.pages()
    }
}

impl Paging {
    /// Which items a request asks for; a size above the limit is reduced to it.
    pub(crate) fn window(
        self,
        request: &ApiRequest,
        limits: &Limits,
        total: usize,
    ) -> Result<Window, ApiError> {
        let size = integer(request, "size", 1, DEFAULT_SIZE)?.min(limits.max_page_size);
        let at = |number, size| Window {
            number,
            size,
            total,
            bare: limits.bare_pages,
        };
        let window = match self.0 {
            PageStyle::FromZero => at(integer(request, "page", 0, 0)?, size),
            PageStyle::FromOne => at(integer(request, "page", 0, 1)?.saturating_sub(1), size),
            PageStyle::FromOneOnly => at(integer(request, "page", 1, 1)? - 1, size),
            PageStyle::LastRepeated => {
                let last = total.div_ceil(size).saturating_sub(1);
                at(integer(request, "page", 0, 0)?.min(last), size)
            }
            PageStyle::Everything => at(0, total.max(1)),
            PageStyle::PageToken => Token::read(request, "pageToken", size, at)?,
            PageStyle::Cursor => Token::read(request, "cursor", size, at)?,
        };
        Ok(window)
    }
}

/// An opaque token for a page and its size.
struct Token;

impl Token {
    fn read(
        request: &ApiRequest,
        name: &str,
        size: usize,
        at: impl Fn(usize, usize) -> Window,
    ) -> Result<Window, ApiError> {
        let Some(token) = request.optional(name)? else {
            return Ok(at(0, size));
        };
        let parse = || {
            let text = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
            let text = String::from_utf8(text).ok()?;
            let (number, size) = text.split_once('/')?;
            // Larger numbers and sizes of pages aren't possible.
            let number = usize::try_from(number.parse::<u32>().ok()?).ok()?;
            let size = usize::try_from(size.parse::<u32>().ok()?).ok()?;
            (size > 0).then(|| at(number, size))
        };
        let unknown =
            || ApiError::bad_request(format!("Parameter '{name}' wasn't issued by this sandbox"));
        parse().ok_or_else(unknown)
    }

    fn next(window: Window) -> Option<String> {
        let next =
            || BASE64_URL_SAFE_NO_PAD.encode(format!("{}/{}", window.number + 1, window.size));
        (!window.is_last()).then(next)
    }
}

/// The body of a page in the dialect, made from the default one.
pub(super) fn page(
    rewriter: &mut Rewriter<'_>,
    operation: &Operation,
    window: Window,
    mut page: Value,
) -> Value {
    let Value::Array(items) = page["content"].take() else {
        return page;
    };
    let facts = facts(rewriter, window, items.len());
    let mut items: Vec<Value> = items.into_iter().map(|i| rewriter.object(i)).collect();
    if rewriter.dialect.items == Items::NullElement && !items.is_empty() {
        items.insert(1, Value::Null);
    }
    let page = envelope(rewriter, operation, items.into(), facts);
    with_token(rewriter, window, page)
}

fn envelope(
    rewriter: &Rewriter<'_>,
    operation: &Operation,
    items: Value,
    mut facts: Map<String, Value>,
) -> Value {
    let mut beside = |key: &str| {
        let mut page = Map::from_iter([(key.to_owned(), items.clone())]);
        page.append(&mut facts);
        Value::Object(page)
    };
    match rewriter.dialect.list_envelope {
        ListEnvelope::Content => beside("content"),
        ListEnvelope::Data => beside("data"),
        ListEnvelope::Items => beside("items"),
        ListEnvelope::Results => beside("results"),
        ListEnvelope::Bare => items,
        ListEnvelope::Nested => json!({"data": beside("content")}),
        ListEnvelope::PagedModel => {
            let page = json!({"content": items});
            with_page(rewriter, page, facts)
        }
        ListEnvelope::Hal => {
            let name = operation.tag.to_ascii_lowercase();
            let page = json!({"_embedded": {name: items}});
            with_page(rewriter, page, facts)
        }
    }
}

/// Adds the facts that Spring's newer forms have, under `page`.
fn with_page(rewriter: &Rewriter<'_>, mut page: Value, mut facts: Map<String, Value>) -> Value {
    let kept = ["size", "number", "totalElements", "totalPages"];
    match rewriter.dialect.page_facts {
        PageFacts::All => facts.retain(|key, _| kept.contains(&key.as_str())),
        PageFacts::Contradicting => {
            facts.retain(|key, _| key == "last" || kept.contains(&key.as_str()));
        }
        _ => {}
    }
    if !facts.is_empty() {
        page["page"] = facts.into();
    }
    page
}

fn with_token(rewriter: &Rewriter<'_>, window: Window, mut page: Value) -> Value {
    let holder = match rewriter.dialect.list_envelope {
        ListEnvelope::Nested => &mut page["data"],
        _ => &mut page,
    };
    let next = Token::next(window);
    match rewriter.dialect.paging() {
        PageStyle::PageToken => {
            if let Some(next) = next {
                holder["nextPageToken"] = next.into();
            }
        }
        PageStyle::Cursor => holder["nextCursor"] = next.into(),
        _ => {}
    }
    page
}

/// The facts about a page.
fn facts(rewriter: &Rewriter<'_>, window: Window, count_on_page: usize) -> Map<String, Value> {
    let dialect = rewriter.dialect;
    let count = |count: usize| match dialect.counts {
        Counts::Integer | Counts::HugeSize => Value::from(count),
        Counts::Text => count.to_string().into(),
        Counts::Float => (count as f64).into(),
    };
    let boolean = |value| rewriter.boolean(value);
    let single = |key: &str, value: Value| Map::from_iter([(key.to_owned(), value)]);
    let is_last = window.is_last();
    let all = |pages: usize, last: bool| {
        let from_one = matches!(
            dialect.paging(),
            PageStyle::FromOne | PageStyle::FromOneOnly
        );
        let size = match dialect.counts {
            Counts::HugeSize => Value::from(HUGE),
            _ => count(window.size),
        };
        [
            ("totalElements", count(window.total)),
            ("totalPages", count(pages)),
            ("number", count(window.number + usize::from(from_one))),
            ("size", size),
            ("numberOfElements", count(count_on_page)),
            ("first", boolean(window.number == 0)),
            ("last", boolean(last)),
            ("empty", boolean(count_on_page == 0)),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    };
    match dialect.page_facts {
        PageFacts::All if window.bare => Map::new(),
        PageFacts::All => all(window.pages(), is_last),
        PageFacts::None => Map::new(),
        PageFacts::TotalElements => single("totalElements", count(window.total)),
        PageFacts::Total => single("total", count(window.total)),
        PageFacts::TotalCount => single("totalCount", count(window.total)),
        PageFacts::Last => single("last", boolean(is_last)),
        PageFacts::HasMore => single("hasMore", boolean(!is_last)),
        PageFacts::HasNext => single("hasNext", boolean(!is_last)),
        PageFacts::Contradicting => all(window.pages() + 1, true),
    }
}
