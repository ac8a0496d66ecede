//! Paging: lists as streams of items, or of pages.

mod page;
mod pages;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures::{FutureExt, Stream, future::BoxFuture};
use serde::{Deserialize, Serialize};

pub use self::{page::Page, pages::Pages};

use crate::Result;

/// A list that is read page by page, as it is needed.
///
/// It is a [`Stream`] of items; [`pages`](Self::pages) makes it one of pages. Only a
/// page or two are in memory at a time, however long the list is. Nothing is
/// requested until the stream is polled; then the next page is requested while the
/// last half of the one before is being handed out ([`look_ahead`](Self::look_ahead)).
///
/// The vendor documents no paging: that answers hold their items under `content` is
/// seen in client code, the rest is inferred. So the end of the list is told by
/// whatever the service says: `last`, `totalPages`, a page shorter than the size that
/// the service reports, an empty page, or a page that repeats an earlier one, as a
/// service does that ignores the page's number.
///
/// After an error the stream ends. [`position`](Self::position) then says where, and
/// [`resume`](Self::resume) goes on from there.
#[must_use = "a stream does nothing until it is polled"]
pub struct Pager<T> {
    pages: Pages<T>,
    items: vec::IntoIter<T>,
    /// How many items the current page had.
    page_length: usize,
    position: Position,
    /// How many items of the first page were handed out before, and are to be passed
    /// over.
    skip: usize,
    look_ahead: bool,
}

/// A place in a list, to go on from later; it can be stored.
///
/// It counts pages and items. When the list changes in between, an item may be
/// missed or come twice: the service has nothing better to hold on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The page of the next item, counted from 0.
    page: u32,
    /// How many items of that page have been handed out.
    item: usize,
    /// The page size that was asked for.
    size: Option<u32>,
}

type Fetch<T> = dyn Fn(u32, Option<u32>) -> BoxFuture<'static, Result<Page<T>>> + Send + Sync;

impl<T: Serialize + Send + 'static> Pager<T> {
    pub(crate) fn new<F>(
        operation: &'static str,
        fetch: impl Fn(u32, Option<u32>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        Self {
            pages: Pages::new(
                operation,
                Box::new(move |page, size| fetch(page, size).boxed()),
            ),
            items: Vec::new().into_iter(),
            page_length: 0,
            position: Position {
                page: 0,
                item: 0,
                size: None,
            },
            skip: 0,
            look_ahead: true,
        }
    }

    /// How many items to ask for per page. By default the service decides; what it
    /// allows at most is UNKNOWN, and it may give fewer.
    pub fn page_size(mut self, items: u32) -> Self {
        self.position.size = Some(items);
        self.pages.size = Some(items);
        self
    }

    /// Whether to request the next page before it is needed; by default it is.
    pub fn look_ahead(mut self, look_ahead: bool) -> Self {
        self.look_ahead = look_ahead;
        self
    }

    /// Goes on where an earlier pager of the same list was, with its page size.
    pub fn resume(mut self, position: Position) -> Self {
        self.position = position;
        self.pages.size = position.size;
        self.pages.start_at(position.page);
        self.skip = position.item;
        self
    }

    /// Where the next item is.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The same list by pages. Items that were handed out come again, with their
    /// page.
    pub fn pages(mut self) -> Pages<T> {
        self.pages.start_at(self.position.page);
        self.pages
    }
}

impl<T: Serialize + Send + Unpin + 'static> Stream for Pager<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.items.next() {
                this.position.item += 1;
                if this.look_ahead && this.items.len() <= this.page_length / 2 {
                    this.pages.poll_ahead(cx);
                }
                if this.items.len() == 0 {
                    this.position.page = this.pages.next_number();
                    this.position.item = 0;
                }
                return Poll::Ready(Some(Ok(item)));
            }
            match std::task::ready!(Pin::new(&mut this.pages).poll_next(cx)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(page)) => {
                    let skip = std::mem::take(&mut this.skip);
                    this.page_length = page.items.len();
                    this.items = page.items.into_iter();
                    if skip > 0 {
                        this.items.nth(skip - 1);
                    }
                    this.position.item = skip;
                    if this.items.len() == 0 {
                        this.position.page = this.pages.next_number();
                        this.position.item = 0;
                    }
                }
            }
        }
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
