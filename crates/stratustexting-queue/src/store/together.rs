//! Things that come at the same time are done together.
//!
//! A database waits for the disk at each commit. With one commit per event, that wait would be
//! the limit; what comes while another commit is under way shares the next.

use std::{
    future::Future,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard, oneshot};

use crate::{Error, Result, error::Kind};

/// What is done together.
pub(super) trait Work: Send + Sync + 'static {
    type Item: Send + Sync + 'static;
    type Done: Send + 'static;

    /// Does all of them or none, and returns what each has come to, in their order.
    fn all(
        &self,
        items: &[Self::Item],
    ) -> impl Future<Output = sqlx::Result<Vec<Self::Done>>> + Send;

    /// No lot follows at once: what was kept for the next one can be given back.
    fn rest(&self) {}

    /// Whether nothing was done because of some of the items, so that others may succeed
    /// without them. It must be `false` if anything may have been done.
    fn is_of_some(error: &sqlx::Error) -> bool;
}

/// Does each item in the next lot.
pub(super) struct Together<W: Work> {
    work: Arc<W>,
    queue: Arc<Mutex<Queue<W>>>,
    turn: Arc<Turn<()>>,
}

struct Queue<W: Work> {
    items: Vec<Waiting<W>>,
    /// Whether a task does what comes.
    is_served: bool,
}

type Waiting<W> = (<W as Work>::Item, Caller<<W as Work>::Done>);
type Caller<T> = oneshot::Sender<Result<T>>;

/// How many go together: enough to share the disk's wait, few enough that the first of them
/// doesn't wait long for the last.
const TOGETHER: usize = 256;

impl<W: Work> Together<W> {
    pub(super) fn new(work: W) -> Self {
        Self {
            work: Arc::new(work),
            queue: Arc::new(Mutex::new(Queue {
                items: Vec::new(),
                is_served: false,
            })),
            turn: Arc::default(),
        }
    }

    /// Waits until nothing is done, and keeps it so.
    #[cfg(feature = "sqlite")]
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// Returns when the item is done. It is done also if the caller stops waiting.
    pub(super) async fn add(&self, item: W::Item) -> Result<W::Done> {
        let (caller, done) = oneshot::channel();
        let is_served = {
            let mut queue = lock(&self.queue);
            queue.items.push((item, caller));
            std::mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            let mut served = Served {
                queue: Arc::clone(&self.queue),
                has_ended: false,
            };
            let (work, turn) = (Arc::clone(&self.work), Arc::clone(&self.turn));
            tokio::spawn(async move {
                loop {
                    let _turn: OwnedMutexGuard<()> = match Arc::clone(&turn).try_lock_owned() {
                        Ok(turn) => turn,
                        Err(_) => {
                            work.rest();
                            Arc::clone(&turn).lock_owned().await
                        }
                    };
                    let Some(lot) = served.next_lot() else {
                        work.rest();
                        return;
                    };
                    do_lot(&*work, lot).await;
                }
            });
        }
        // The sender is lost only with the runtime.
        done.await.unwrap_or(Err(Error::new(Kind::Stopped)))
    }
}

fn lock<W: Work>(queue: &Mutex<Queue<W>>) -> MutexGuard<'_, Queue<W>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The queue in the hands of the one task that serves it.
struct Served<W: Work> {
    queue: Arc<Mutex<Queue<W>>>,
    has_ended: bool,
}

impl<W: Work> Served<W> {
    /// What waits, up to the limit. `None` ends the service: whoever comes later begins another.
    fn next_lot(&mut self) -> Option<Vec<Waiting<W>>> {
        let mut queue = lock(&self.queue);
        if queue.items.is_empty() {
            queue.is_served = false;
            self.has_ended = true;
            return None;
        }
        let now = TOGETHER.min(queue.items.len());
        let rest = queue.items.split_off(now);
        Some(mem::replace(&mut queue.items, rest))
    }
}

/// When the task's runtime has ended in the middle, what waits is told so: nobody else would do
/// it.
impl<W: Work> Drop for Served<W> {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut queue = lock(&self.queue);
            queue.is_served = false;
            queue.items.clear();
        }
    }
}

async fn do_lot<W: Work>(work: &W, lot: Vec<Waiting<W>>) {
    let (items, callers): (Vec<_>, Vec<_>) = lot.into_iter().unzip();
    match work.all(&items).await {
        Ok(done) => {
            for (caller, done) in callers.into_iter().zip(done) {
                tell(caller, Ok(done));
            }
        }
        Err(error) if items.len() > 1 && W::is_of_some(&error) => {
            for (item, caller) in items.chunks(1).zip(callers) {
                tell(caller, alone(work, item).await);
            }
        }
        Err(error) => {
            let error = Error::from(error);
            for caller in callers {
                tell(caller, Err(error.clone()));
            }
        }
    }
}

async fn alone<W: Work>(work: &W, item: &[W::Item]) -> Result<W::Done> {
    let done = work.all(item).await?;
    done.into_iter().next().ok_or(Error::new(Kind::Stopped))
}

fn tell<T>(caller: Caller<T>, result: Result<T>) {
    // A caller that waits no longer needs no result.
    let _ = caller.send(result);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;
    use tokio::time;

    use super::*;

    /// Doubles numbers, 1 s per lot; 13 can't be done, and 0 fails all.
    #[derive(Default)]
    struct Doubling {
        lots: Mutex<Vec<Vec<u32>>>,
    }

    impl Work for Arc<Doubling> {
        type Item = u32;
        type Done = u32;

        async fn all(&self, items: &[u32]) -> sqlx::Result<Vec<u32>> {
            self.lots.lock().unwrap().push(items.to_vec());
            time::sleep(Duration::from_secs(1)).await;
            if items.contains(&0) {
                return Err(sqlx::Error::PoolTimedOut);
            }
            if items.contains(&13) {
                return Err(sqlx::Error::RowNotFound);
            }
            Ok(items.iter().map(|item| item * 2).collect())
        }

        fn is_of_some(error: &sqlx::Error) -> bool {
            matches!(error, sqlx::Error::RowNotFound)
        }
    }

    async fn run(items: impl IntoIterator<Item = u32>) -> (Vec<Option<u32>>, Vec<Vec<u32>>) {
        let work = Arc::new(Doubling::default());
        let together = Together::new(Arc::clone(&work));
        let results = join_all(items.into_iter().map(|item| together.add(item))).await;
        let lots = work.lots.lock().unwrap().clone();
        (results.into_iter().map(Result::ok).collect(), lots)
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_together_is_done_together() {
        let (results, lots) = run(1..=5).await;

        assert_eq!(results, [2, 4, 6, 8, 10].map(Some));
        assert_eq!(lots, [[1, 2, 3, 4, 5]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lot_has_a_limit() {
        let (results, lots) = run(100..700).await;

        assert_eq!(results.len(), 600);
        assert_eq!(results[599], Some(1398));
        let lots: Vec<_> = lots.iter().map(Vec::len).collect();
        assert_eq!(lots, [256, 256, 88]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_cant_be_done_fails_alone() {
        let (results, _) = run([1, 13, 2]).await;

        assert_eq!(results, [Some(2), None, Some(4)]);
    }

    /// A database that is away is asked once, not once for each that waits.
    #[tokio::test(start_paused = true)]
    async fn a_failure_of_all_reaches_each() {
        let (results, lots) = run([1, 0, 2]).await;

        assert_eq!(results, [None, None, None]);
        assert_eq!(lots.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_item_is_done_though_its_caller_is_gone() {
        let work = Arc::new(Doubling::default());
        let together = Together::new(Arc::clone(&work));
        let gone = time::timeout(Duration::from_millis(1), together.add(1)).await;
        assert!(gone.is_err());

        assert_eq!(together.add(2).await.ok(), Some(4));
        assert_eq!(*work.lots.lock().unwrap(), [[1], [2]]);
    }

    /// The task that serves belongs to the runtime of whoever came first.
    #[test]
    fn a_runtime_that_ends_holds_up_nobody_else() {
        let work = Arc::new(Doubling::default());
        let together = Arc::new(Together::new(Arc::clone(&work)));
        let paused = || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.enable_time().start_paused(true).build().unwrap()
        };
        let (first, second) = (paused(), paused());
        first.block_on(async {
            let begun = time::timeout(Duration::from_millis(10), together.add(1)).await;
            assert!(begun.is_err(), "it was done at once");
        });
        let waiting = second.spawn({
            let together = Arc::clone(&together);
            async move { together.add(2).await }
        });
        second.block_on(tokio::task::yield_now());

        drop(first);

        assert!(second.block_on(waiting).unwrap().is_err());
        assert_eq!(second.block_on(together.add(3)).unwrap(), 6);
    }
}
