//! What all requests of a sandbox share.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicUsize},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    callback::Callbacks,
    changes::{Changes, Watched},
    connection::ConnectionDetails,
    data::{Journal, Pending, Restored},
    dialect::DialectState,
    dispatch::Outbox,
    fault::Faults,
    ledger::Ledger,
    limits::Limits,
    route::Route,
    script::Script,
    settings::Settings,
    state::State,
    tcp::ListenerState,
};

/// No lock is held across an await.
pub(crate) struct Shared {
    pub(crate) connection: ConnectionDetails,
    pub(crate) limits: Limits,
    pub(crate) callbacks: Callbacks,
    pub(crate) outbox: Outbox,
    settings: Mutex<Settings>,
    /// What the page compares the settings with.
    pub(crate) settings_at_start: Settings,
    /// Ends the background tasks when the sandbox is dropped.
    pub(crate) shutdown: CancellationToken,
    /// How many deliveries aren't finished.
    pub(crate) deliveries_in_flight: watch::Sender<usize>,
    /// Of everything that the page shows.
    pub(crate) changes: Changes,
    state: Mutex<State>,
    ledger: Mutex<Ledger>,
    script: Mutex<Script>,
    faults: Mutex<Faults>,
    dialect: Mutex<DialectState>,
    /// Writes what changes to the file, if there is one.
    pub(crate) journal: OnceLock<Journal>,
    pub(crate) listener: Mutex<ListenerState>,
    /// Whether connections are refused.
    pub(crate) refuses_connections: AtomicBool,
    /// How many idle connections were closed because of that.
    pub(crate) idle_connections_closed: AtomicUsize,
    /// Ends the requests that never get a response.
    pub(crate) faults_stopped: watch::Sender<()>,
    /// How many requests are arriving or being carried out.
    pub(crate) requests_in_flight: watch::Sender<usize>,
}

/// Counts one request as in flight until it is dropped.
pub(crate) struct InFlight(Arc<Shared>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.requests_in_flight.send_modify(|count| *count -= 1);
    }
}

impl Shared {
    pub(crate) fn new(
        connection: ConnectionDetails,
        limits: Limits,
        callbacks: Callbacks,
        outbox: Outbox,
        settings_at_start: Settings,
        restored: Restored,
        listener: ListenerState,
    ) -> Self {
        Self {
            connection,
            limits,
            callbacks,
            outbox,
            settings_at_start,
            settings: Mutex::new(restored.settings),
            shutdown: CancellationToken::new(),
            deliveries_in_flight: watch::Sender::new(0),
            changes: Changes::default(),
            state: Mutex::new(restored.state),
            ledger: Mutex::new(restored.ledger),
            script: Mutex::default(),
            faults: Mutex::new(restored.faults),
            dialect: Mutex::default(),
            journal: OnceLock::new(),
            listener: Mutex::new(listener),
            refuses_connections: AtomicBool::new(false),
            idle_connections_closed: AtomicUsize::new(0),
            faults_stopped: watch::Sender::new(()),
            requests_in_flight: watch::Sender::new(0),
        }
    }

    fn watched<'a, T>(&'a self, mutex: &'a Mutex<T>) -> Watched<'a, T> {
        let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        Watched::new(guard, &self.changes)
    }

    pub(crate) fn request_in_flight(shared: &Arc<Self>) -> InFlight {
        shared.requests_in_flight.send_modify(|count| *count += 1);
        InFlight(Arc::clone(shared))
    }

    pub(crate) fn faults(&self) -> Watched<'_, Faults> {
        self.watched(&self.faults)
    }

    pub(crate) fn dialect_state(&self) -> Watched<'_, DialectState> {
        self.watched(&self.dialect)
    }

    pub(crate) fn stop_failing(&self) {
        self.faults().clear();
        self.faults_stopped.send_replace(());
    }

    /// The name of the operation that a request is for, if it can meet faults.
    pub(crate) fn operation_name(&self, method: &str, path: &str) -> Option<&'static str> {
        self.route(method, path).name()
    }

    pub(crate) fn route(&self, method: &str, path: &str) -> Route {
        let dialect = self.dialect_state().dialect();
        Route::find(dialect, &self.limits, method, path)
    }

    pub(crate) fn settings(&self) -> Settings {
        let settings = self.settings.lock();
        settings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes settings; returns the new ones.
    ///
    /// # Errors
    ///
    /// When a setting is invalid; then nothing is changed.
    pub(crate) fn change_settings(
        &self,
        change: impl FnOnce(&Settings) -> Result<Settings, String>,
    ) -> Result<Settings, String> {
        let mut settings = self.watched(&self.settings);
        *settings = change(&settings)?;
        self.outbox.set_at_a_time(settings.deliveries.at_a_time);
        self.poke();
        Ok(settings.clone())
    }

    /// Sets the settings as the file has them, so there is nothing to write.
    pub(crate) fn put_back_settings(&self, old: Settings) {
        let mut settings = self.watched(&self.settings);
        self.outbox.set_at_a_time(old.deliveries.at_a_time);
        *settings = old;
    }

    pub(crate) fn state(&self) -> Watched<'_, State> {
        let state = Watched::new(self.state_to_write(), &self.changes);
        self.poke();
        state
    }

    /// The state for the thread that writes it to the file.
    pub(crate) fn state_to_write(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ledger(&self) -> Watched<'_, Ledger> {
        let ledger = Watched::new(self.ledger_to_write(), &self.changes);
        self.poke();
        ledger
    }

    /// The ledger for the thread that writes it to the file.
    pub(crate) fn ledger_to_write(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults for the same thread.
    pub(crate) fn faults_to_write(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What follows may have to be stored; [`Pending::stored`] waits until it is.
    pub(crate) fn begin(&self) -> Pending {
        self.journal
            .get()
            .map_or_else(Pending::none, Journal::begin)
    }

    /// Writes what has changed, and closes the file, if there is one.
    pub(crate) fn close(&self) {
        if let Some(journal) = self.journal.get() {
            journal.close();
        }
    }

    /// Tells the thread that writes the file that something may change.
    pub(crate) fn poke(&self) {
        if let Some(journal) = self.journal.get() {
            journal.poke();
        }
    }

    pub(crate) fn script(&self) -> Watched<'_, Script> {
        self.watched(&self.script)
    }

    /// Forgets the requests that arrived, complete or broken.
    pub(crate) fn clear_ledger(&self) {
        self.faults().clear_broken();
        // It pokes, so it is the last.
        self.ledger().clear();
    }
}
