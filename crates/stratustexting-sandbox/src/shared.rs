//! What all requests of a sandbox share.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::Script,
    callback::Callbacks,
    connection::Connection,
    dialect::Speaker,
    dispatch::Outbox,
    fault::Faults,
    ledger::Ledger,
    limits::Limits,
    route::Route,
    settings::Settings,
    state::State,
    wire::Gate,
};

/// No lock is held while anything is waited for.
pub(crate) struct Shared {
    pub(crate) connection: Connection,
    pub(crate) limits: Limits,
    pub(crate) callbacks: Callbacks,
    pub(crate) outbox: Outbox,
    settings: Mutex<Settings>,
    /// Ends what goes on in the background when the sandbox goes away.
    pub(crate) shutdown: CancellationToken,
    /// How many deliveries are under way.
    pub(crate) under_way: watch::Sender<usize>,
    state: Mutex<State>,
    ledger: Mutex<Ledger>,
    script: Mutex<Script>,
    faults: Mutex<Faults>,
    dialect: Mutex<Speaker>,
    pub(crate) gate: Mutex<Gate>,
    /// Whether connections are refused.
    pub(crate) is_closed: AtomicBool,
    /// How many idle connections were closed because of that.
    pub(crate) idle_closed: AtomicUsize,
    /// Ends the requests that are never answered.
    pub(crate) stopped: watch::Sender<()>,
    /// How many requests are on their way in or are being carried out.
    pub(crate) working: watch::Sender<usize>,
}

/// A request that is on its way in or is being carried out, as long as this lives.
pub(crate) struct Working(Arc<Shared>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.send_modify(|count| *count -= 1);
    }
}

impl Shared {
    pub(crate) fn new(
        connection: Connection,
        limits: Limits,
        settings: Settings,
        callbacks: Callbacks,
        outbox: Outbox,
        state: State,
        gate: Gate,
    ) -> Self {
        Self {
            connection,
            limits,
            callbacks,
            outbox,
            settings: Mutex::new(settings),
            shutdown: CancellationToken::new(),
            under_way: watch::Sender::new(0),
            state: Mutex::new(state),
            ledger: Mutex::default(),
            script: Mutex::default(),
            faults: Mutex::default(),
            dialect: Mutex::default(),
            gate: Mutex::new(gate),
            is_closed: AtomicBool::new(false),
            idle_closed: AtomicUsize::new(0),
            stopped: watch::Sender::new(()),
            working: watch::Sender::new(0),
        }
    }

    pub(crate) fn working(shared: &Arc<Self>) -> Working {
        shared.working.send_modify(|count| *count += 1);
        Working(Arc::clone(shared))
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn dialect(&self) -> MutexGuard<'_, Speaker> {
        self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stop_failing(&self) {
        self.faults().stop();
        self.stopped.send_replace(());
    }

    /// The name of what a request goes to, if faults may meet it.
    pub(crate) fn operation_at(&self, method: &str, path: &str) -> Option<&'static str> {
        self.route(method, path).name()
    }

    pub(crate) fn route(&self, method: &str, path: &str) -> Route {
        let dialect = self.dialect().dialect();
        Route::find(dialect, &self.limits, method, path)
    }

    pub(crate) fn settings(&self) -> Settings {
        let settings = self.settings.lock();
        settings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes settings; returns what they are then.
    ///
    /// # Errors
    ///
    /// What can't be; then nothing is changed.
    pub(crate) fn change_settings(
        &self,
        change: impl FnOnce(&Settings) -> Result<Settings, String>,
    ) -> Result<Settings, String> {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        *settings = change(&settings)?;
        self.outbox.set_at_a_time(settings.deliveries.at_a_time);
        Ok(settings.clone())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the requests that arrived, whole or broken.
    pub(crate) fn clear_ledger(&self) {
        self.ledger().clear();
        self.faults().clear_broken();
    }
}
