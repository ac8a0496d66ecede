//! The walk through a list: which request comes next, and when it is over.
//!
//! How the service pages isn't documented, so it is found out on the way. Pages are numbered
//! from 0 unless the service shows otherwise: page 0 refused, empty, or the same as page 1
//! while page 2 is another means that they are numbered from 1. A token in a response is
//! followed once it has shown to be taken. What the service says of the end is put
//! together; where it contradicts itself, or where a page came twice, the walk goes on as far
//! as it can, and ends in doubt, which [`End`] tells.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hasher},
    io,
};

use http::StatusCode;
use serde::Serialize;
use stratustexting_client::Operation;

use super::{
    End, Fetch, Page, PageRequest,
    place::{Place, Token},
    signs::{Signs, is_short},
};
use crate::{CallOptions, Error, Paging, Result, error::Kind, reading::NextToken};

/// How many pages are remembered to recognise one that comes again.
const REMEMBERED: usize = 16;

/// How many empty pages in a row are taken for gaps in the list.
const EMPTY_PAGES: u32 = 100;

pub(super) struct Walk<T> {
    operation: &'static str,
    fetch: Box<Fetch<T>>,
    pub(super) size: Option<u32>,
    /// What is different for the call of each page.
    pub(super) options: CallOptions,
    /// How the list pages, where that is known and not to be found out.
    paging: Option<Paging>,
    start: u32,
    pub(super) place: Place,
    pub(super) end: Option<End>,
    fingerprints: VecDeque<u64>,
    empty: u32,
    total: Option<u64>,
    /// Why something may be missing.
    doubt: Option<End>,
    /// The first page's token, while pages are asked for by their numbers.
    unused: Option<NextToken>,
    delivered: bool,
    /// Whether the last page said that there is more.
    says_more: bool,
}

impl<T: Serialize + Send + 'static> Walk<T> {
    pub(super) fn new(
        operation: &'static str,
        paging: Option<Paging>,
        fetch: Box<Fetch<T>>,
    ) -> Self {
        let row = Operation::find(operation).and_then(|row| row.pagination.as_ref());
        let mut walk = Self {
            operation,
            fetch,
            size: None,
            options: CallOptions::default(),
            paging,
            start: row.map_or(0, |paging| paging.first_page),
            place: Place {
                page: 0,
                first: None,
                seen: Some(0),
                unreadable: 0,
                token: None,
            },
            end: None,
            fingerprints: VecDeque::with_capacity(REMEMBERED),
            empty: 0,
            total: None,
            doubt: None,
            unused: None,
            delivered: false,
            says_more: false,
        };
        walk.place = walk.start();
        walk
    }

    /// The beginning of the list.
    pub(super) fn start(&self) -> Place {
        let first = match &self.paging {
            Some(Paging::Numbered { first_page, .. }) => *first_page,
            _ => None,
        };
        Place {
            page: first.unwrap_or(self.start),
            first,
            seen: Some(0),
            unreadable: 0,
            token: None,
        }
    }

    pub(super) fn go_to(&mut self, place: Place) {
        self.delivered = place != self.start();
        self.place = place;
        self.end = None;
        self.fingerprints.clear();
        self.empty = 0;
        self.doubt = None;
        self.unused = None;
        self.says_more = false;
    }

    /// The next page; none after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Page<T>>> {
        loop {
            if self.end.is_some() {
                return Ok(None);
            }
            if let Some(token) = self.place.token.clone() {
                let page = self.ask(None, Some(&token)).await?;
                return self.after_token(page, &token);
            }
            let number = self.place.page;
            let page = match self.ask(Some(number), None).await {
                Ok(page) => page,
                Err(error) => match self.after_refusal(error, number).await? {
                    Some(page) => page,
                    None => return Ok(None),
                },
            };
            if let Some(page) = self.after(page).await? {
                return Ok(Some(page));
            }
        }
    }

    async fn ask(&self, page: Option<u32>, token: Option<&Token>) -> Result<Page<T>> {
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

    /// A refused page: the first, where pages may be numbered from 1, or the one after the
    /// last.
    async fn after_refusal(&mut self, error: Error, number: u32) -> Result<Option<Page<T>>> {
        let status = error.status().filter(|_| *error.kind() == Kind::Status);
        let is = |statuses: &[u16]| status.is_some_and(|s| statuses.contains(&s.as_u16()));
        if !self.delivered && number == 0 && self.place.first.is_none() {
            if is(&[400, 404, 416, 422]) || blames_the_page(&error) {
                // The first refusal says more than that of a page that nobody knows of, and
                // may have come by chance: then page 0 would be lost by going on from page 1.
                let page = match self.ask(Some(1), None).await {
                    Ok(page) if !page.is_empty() => page,
                    _ => return Err(error),
                };
                if let Ok(first) = self.ask(Some(0), None).await {
                    return Ok(Some(first));
                }
                self.numbered_from(1);
                return Ok(Some(page));
            }
        } else if self.delivered
            && is(&[
                StatusCode::NOT_FOUND.as_u16(),
                StatusCode::RANGE_NOT_SATISFIABLE.as_u16(),
            ])
            && self.doubt.is_none()
            && !self.says_more
        {
            self.finish(End::EmptyPage);
            return Ok(None);
        }
        Err(error)
    }

    fn numbered_from(&mut self, first: u32) {
        tracing::debug!(operation = self.operation, first, "pages are numbered");
        self.place.first = Some(first);
        self.place.page = first;
    }

    /// Takes note of a numbered page, and hands it out if it belongs to the list.
    async fn after(&mut self, page: Page<T>) -> Result<Option<Page<T>>> {
        match self.paging {
            Some(Paging::Single) => {
                self.finish(End::Single);
                return Ok(Some(page));
            }
            Some(Paging::Token { .. }) => return self.accept(page).await.map(Some),
            _ => {}
        }
        let fingerprint = fingerprint(&page);
        if !page.is_empty() && self.fingerprints.contains(&fingerprint) {
            return self.after_repeated(fingerprint).await;
        }
        let is_first = !self.delivered && self.place.page == 0 && self.place.first.is_none();
        let page = if is_first {
            self.after_first(page).await
        } else {
            page
        };
        self.accept(page).await.map(Some)
    }

    /// Looks at page 0, and gives page 1 in its place where that is the first.
    async fn after_first(&mut self, page: Page<T>) -> Page<T> {
        // One that calls itself page 1 proves nothing: a service may count pages from 0 in
        // requests and from 1 in responses.
        if !page.is_empty() && page.facts.number == Some(0) {
            self.place.first = Some(0);
        }
        if page.is_empty() && Signs::of(&page, &self.place, self.place.seen) != Signs::Over {
            match self.ask(Some(1), None).await {
                Ok(other) if !other.is_empty() => {
                    self.numbered_from(1);
                    return other;
                }
                _ => {}
            }
        }
        page
    }

    /// Takes note of a page that belongs to the list.
    async fn accept(&mut self, page: Page<T>) -> Result<Page<T>> {
        self.remember(fingerprint(&page));
        let before = self.place.seen;
        self.count(&page);
        let token = page.facts.token.clone();
        let signs = Signs::of(&page, &self.place, before);
        self.says_more = matches!(signs, Signs::More | Signs::Both);
        let first_delivered = !std::mem::replace(&mut self.delivered, true);
        self.place.page = self.place.page.saturating_add(1);
        match (&self.paging, token) {
            (Some(Paging::Token { from, parameter }), token) => {
                let (from, parameter) = (from.clone(), parameter.clone());
                match token {
                    Some(NextToken { key, token }) if key == from => {
                        self.place.token = Some(Token { parameter, token });
                    }
                    // There is a token, and not where it was said to be.
                    Some(_) => self.finish(End::TokenNotTaken { key: from }),
                    None => self.finish(End::Said),
                }
                return Ok(page);
            }
            (_, Some(token)) if first_delivered && signs != Signs::Over => {
                let by_number = page.facts.number.is_some() || page.facts.total_pages.is_some();
                if self.paging.is_none() && !by_number {
                    self.follow(token).await?;
                    return Ok(page);
                }
                self.unused = Some(token).filter(|_| self.paging.is_none());
            }
            _ => {}
        }
        if page.is_empty() {
            self.empty += 1;
            if self.empty > EMPTY_PAGES {
                return Err(Error::new(Kind::Decode).with_source(TooManyEmptyPages));
            }
        } else {
            self.empty = 0;
        }
        match signs {
            Signs::Over => self.finish(End::Said),
            Signs::More => {}
            Signs::Both if page.is_empty() => self.finish(End::Contradiction),
            Signs::Both => {
                self.doubt.get_or_insert(End::Contradiction);
            }
            Signs::None if page.is_empty() => self.finish(End::EmptyPage),
            Signs::None if is_short(&page) => self.finish(End::ShortPage),
            Signs::None => {}
        }
        Ok(page)
    }

    fn remember(&mut self, fingerprint: u64) {
        if self.fingerprints.len() == REMEMBERED {
            // The first one stays: it is what a service repeats that ignores numbers.
            self.fingerprints.remove(1);
        }
        self.fingerprints.push_back(fingerprint);
    }

    fn count(&mut self, page: &Page<T>) {
        self.place.seen = self.place.seen.map(|seen| seen + page.readable());
        self.place.unreadable += page.length() - page.readable();
        self.total = page.facts.total_items.or(self.total);
    }

    /// A page whose items came before: the second of a list that is numbered from 1, every
    /// page of a service that ignores the number, or one in the place of another.
    async fn after_repeated(&mut self, repeated: u64) -> Result<Option<Page<T>>> {
        let number = self.place.page;
        tracing::debug!(operation = self.operation, page = number, "a page repeats");
        let second = number == 1 && self.place.first.is_none() && self.fingerprints.len() == 1;
        self.place.page = number.saturating_add(1);
        let page = match self.ask(Some(self.place.page), None).await {
            Ok(page) => page,
            Err(error) => {
                self.place.page = number;
                return match self.after_refusal(error, self.place.page).await {
                    Ok(_) => Ok(None),
                    Err(error) => Err(error),
                };
            }
        };
        let known =
            |page: &Page<T>| !page.is_empty() && self.fingerprints.contains(&fingerprint(page));
        if self.fingerprints.len() == 1
            && known(&page)
            && let Some(token) = self.unused.take()
        {
            // The numbers that the pages tell are none to ask by; the token may be.
            self.follow(token).await?;
            return Ok(None);
        }
        if second {
            if known(&page) {
                self.finish(End::PageIgnored);
                return Ok(None);
            }
            // Page 0 was page 1, and what came now is page 2.
            self.place.first = Some(1);
            return self.accept(page).await.map(Some);
        }
        self.doubt.get_or_insert(End::PageRepeated { page: number });
        if known(&page) || page.is_empty() {
            let ignored =
                self.fingerprints.len() == 1 && self.fingerprints.front() == Some(&repeated);
            self.finish(if ignored {
                End::PageIgnored
            } else {
                End::PageRepeated { page: number }
            });
            return Ok(None);
        }
        self.accept(page).await.map(Some)
    }

    /// Finds out under which name the service takes a token back. It is taken if it brings
    /// another page than the first, and the same one when it is asked for again. Failing that,
    /// page 1 is asked for in the same way: some services have both.
    async fn follow(&mut self, next: NextToken) -> Result<()> {
        for parameter in Token::parameters(&next.key) {
            let token = Token {
                parameter,
                token: next.token.clone(),
            };
            if self.is_taken(None, Some(&token)).await? {
                tracing::debug!(
                    operation = self.operation,
                    parameter = token.parameter,
                    "the list is paged by a token"
                );
                self.place.token = Some(token);
                return Ok(());
            }
        }
        if !self.is_taken(Some(self.place.page), None).await? {
            self.finish(End::TokenNotTaken { key: next.key });
        }
        Ok(())
    }

    /// Whether a request brings a page that is new, and twice the same.
    async fn is_taken(&self, page: Option<u32>, token: Option<&Token>) -> Result<bool> {
        let Ok(first) = self.ask(page, token).await else {
            return Ok(false);
        };
        let found = fingerprint(&first);
        if first.is_empty() || self.fingerprints.contains(&found) {
            return Ok(false);
        }
        let again = self.ask(page, token).await?;
        Ok(fingerprint(&again) == found)
    }

    /// Takes note of a page that was asked for by a token.
    fn after_token(&mut self, page: Page<T>, asked: &Token) -> Result<Option<Page<T>>> {
        let fingerprint = fingerprint(&page);
        if !page.is_empty() && self.fingerprints.contains(&fingerprint) {
            self.finish(End::PageRepeated {
                page: self.place.page,
            });
            return Ok(None);
        }
        self.remember(fingerprint);
        self.count(&page);
        self.place.page = self.place.page.saturating_add(1);
        self.place.token = None;
        match page.facts.token.clone() {
            Some(next) if next.token != asked.token => {
                self.place.token = Some(Token {
                    parameter: asked.parameter.clone(),
                    token: next.token,
                });
            }
            Some(_) => self.finish(End::PageRepeated {
                page: self.place.page,
            }),
            None => self.finish(End::Said),
        }
        Ok(Some(page))
    }

    /// Ends the walk: for the reason that is given, unless there was a doubt before, or the
    /// number of items that the service says tells otherwise.
    fn finish(&mut self, reason: End) {
        let end = self.doubt.take().unwrap_or(reason);
        let end = match (self.place.seen, self.total) {
            (Some(came), Some(total)) if came < total => End::TooFew { came, total },
            // All came that there are, whatever else was odd.
            (Some(_), Some(total)) if total > 0 => End::Said,
            _ => end,
        };
        self.end = Some(end);
    }
}

/// Whether a success says that it failed for the page's number. One that fails for something
/// else may do so for a moment only, and page 0 would be lost if page 1 were taken for the
/// first.
fn blames_the_page(error: &Error) -> bool {
    let said = error
        .service_message()
        .filter(|_| error.is_service_failure());
    said.is_some_and(|said| said.to_ascii_lowercase().contains("page"))
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
    // Models that came out of JSON go back into it.
    let _ = serde_json::to_writer(&mut writer, &page.items);
    writer.0.finish()
}

#[derive(Debug)]
struct TooManyEmptyPages;

impl std::fmt::Display for TooManyEmptyPages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the service sends empty pages without end; {EMPTY_PAGES} in a row were read"
        )
    }
}

impl std::error::Error for TooManyEmptyPages {}
