//! The walk through a list: which request comes next, and when the list ends.
//!
//! `discovery.rs` finds out how the service pages. All that the service says of the end is
//! combined. If it contradicts itself, or if a page came twice, the walk goes on as far as it
//! can, and ends in doubt, which [`End`] tells.

mod discovery;

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hasher},
    io,
};

use serde::Serialize;
use stratustexting_client::Operation;

use super::{
    End, Fetch, Page, PageRequest,
    last_page::{LastPage, is_short},
    page_position::{PagePosition, Token},
};
use crate::{CallOptions, Error, Paging, Result, error::Kind, reading::NextToken};

/// How many pages are remembered, to recognise one that comes again.
const REMEMBERED: usize = 16;

/// How many empty pages in a row count as gaps in the list.
const MAX_EMPTY_PAGES: u32 = 100;

pub(super) struct Walk<T> {
    operation: &'static str,
    fetch: Box<Fetch<T>>,
    pub(super) size: Option<u32>,
    /// The options for the call of each page.
    pub(super) options: CallOptions,
    /// How the list pages, if the caller has set it.
    paging: Option<Paging>,
    start: u32,
    pub(super) position: PagePosition,
    pub(super) end: Option<End>,
    /// The fingerprints of the pages that are remembered.
    seen_pages: VecDeque<u64>,
    /// How many empty pages came in a row.
    empty_pages: u32,
    /// The number of items, as the service says.
    total: Option<u64>,
    /// Why something may be missing.
    doubt: Option<End>,
    /// The first page's token, while pages are requested by their numbers.
    unused_token: Option<NextToken>,
    /// Whether a page has been handed out.
    delivered: bool,
    /// Whether the last page said that there are more.
    says_more: bool,
}

impl<T: Serialize + Send + 'static> Walk<T> {
    pub(super) fn new(
        operation: &'static str,
        paging: Option<Paging>,
        fetch: Box<Fetch<T>>,
    ) -> Self {
        let documented = Operation::find(operation).and_then(|row| row.pagination.as_ref());
        let mut walk = Self {
            operation,
            fetch,
            size: None,
            options: CallOptions::default(),
            paging,
            start: documented.map_or(0, |paging| paging.first_page),
            position: PagePosition {
                page: 0,
                first: None,
                seen: Some(0),
                unreadable: 0,
                token: None,
            },
            end: None,
            seen_pages: VecDeque::with_capacity(REMEMBERED),
            empty_pages: 0,
            total: None,
            doubt: None,
            unused_token: None,
            delivered: false,
            says_more: false,
        };
        walk.position = walk.start();
        walk
    }

    /// The beginning of the list.
    fn start(&self) -> PagePosition {
        let first = match &self.paging {
            Some(Paging::Numbered { first_page, .. }) => *first_page,
            _ => None,
        };
        PagePosition {
            page: first.unwrap_or(self.start),
            first,
            seen: Some(0),
            unreadable: 0,
            token: None,
        }
    }

    pub(super) fn go_to(&mut self, position: PagePosition) {
        self.delivered = position != self.start();
        self.position = position;
        self.end = None;
        self.seen_pages.clear();
        self.empty_pages = 0;
        self.doubt = None;
        self.unused_token = None;
        self.says_more = false;
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Page<T>>> {
        loop {
            if self.end.is_some() {
                return Ok(None);
            }
            if let Some(token) = self.position.token.clone() {
                let page = self.request(None, Some(&token)).await?;
                return self.add_by_token(page, &token);
            }
            let number = self.position.page;
            let page = match self.request(Some(number), None).await {
                Ok(page) => page,
                Err(error) => match self.after_rejection(error, number).await? {
                    Some(page) => page,
                    None => return Ok(None),
                },
            };
            if let Some(page) = self.add(page).await? {
                return Ok(Some(page));
            }
        }
    }

    async fn request(&self, page: Option<u32>, token: Option<&Token>) -> Result<Page<T>> {
        let numbered = matches!(self.paging, None | Some(Paging::Numbered { .. }));
        let pages = !matches!(self.paging, Some(Paging::Single));
        let token = token.map(|token| (token.parameter.clone(), token.token.clone()));
        let request = PageRequest {
            page: page.filter(|_| numbered),
            size: self.size.filter(|_| pages),
            token,
            options: self.options.clone(),
        };
        (self.fetch)(request).await
    }

    /// Adds a page that was requested by its number, and returns it if it belongs to the list.
    async fn add(&mut self, page: Page<T>) -> Result<Option<Page<T>>> {
        match self.paging {
            Some(Paging::Single) => {
                self.finish(End::Single);
                return Ok(Some(page));
            }
            Some(Paging::Token { .. }) => return self.accept(page).await.map(Some),
            _ => {}
        }
        let fingerprint = fingerprint(&page);
        if !page.is_empty() && self.seen_pages.contains(&fingerprint) {
            return self.after_repeat(fingerprint).await;
        }
        let is_first = !self.delivered && self.position.page == 0 && self.position.first.is_none();
        let page = if is_first {
            self.after_page_0(page).await
        } else {
            page
        };
        self.accept(page).await.map(Some)
    }

    /// Adds a page that belongs to the list.
    async fn accept(&mut self, page: Page<T>) -> Result<Page<T>> {
        self.remember(fingerprint(&page));
        let before = self.position.seen;
        self.count(&page);
        let token = page.metadata.token.clone();
        let is_last = LastPage::of(&page, &self.position, before);
        self.says_more = matches!(is_last, LastPage::No | LastPage::Contradictory);
        let first_delivered = !std::mem::replace(&mut self.delivered, true);
        self.position.page = self.position.page.saturating_add(1);
        match (&self.paging, token) {
            (Some(Paging::Token { from, parameter }), token) => {
                let (from, parameter) = (from.clone(), parameter.clone());
                match token {
                    Some(NextToken { key, token }) if key == from => {
                        self.position.token = Some(Token { parameter, token });
                    }
                    // There is a token, but not under the key that the caller has set.
                    Some(_) => self.finish(End::TokenNotTaken { key: from }),
                    None => self.finish(End::Reported),
                }
                return Ok(page);
            }
            (_, Some(token)) if first_delivered && is_last != LastPage::Yes => {
                let metadata = &page.metadata;
                let by_number = metadata.number.is_some() || metadata.total_pages.is_some();
                if self.paging.is_none() && !by_number {
                    self.follow(token).await?;
                    return Ok(page);
                }
                self.unused_token = Some(token).filter(|_| self.paging.is_none());
            }
            _ => {}
        }
        if page.is_empty() {
            self.empty_pages += 1;
            if self.empty_pages > MAX_EMPTY_PAGES {
                return Err(Error::new(Kind::Decode).with_source(TooManyEmptyPages));
            }
        } else {
            self.empty_pages = 0;
        }
        match is_last {
            LastPage::Yes => self.finish(End::Reported),
            LastPage::No => {}
            LastPage::Contradictory if page.is_empty() => self.finish(End::Contradiction),
            LastPage::Contradictory => {
                self.doubt.get_or_insert(End::Contradiction);
            }
            LastPage::Unknown if page.is_empty() => self.finish(End::EmptyPage),
            LastPage::Unknown if is_short(&page) => self.finish(End::ShortPage),
            LastPage::Unknown => {}
        }
        Ok(page)
    }

    fn remember(&mut self, fingerprint: u64) {
        if self.seen_pages.len() == REMEMBERED {
            // The first one stays: a service that ignores numbers repeats it.
            self.seen_pages.remove(1);
        }
        self.seen_pages.push_back(fingerprint);
    }

    fn count(&mut self, page: &Page<T>) {
        self.position.seen = self.position.seen.map(|seen| seen + page.readable());
        self.position.unreadable += page.length() - page.readable();
        self.total = page.metadata.total_items.or(self.total);
    }

    /// Adds a page that was requested by a token.
    fn add_by_token(&mut self, page: Page<T>, requested: &Token) -> Result<Option<Page<T>>> {
        let fingerprint = fingerprint(&page);
        if !page.is_empty() && self.seen_pages.contains(&fingerprint) {
            self.finish(End::PageRepeated {
                page: self.position.page,
            });
            return Ok(None);
        }
        self.remember(fingerprint);
        self.count(&page);
        self.position.page = self.position.page.saturating_add(1);
        self.position.token = None;
        match page.metadata.token.clone() {
            Some(next) if next.token != requested.token => {
                self.position.token = Some(Token {
                    parameter: requested.parameter.clone(),
                    token: next.token,
                });
            }
            Some(_) => self.finish(End::PageRepeated {
                page: self.position.page,
            }),
            None => self.finish(End::Reported),
        }
        Ok(Some(page))
    }

    /// Ends the walk for this reason, unless there was a doubt before, or the number of items
    /// says otherwise.
    fn finish(&mut self, reason: End) {
        let end = self.doubt.take().unwrap_or(reason);
        let end = match (self.position.seen, self.total) {
            (Some(came), Some(total)) if came < total => End::TooFew { came, total },
            // All items came, so any doubt was unfounded.
            (Some(_), Some(total)) if total > 0 => End::Reported,
            _ => end,
        };
        self.end = Some(end);
    }
}

fn fingerprint<T: Serialize>(page: &Page<T>) -> u64 {
    struct Writer(DefaultHasher);
    impl io::Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut writer = Writer(DefaultHasher::new());
    // Models that were read from JSON can be written as JSON.
    let _ = serde_json::to_writer(&mut writer, &page.items);
    writer.0.finish()
}

#[derive(Debug)]
struct TooManyEmptyPages;

impl std::fmt::Display for TooManyEmptyPages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the service returns empty pages without end; {MAX_EMPTY_PAGES} in a row were read"
        )
    }
}

impl std::error::Error for TooManyEmptyPages {}
