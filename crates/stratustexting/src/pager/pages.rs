//! A list as a stream of pages.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Stream, future::BoxFuture};
use serde::Serialize;

use super::{End, Fetch, Page, place::Place, walk::Walk};
use crate::{Error, Paging, Result, error::Kind};

/// A list as a [`Stream`] of pages; from [`Pager::pages`](super::Pager::pages).
#[must_use = "a stream does nothing until it is polled"]
pub struct Pages<T> {
    operation: &'static str,
    state: State<T>,
    /// A page that came before it was needed.
    ahead: Option<Step<T>>,
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
            end: None,
            accept_incomplete: false,
        }
    }

    pub(super) fn set_size(&mut self, size: Option<u32>) {
        if let Some(walk) = self.walk() {
            walk.size = size;
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
        let step = match this.ahead.take() {
            Some(step) => Some(step),
            None => ready!(this.poll_step(cx)),
        };
        Poll::Ready(step.and_then(|step| this.settle(step)))
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
