//! Checking again and again.

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle, time};

use super::{Keeper, KeeperReport};

/// A keeper at work; from [`Keeper::run`].
///
/// When it is dropped, it ends after the current check.
#[derive(Debug)]
#[must_use = "a keeper's task that is dropped ends"]
pub struct KeeperTask {
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

/// The wait after a check that failed.
const FIRST_WAIT: Duration = Duration::from_secs(10);

impl KeeperTask {
    pub(super) fn start(keeper: Keeper, report: impl Fn(&KeeperReport) + Send + 'static) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let mut failures = 0;
            loop {
                let checked = keeper.ensure().await;
                if checked.error().is_some() || !checked.changes().is_empty() {
                    report(&checked);
                }
                failures = match checked.error() {
                    Some(_) => failures + 1,
                    None => 0,
                };
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => return,
                    () = time::sleep(wait(&keeper, failures)) => {}
                }
            }
        });
        Self {
            stop,
            task: Some(task),
        }
    }

    /// Ends it after the current check, so that no change goes unreported. Subscriptions stay.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for KeeperTask {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn wait(keeper: &Keeper, failures: u32) -> Duration {
    let wait = match failures {
        0 => keeper.interval,
        more => FIRST_WAIT.saturating_mul(2_u32.saturating_pow(more - 1)),
    };
    // Less up to a tenth, so that two machines don't check at the same moment.
    wait.min(keeper.interval)
        .mul_f64(1.0 - fastrand::f64() / 10.0)
}
