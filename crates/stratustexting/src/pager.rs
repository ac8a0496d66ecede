//! Paging: lists as streams of items, or of pages.

mod last_page;
mod page;
mod page_position;
mod pages;
mod walk;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use futures::{FutureExt, Stream, TryStreamExt, future::BoxFuture};
use serde::{Deserialize, Serialize};

use self::page_position::PagePosition;
pub use self::{page::Page, pages::Pages};
pub use crate::list_end::End;
use crate::{CallOptions, Paging, Result};

/// A list that is read page by page, as it is needed.
///
/// It is a [`Stream`] of items; [`pages`](Self::pages) makes it one of pages. Only one or
/// two pages are in memory at a time, however long the list is. Nothing is requested until
/// the stream is polled. From then on, the next page is requested while the second half of
/// the current one is handed out ([`look_ahead`](Self::look_ahead)).
///
/// The vendor documents no paging. That responses have their items under `content` is seen
/// in client code; the rest is inferred. So the pager finds out where the items are, whether
/// pages are numbered from 0 or from 1 or requested by a token, and where the list ends. It
/// first goes by what the service says outright: `last`, the number of pages, the number of
/// items, under any of their usual names. [`end`](Self::end) tells why the list ended.
///
/// # When something may be missing
///
/// Items may be missing if the service contradicts itself, repeats a page instead of another,
/// ignores the page's number, or says that there are more items than came. Then the stream
/// yields all the items that came, and last an error ([`Error::is_incomplete`]), unless
/// [`accept_incomplete`](Self::accept_incomplete) is set. If you know how the service pages,
/// [`ClientBuilder::operation`] tells it to the client.
///
/// After an error the stream ends. [`position`](Self::position) then says where, and
/// [`resume`](Self::resume) goes on from there.
///
/// [`Error::is_incomplete`]: crate::Error::is_incomplete
/// [`ClientBuilder::operation`]: crate::ClientBuilder::operation
#[must_use = "a stream does nothing until it is polled"]
pub struct Pager<T> {
    pages: Pages<T>,
    items: vec::IntoIter<T>,
    /// How many items the current page had.
    page_length: usize,
    position: Position,
    /// How many items of the first page are skipped, because they were handed out before.
    skip: usize,
    look_ahead: bool,
}

/// A position in a list, to go on from later; it can be stored.
///
/// It counts pages and items, and has the token if the service pages by one. If the list
/// changes in between, an item may be missed or come twice: the service offers nothing more
/// stable to go by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The page of the next item.
    #[serde(flatten)]
    page: PagePosition,
    /// How many items of that page have been handed out.
    item: usize,
    /// The page size that was requested.
    size: Option<u32>,
}

/// The parameters by which a page is requested.
#[derive(Clone, Debug)]
pub(crate) struct PageRequest {
    /// The page's number.
    pub(crate) page: Option<u32>,
    /// How many items to put on it.
    pub(crate) size: Option<u32>,
    /// A query parameter and the token in it.
    pub(crate) token: Option<(String, String)>,
    /// The options of the page's call.
    pub(crate) options: CallOptions,
}

type Fetch<T> = dyn Fn(PageRequest) -> BoxFuture<'static, Result<Page<T>>> + Send + Sync;

impl<T: Serialize + Send + 'static> Pager<T> {
    pub(crate) fn new<F>(
        operation: &'static str,
        paging: Option<Paging>,
        fetch: impl Fn(PageRequest) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        let fetch = Box::new(move |request| fetch(request).boxed());
        let pages = Pages::new(operation, paging, fetch);
        Self {
            position: Position {
                page: pages.position().clone(),
                item: 0,
                size: None,
            },
            pages,
            items: Vec::new().into_iter(),
            page_length: 0,
            skip: 0,
            look_ahead: true,
        }
    }

    /// How many items to request per page. By default the service decides; its maximum is
    /// UNKNOWN, and it may give fewer.
    pub fn page_size(mut self, items: u32) -> Self {
        self.position.size = Some(items);
        self.pages.set_size(Some(items));
        self
    }

    /// Sets the options for the call of each page, such as its timeout.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.pages.change_options(|_| options);
        self
    }

    /// Limits the call of each page; see [`CallOptions::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.pages
            .change_options(|options| options.timeout(timeout));
        self
    }

    /// Sets a header of each page's request; see [`CallOptions::header`].
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.pages
            .change_options(|options| options.header(name, value));
        self
    }

    /// Whether to request the next page before it is needed; by default it is.
    pub fn look_ahead(mut self, look_ahead: bool) -> Self {
        self.look_ahead = look_ahead;
        self
    }

    /// Whether a list that may lack items ends without an error, like a complete one; by
    /// default it doesn't. [`end`](Self::end) tells why items may be missing.
    pub fn accept_incomplete(mut self, accept: bool) -> Self {
        self.pages.accept_incomplete(accept);
        self
    }

    /// Goes on from the position of an earlier pager of the same list, with its page size.
    pub fn resume(mut self, position: Position) -> Self {
        self.pages.set_size(position.size);
        self.pages.go_to(position.page.clone());
        self.skip = position.item;
        self.position = position;
        self
    }

    /// The position of the next item.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position.clone()
    }

    /// Why the list ended, and whether anything may be missing; `None` before it has ended.
    ///
    /// A list that was resumed ([`resume`](Self::resume)) from a position of an earlier
    /// version doesn't know how many items came before, so it can't compare that with the
    /// number of items that the service reports.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.pages.end()
    }

    /// The next item; `None` at the end of the list. This is the stream's `try_next`, for
    /// programs that don't depend on `futures`.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let mut contacts = client.contacts().list();
    /// while let Some(contact) = contacts.next_item().await? {
    ///     assert!(contact.mobile_number.is_some());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As the stream's: any of a page's, and
    /// [`Error::is_incomplete`](crate::Error::is_incomplete) at the end.
    pub async fn next_item(&mut self) -> Result<Option<T>>
    where
        T: Unpin,
    {
        self.try_next().await
    }

    /// The items from here on, at most `limit` of them. It requests only the pages that it
    /// needs. If it returns fewer items than `limit`, the list has ended.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let contacts = client.contacts().list().collect_up_to(100).await?;
    ///
    /// assert_eq!(contacts.len(), 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`next_item`](Self::next_item); the items before the error are lost with it.
    pub async fn collect_up_to(mut self, limit: usize) -> Result<Vec<T>>
    where
        T: Unpin,
    {
        // A page that is requested ahead would be dropped.
        self.look_ahead = false;
        let mut items = Vec::new();
        while items.len() < limit {
            match self.try_next().await? {
                Some(item) => items.push(item),
                None => break,
            }
        }
        Ok(items)
    }

    /// The same list by pages. Items of the current page that were handed out come again with
    /// their page.
    pub fn pages(mut self) -> Pages<T> {
        self.pages.go_to(self.position.page);
        self.pages
    }

    /// Moves the position to the next page.
    fn end_page(&mut self) {
        self.position.page = self.pages.position().clone();
        self.position.item = 0;
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
                    this.end_page();
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
                        this.end_page();
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
