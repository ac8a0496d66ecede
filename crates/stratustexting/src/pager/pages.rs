//! A list as a stream of pages: which page comes next, and when it is over.

use std::{
    collections::VecDeque,
    fmt,
    hash::{DefaultHasher, Hasher},
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Stream, future::BoxFuture};
use serde::Serialize;

use super::{Fetch, Page};
use crate::{Error, Result, error::Kind};

/// How many pages are remembered to recognise one that repeats.
const REMEMBERED: usize = 16;

/// How many empty pages in a row are taken for gaps in the list.
const EMPTY_PAGES: u32 = 100;

/// A list as a [`Stream`] of pages; from [`Pager::pages`](super::Pager::pages).
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    operation: &'static str,
    fetch: Box<Fetch<T>>,
    pub(super) size: Option<u32>,
    next: Next,
    under_way: Option<BoxFuture<'static, Result<Page<T>>>>,
    /// A page that came before it was needed.
    ahead: Option<Result<Page<T>>>,
    fingerprints: VecDeque<u64>,
    empty: u32,
}

/// What is to come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    Page(u32),
    /// Nothing; the number is that of the page after the last.
    Over(u32),
}

impl<T: Serialize + Send + 'static> Pages<T> {
    pub(super) fn new(operation: &'static str, fetch: Box<Fetch<T>>) -> Self {
        Self {
            operation,
            fetch,
            size: None,
            next: Next::Page(0),
            under_way: None,
            ahead: None,
            fingerprints: VecDeque::with_capacity(REMEMBERED),
            empty: 0,
        }
    }

    pub(super) fn start_at(&mut self, page: u32) {
        self.next = Next::Page(page);
        self.under_way = None;
        self.ahead = None;
        self.fingerprints.clear();
        self.empty = 0;
    }

    pub(super) fn next_number(&self) -> u32 {
        match self.next {
            Next::Page(number) | Next::Over(number) => number,
        }
    }

    /// Gets on with the next page without handing it out.
    pub(super) fn poll_ahead(&mut self, cx: &mut Context<'_>) {
        if self.ahead.is_none()
            && let Poll::Ready(page) = self.poll_fetch(cx)
        {
            self.ahead = page;
        }
    }

    fn poll_fetch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Page<T>>>> {
        let Next::Page(number) = self.next else {
            return Poll::Ready(None);
        };
        let under_way = self
            .under_way
            .get_or_insert_with(|| (self.fetch)(number, self.size));
        let page = ready!(under_way.poll_unpin(cx));
        self.under_way = None;
        Poll::Ready(Some(page))
    }

    /// Takes note of a page, and says whether it belongs to the list.
    fn accept(&mut self, number: u32, page: &Page<T>) -> Result<bool> {
        let over = Next::Over(number.saturating_add(1));
        let fingerprint = fingerprint(&page.items);
        if !page.items.is_empty() && self.fingerprints.contains(&fingerprint) {
            // The service ignores the number, or repeats its last page for ever.
            tracing::debug!(operation = self.operation, page = number, "page repeats");
            self.next = Next::Over(number);
            return Ok(false);
        }
        if self.fingerprints.len() == REMEMBERED {
            // The first one stays: it is what a service repeats that ignores numbers.
            self.fingerprints.remove(1);
        }
        self.fingerprints.push_back(fingerprint);
        self.empty = if page.items.is_empty() {
            self.empty + 1
        } else {
            0
        };
        if self.empty > EMPTY_PAGES {
            return Err(Error::new(Kind::Decode).with_source(TooManyEmptyPages));
        }
        self.next = match number.checked_add(1) {
            Some(next) if goes_on(next, page) => Next::Page(next),
            _ => over,
        };
        Ok(true)
    }
}

/// Whether there is another page, by what the service says of this one. What it says
/// outright counts before what can only be concluded.
fn goes_on<T>(next: u32, page: &Page<T>) -> bool {
    if let Some(last) = page.last {
        return !last;
    }
    if let Some(total) = page.total_pages {
        return next < total;
    }
    if page.items.is_empty() {
        return false;
    }
    // The size that the service reports; it may be less than what was asked for, so
    // a page shorter than that says nothing.
    page.size
        .is_none_or(|size| page.items.len() >= usize::try_from(size).unwrap_or(usize::MAX))
}

fn fingerprint(items: &impl Serialize) -> u64 {
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
    let _ = serde_json::to_writer(&mut writer, items);
    writer.0.finish()
}

impl<T: Serialize + Send + Unpin + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let page = match this.ahead.take() {
            Some(page) => Some(page),
            None => ready!(this.poll_fetch(cx)),
        };
        let number = this.next_number();
        Poll::Ready(match page {
            None => None,
            Some(Ok(page)) => match this.accept(number, &page) {
                Ok(true) => Some(Ok(page)),
                Ok(false) => None,
                Err(error) => {
                    this.next = Next::Over(number);
                    Some(Err(error))
                }
            },
            Some(Err(error)) => {
                this.next = Next::Over(number);
                Some(Err(error))
            }
        })
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.operation)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct TooManyEmptyPages;

impl fmt::Display for TooManyEmptyPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the service sends empty pages without end; {EMPTY_PAGES} in a row were read"
        )
    }
}

impl std::error::Error for TooManyEmptyPages {}
