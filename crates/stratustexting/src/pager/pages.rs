//! A list as a stream of pages.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Stream, future::BoxFuture};
use serde::Serialize;

use super::{End, Fetch, Page, page_position::PagePosition, walk::Walk};
use crate::{CallOptions, Error, Paging, Result, error::Kind};

/// A list as a [`Stream`] of pages; from [`Pager::pages`](super::Pager::pages).
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    operation: &'static str,
    state: State<T>,
    /// A step that ended before its page was needed.
    ahead: Option<Step<T>>,
    /// Whether the current step was begun before its page was needed.
    begun_ahead: bool,
    /// Where the page after those that were handed out is.
    position: PagePosition,
    end: Option<End>,
    accept_incomplete: bool,
}

enum State<T> {
    Idle(Box<Walk<T>>),
    Running(BoxFuture<'static, Step<T>>),
    Ended,
}

/// One step of the walk: its outcome, and the walk itself.
struct Step<T> {
    outcome: Result<Option<Page<T>>>,
    walk: Box<Walk<T>>,
}

impl<T: Serialize + Send + 'static> Pages<T> {
    pub(super) fn new(
        operation: &'static str,
        paging: Option<Paging>,
        fetch: Box<Fetch<T>>,
    ) -> Self {
        let walk = Walk::new(operation, paging, fetch);
        Self {
            operation,
            position: walk.position.clone(),
            state: State::Idle(Box::new(walk)),
            ahead: None,
            begun_ahead: false,
            end: None,
            accept_incomplete: false,
        }
    }

    pub(super) fn set_size(&mut self, size: Option<u32>) {
        if let Some(walk) = self.walk() {
            walk.size = size;
        }
    }

    pub(super) fn change_options(&mut self, change: impl FnOnce(CallOptions) -> CallOptions) {
        if let Some(walk) = self.walk() {
            walk.options = change(std::mem::take(&mut walk.options));
        }
    }

    pub(super) fn accept_incomplete(&mut self, accept: bool) {
        self.accept_incomplete = accept;
    }

    pub(super) fn go_to(&mut self, position: PagePosition) {
        self.ahead = None;
        self.end = None;
        if let Some(walk) = self.walk() {
            walk.go_to(position.clone());
            self.position = position;
        }
    }

    /// The walk, unless a step is running; before the first poll none is.
    fn walk(&mut self) -> Option<&mut Walk<T>> {
        match &mut self.state {
            State::Idle(walk) => Some(walk),
            State::Running(_) | State::Ended => None,
        }
    }

    pub(super) fn position(&self) -> &PagePosition {
        &self.position
    }

    /// Why the list ended; `None` before it has ended.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Makes progress on the next page without handing it out.
    pub(super) fn poll_ahead(&mut self, cx: &mut Context<'_>) {
        self.begun_ahead |= matches!(self.state, State::Idle(_));
        if self.ahead.is_none()
            && let Poll::Ready(step) = self.poll_step(cx)
        {
            self.ahead = step;
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step<T>>> {
        if let State::Idle(_) = self.state
            && let State::Idle(mut walk) = std::mem::replace(&mut self.state, State::Ended)
        {
            self.state = State::Running(
                async move {
                    let outcome = walk.next().await;
                    Step { outcome, walk }
                }
                .boxed(),
            );
        }
        let State::Running(step) = &mut self.state else {
            return Poll::Ready(None);
        };
        let step = ready!(step.poll_unpin(cx));
        self.state = State::Ended;
        Poll::Ready(Some(step))
    }

    /// What the stream yields for a step.
    fn finish(&mut self, step: Step<T>) -> Option<Result<Page<T>>> {
        let Step { outcome, walk } = step;
        match outcome {
            Ok(Some(page)) => {
                self.position = walk.position.clone();
                self.state = State::Idle(walk);
                Some(Ok(page))
            }
            Ok(None) => {
                self.end.clone_from(&walk.end);
                let doubt = walk.end.filter(|end| !end.is_complete());
                let doubt = doubt.filter(|_| !self.accept_incomplete)?;
                Some(Err(Error::new(Kind::Incomplete { end: doubt })
                    .with_operation(stratustexting_client::Operation::find(
                        self.operation,
                    ))))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl<T: Serialize + Send + Unpin + 'static> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let step = match this.ahead.take() {
                Some(step) => Some(step),
                None => ready!(this.poll_step(cx)),
            };
            let begun_ahead = std::mem::take(&mut this.begun_ahead);
            match step {
                // It wasn't polled while the caller was busy with the page before, so it may
                // have timed out. Now that the page is needed, it gets its full time. If the
                // walk has moved on, a page was accepted, and must not be requested again.
                Some(Step {
                    outcome: Err(_),
                    walk,
                }) if begun_ahead && walk.position == this.position => {
                    this.state = State::Idle(walk);
                }
                step => return Poll::Ready(step.and_then(|step| this.finish(step))),
            }
        }
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.operation)
            .field("position", &self.position)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        time::Duration,
    };

    use tokio::time::{Instant, advance, sleep};

    use super::*;
    use crate::{pager::Pager, reading::PageMetadata};

    fn page(items: Vec<u32>, last: bool) -> Page<u32> {
        Page {
            items,
            total_items: None,
            total_pages: None,
            size: None,
            last: Some(last),
            unreadable: 0,
            diagnostics: Vec::new(),
            metadata: PageMetadata {
                last: Some(last),
                ..PageMetadata::default()
            },
        }
    }

    /// Three pages from a service that takes 50 ms for each, for a client with a timeout of 30
    /// seconds; and the number of requests.
    fn list(fails: impl Fn(u32) -> bool + Send + Sync + 'static) -> (Pager<u32>, Arc<AtomicU32>) {
        let requests = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&requests);
        let pager = Pager::new("listContacts", None, move |request| {
            let number = request.page.unwrap_or_default();
            let fails = fails(count.fetch_add(1, Ordering::Relaxed));
            async move {
                let start = Instant::now();
                sleep(Duration::from_millis(50)).await;
                if start.elapsed() > Duration::from_secs(30) {
                    return Err(Error::new(Kind::Timeout { while_: "waiting" }));
                }
                if fails {
                    return Err(Error::new(Kind::Transport));
                }
                let first = number * 10;
                Ok(page((first..first + 10).collect(), number == 2))
            }
        });
        (pager, requests)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_caller_loses_no_page_to_the_timeout() {
        let (mut pager, _) = list(|_| false);
        let mut items = Vec::new();

        while let Some(item) = pager.next_item().await.unwrap() {
            items.push(item);
            advance(Duration::from_secs(60)).await;
        }

        assert_eq!(items, (0..30).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_failed_ahead_is_requested_again_when_it_is_needed() {
        let (mut pager, requests) = list(|request| request == 1);
        let mut items = Vec::new();

        while let Some(item) = pager.next_item().await.unwrap() {
            items.push(item);
            sleep(Duration::from_millis(100)).await;
        }

        assert_eq!(items, (0..30).collect::<Vec<_>>());
        assert_eq!(requests.load(Ordering::Relaxed), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_fails_when_it_is_needed_is_an_error() {
        let (mut pager, _) = list(|request| request >= 1);
        let mut items = 0;

        let error = loop {
            match pager.next_item().await {
                Ok(item) => items += usize::from(item.is_some()),
                Err(error) => break error,
            }
        };

        assert!(error.is_transport() && items == 10, "{error:?}");
        assert!(pager.next_item().await.unwrap().is_none(), "it has ended");
    }
}
