//! A list as a stream of pages.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Stream, future::BoxFuture};
use serde::Serialize;

use super::{End, Fetch, Page, place::Place, walk::Walk};
use crate::{CallOptions, Error, Paging, Result, error::Kind};

/// A list as a [`Stream`] of pages; from [`Pager::pages`](super::Pager::pages).
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    operation: &'static str,
    state: State<T>,
    /// A page that came before it was needed.
    ahead: Option<Step<T>>,
    /// Whether the step that is under way, or came, was begun before its page was needed.
    begun_ahead: bool,
    /// Where the page is that comes after those that were handed out.
    place: Place,
    end: Option<End>,
    accept_incomplete: bool,
}

enum State<T> {
    Waiting(Box<Walk<T>>),
    UnderWay(BoxFuture<'static, Step<T>>),
    Over,
}

/// One step of the walk: what it brought, and the walk itself.
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
            place: walk.place.clone(),
            state: State::Waiting(Box::new(walk)),
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

    pub(super) fn go_to(&mut self, place: Place) {
        self.ahead = None;
        self.end = None;
        if let Some(walk) = self.walk() {
            walk.go_to(place.clone());
            self.place = place;
        }
    }

    /// The walk, if it isn't under way; before the first poll it never is.
    fn walk(&mut self) -> Option<&mut Walk<T>> {
        match &mut self.state {
            State::Waiting(walk) => Some(walk),
            State::UnderWay(_) | State::Over => None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Why the list ended; none before it has.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// Gets on with the next page without handing it out.
    pub(super) fn poll_ahead(&mut self, cx: &mut Context<'_>) {
        self.begun_ahead |= matches!(self.state, State::Waiting(_));
        if self.ahead.is_none()
            && let Poll::Ready(step) = self.poll_step(cx)
        {
            self.ahead = step;
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step<T>>> {
        if let State::Waiting(_) = self.state
            && let State::Waiting(mut walk) = std::mem::replace(&mut self.state, State::Over)
        {
            self.state = State::UnderWay(
                async move {
                    let outcome = walk.next().await;
                    Step { outcome, walk }
                }
                .boxed(),
            );
        }
        let State::UnderWay(step) = &mut self.state else {
            return Poll::Ready(None);
        };
        let step = ready!(step.poll_unpin(cx));
        self.state = State::Over;
        Poll::Ready(Some(step))
    }

    /// What a step is to the caller.
    fn settle(&mut self, step: Step<T>) -> Option<Result<Page<T>>> {
        let Step { outcome, walk } = step;
        match outcome {
            Ok(Some(page)) => {
                self.place = walk.place.clone();
                self.state = State::Waiting(walk);
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
                // Nobody drove it while the caller was busy with the page before, and its time
                // ran all the same. Now that the page is needed it gets all of its time. Where
                // the walk has gone on, a page was taken, which must not be asked for again.
                Some(Step {
                    outcome: Err(_),
                    walk,
                }) if begun_ahead && walk.place == this.place => {
                    this.state = State::Waiting(walk);
                }
                step => return Poll::Ready(step.and_then(|step| this.settle(step))),
            }
        }
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("operation", &self.operation)
            .field("place", &self.place)
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
    use crate::{pager::Pager, reading::Facts};

    fn page(items: Vec<u32>, last: bool) -> Page<u32> {
        Page {
            items,
            total_items: None,
            total_pages: None,
            size: None,
            last: Some(last),
            unreadable: 0,
            diagnostics: Vec::new(),
            facts: Facts {
                last: Some(last),
                ..Facts::default()
            },
        }
    }

    /// Three pages from a service that takes 50 ms for each, to a client that gives a call
    /// 30 seconds; and how often a page was asked for.
    fn list(fails: impl Fn(u32) -> bool + Send + Sync + 'static) -> (Pager<u32>, Arc<AtomicU32>) {
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
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
        (pager, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_slow_between_two_items_loses_no_page_to_the_clock() {
        let (mut pager, _) = list(|_| false);
        let mut items = Vec::new();

        while let Some(item) = pager.next_item().await.unwrap() {
            items.push(item);
            advance(Duration::from_secs(60)).await;
        }

        assert_eq!(items, (0..30).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_failed_ahead_is_asked_for_again_when_it_is_needed() {
        let (mut pager, asked) = list(|request| request == 1);
        let mut items = Vec::new();

        while let Some(item) = pager.next_item().await.unwrap() {
            items.push(item);
            sleep(Duration::from_millis(100)).await;
        }

        assert_eq!(items, (0..30).collect::<Vec<_>>());
        assert_eq!(asked.load(Ordering::Relaxed), 4);
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
