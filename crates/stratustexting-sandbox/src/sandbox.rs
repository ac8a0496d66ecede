//! The public API of a running sandbox.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    api::{contacts, messages},
    builder::Builder,
    clock::Clock,
    dialect::Dialect,
    error::{CustomerError, SandboxError},
    fault::{Fault, FaultPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{NewClient, RegisteredClient},
    script::ScriptedResponse,
    settings::DeliverySettings,
    shared::Shared,
    state::{delivery::Delivery, messages::SentMessage, subscriptions},
};

/// A running sandbox. It stops when this is dropped; its file, if it has one, is complete and
/// closed by then.
pub struct Sandbox {
    pub(crate) shared: Arc<Shared>,
}

impl Sandbox {
    /// Starts a sandbox with the defaults of [`Builder`], on a free port.
    ///
    /// # Errors
    ///
    /// See [`SandboxError`].
    pub async fn start() -> Result<Self, SandboxError> {
        Self::builder().start().await
    }

    /// Configures a sandbox before it starts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The API's base URL, without a slash at its end.
    #[must_use]
    pub fn api_base(&self) -> &str {
        &self.shared.connection.api_base
    }

    /// The authorization endpoint, with a slash at its end as the vendor prints it; it
    /// works without, too.
    #[must_use]
    pub fn authorize_url(&self) -> &str {
        &self.shared.connection.authorize_url
    }

    /// The token endpoint, with a slash at its end as the vendor prints it; it works
    /// without, too.
    #[must_use]
    pub fn token_url(&self) -> &str {
        &self.shared.connection.token_url
    }

    /// The URL of the control API, for programs in other languages; `GET` lists its
    /// endpoints.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.shared.connection.control_url
    }

    /// The URL of the page on which a person sees what happened here, answers as a customer, and
    /// switches faults on and off.
    #[must_use]
    pub fn page_url(&self) -> &str {
        &self.shared.connection.page_url
    }

    /// The ready-made client's id. It may use all grants and all scopes.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.shared.connection.client_id
    }

    /// The ready-made client's secret.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.shared.connection.client_secret
    }

    /// The ready-made client's API key, for the header `x-api-key`.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.shared.connection.api_key
    }

    /// A number of the account, to send from.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.shared.connection.number
    }

    /// The organization's id, for event filters.
    #[must_use]
    pub fn organization_id(&self) -> &str {
        &self.shared.connection.organization_id
    }

    /// The id of the department that [`number`](Self::number) belongs to.
    #[must_use]
    pub fn department_id(&self) -> &str {
        &self.shared.connection.department_id
    }

    /// The name of the one user, for the login page.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.shared.connection.username
    }

    /// The user's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.shared.connection.password
    }

    /// Everything that a program needs to use the sandbox, as one JSON object; it holds
    /// secrets.
    #[must_use]
    pub fn connection_json(&self) -> String {
        serde_json::to_string(&self.shared.connection).unwrap_or_default()
    }

    /// Every request that arrived, in order, except those to the control API, and CORS
    /// preflights. It grows until [`clear_ledger`](Self::clear_ledger), or up to
    /// [`Builder::ledger_entries`].
    #[must_use]
    pub fn ledger(&self) -> Vec<Entry> {
        self.shared.ledger().since(0).to_vec()
    }

    /// Removes the entries from the ledger and returns them; later entries continue the
    /// numbering. An entry whose request has no response yet has the status 0.
    /// [`broken_requests`](Self::broken_requests) stays as it is.
    #[must_use = "`clear_ledger` discards the entries"]
    pub fn take_ledger(&self) -> Vec<Entry> {
        let mut ledger = self.shared.ledger();
        let entries = ledger.since(0).to_vec();
        ledger.clear();
        entries
    }

    /// Forgets all requests so far, complete or broken; the numbers of entries go on.
    pub fn clear_ledger(&self) {
        self.shared.clear_ledger();
    }

    /// The requests to API and OAuth server that never arrived completely, in the order in
    /// which they broke, and the connections that were reset before a request. After
    /// [`requests_settled`](Self::requests_settled), a request is in the ledger, or here, or no
    /// byte of it arrived.
    ///
    /// A connection that the client closes without sending a byte isn't listed.
    #[must_use]
    pub fn broken_requests(&self) -> Vec<BrokenRequest> {
        self.shared.faults().broken().to_vec()
    }

    /// Waits until no request is arriving or being carried out, so that the ledger is
    /// complete. A request that never gets a response counts until its client closes the
    /// connection or [`stop_failing`](Self::stop_failing) resets it.
    pub async fn requests_settled(&self) {
        let mut requests_in_flight = self.shared.requests_in_flight.subscribe();
        // The sender lives as long as the service, so this can't fail.
        let _ = requests_in_flight.wait_for(|count| *count == 0).await;
    }

    /// The messages that were sent, in order.
    #[must_use]
    pub fn sent_messages(&self) -> Vec<SentMessage> {
        self.shared.state().messages.sent().to_vec()
    }

    /// All contacts, as JSON in the form of the default dialect, whatever the current one is.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        let state = self.shared.state();
        state.contacts.all().map(|contact| json!(contact)).collect()
    }

    /// All custom consents, in the same form.
    #[must_use]
    pub fn consents(&self) -> Vec<Value> {
        let state = self.shared.state();
        state.consents.values().map(|it| json!(it)).collect()
    }

    /// All subscriptions, in the same form.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Value> {
        let state = self.shared.state();
        state.subscriptions.values().map(|it| json!(it)).collect()
    }

    /// The events that were posted or will be.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().deliveries.to_vec()
    }

    /// Waits until no delivery is under way.
    pub async fn deliveries_settled(&self) {
        let mut deliveries_in_flight = self.shared.deliveries_in_flight.subscribe();
        // The sender lives as long as the service, so this can't fail.
        let _ = deliveries_in_flight.wait_for(|count| *count == 0).await;
    }

    /// Changes how events are delivered, from each one's next attempt on; queued events are
    /// posted in the new order.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Setting`] when a setting is invalid.
    pub fn set_delivery_settings(&self, new: DeliverySettings) -> Result<(), SandboxError> {
        let changed = self.shared.change_settings(|settings| {
            let mut settings = settings.clone();
            settings.deliveries = new;
            settings.check()?;
            Ok(settings)
        });
        changed.map(drop).map_err(SandboxError::Setting)
    }

    /// Plays a customer who texts to a number of the account; returns the message's id. As
    /// soon as the message can be read, its event is scheduled for all subscribers.
    ///
    /// # Errors
    ///
    /// When `from` isn't in E.164, `to` isn't a number of the account, or the text is
    /// longer than [`MAX_TEXT`](crate::MAX_TEXT); or the text can't be stored.
    pub async fn customer_texts(
        &self,
        from: &str,
        to: &str,
        text: &str,
    ) -> Result<String, CustomerError> {
        let pending = self.shared.begin();
        let none = messages::CustomerMedia::Files(Vec::new());
        let received = messages::receive(&self.shared, from, to, text, none);
        let received = received.map_err(|fault| CustomerError(fault.to_string()))?;
        let stored = pending.stored().await;
        stored.map_err(|error| CustomerError(error.to_string()))?;
        Ok(received.id)
    }

    /// Deletes a contact, so that its event is posted: the API has no operation for that.
    /// Returns whether there was one.
    pub fn delete_contact(&self, id: &str) -> bool {
        contacts::delete(&self.shared, id)
    }

    /// Responds in another dialect from the next request on; the data stays. Numbers that
    /// were shown for ids keep their meaning in every dialect that has numbers.
    pub fn set_dialect(&self, dialect: Dialect) {
        self.shared.dialect_state().set(dialect);
    }

    /// The current dialect.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect_state().dialect()
    }

    /// Sets a subscription's status, for example to what a service may choose when a callback
    /// fails; returns whether there is such a subscription. Events, queued ones included, are
    /// posted only while the status is `ACTIVE`.
    pub fn set_subscription_status(&self, id: &str, status: &str) -> bool {
        self.shared.state().set_subscription_status(id, status)
    }

    /// Moves a filter of a subscription to its `disabledFilters`, so that no event matches it
    /// any longer; returns whether the subscription had it.
    pub fn disable_filter(&self, id: &str, filter: &str) -> bool {
        let mut state = self.shared.state();
        state.disable_filter(id, filter, subscriptions::DISABLED, "")
    }

    /// Expires all access tokens.
    pub fn expire_access_tokens(&self) {
        self.shared.state().expire_access_tokens();
    }

    /// Forgets all access tokens.
    pub fn revoke_access_tokens(&self) {
        self.shared.state().oauth.revoke_access_tokens();
    }

    /// Forgets all refresh tokens, which ends every login.
    pub fn revoke_refresh_tokens(&self) {
        self.shared.state().oauth.revoke_refresh_tokens();
    }

    /// The sandbox's time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.state().clock.now()
    }

    /// Sets the clock, and whether it stands still until it is moved. A year before 1970 or
    /// after 9999 changes nothing.
    pub fn set_clock(&self, time: DateTime<Utc>, frozen: bool) {
        if Clock::is_usable(time) {
            self.shared.state().clock.set(time, frozen);
        }
    }

    /// Moves the sandbox's clock forward: tokens, codes and subscriptions grow older. Waits
    /// in real time take as long as before.
    pub fn advance(&self, by: Duration) {
        self.shared.state().clock.advance(by);
    }

    /// Gives this response to the next request to an operation instead of handling it; later
    /// ones queue behind it. `operation` is an `operationId`, or `token` for the token
    /// endpoint. The gateway's checks are skipped, too.
    ///
    /// # Panics
    ///
    /// When there is no such operation.
    pub fn respond_next(&self, operation: &str, response: ScriptedResponse) {
        self.respond_times(operation, 1, response);
    }

    /// Gives this response to as many requests to an operation; otherwise like
    /// [`respond_next`](Self::respond_next).
    ///
    /// # Panics
    ///
    /// When there is no such operation, or `times` is 0.
    pub fn respond_times(&self, operation: &str, times: usize, response: ScriptedResponse) {
        let added = self.shared.script().add(operation, times, response);
        added.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Forgets all scripted responses that weren't given yet.
    pub fn clear_responses(&self) {
        self.shared.script().clear();
    }

    /// Makes the next request to an operation fail; later faults queue behind it. `operation`
    /// is an `operationId`, `token` for the token endpoint, or `connection` for the next
    /// connection that is opened ([`Fault::reset_before_request`] only).
    ///
    /// If a [scripted response](Self::respond_next) is queued as well, a fault that would carry
    /// the operation out uses up that response instead. Other faults leave it queued.
    ///
    /// ```
    /// # use stratustexting_sandbox::{Commit, Fault, Sandbox};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let sandbox = Sandbox::start().await?;
    /// sandbox.fail_next("sendSms", Fault::reset_before_response(Commit::After));
    /// // The next SMS is sent, and its sender can't know.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })
    /// # .map_err(|error| error.to_string())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such operation, or when `operation` is `connection` and the fault isn't
    /// [`Fault::reset_before_request`].
    pub fn fail_next(&self, operation: &str, fault: Fault) {
        let added = self.shared.faults().add(operation, fault);
        added.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Makes requests fail at random from now on, by a plan that replaces any earlier one.
    /// Faults of [`fail_next`](Self::fail_next) come first.
    ///
    /// With the same seed, the same requests meet the same faults: the fault depends on the
    /// request's method, path and query, and on how many equal requests came before.
    pub fn fail_at_random(&self, plan: FaultPlan) {
        self.shared.faults().set_plan(plan);
    }

    /// Forgets all scripted faults, and the plan. Requests that never get a response end by a
    /// reset; other faults that have begun are finished.
    pub fn stop_failing(&self) {
        self.shared.stop_failing();
    }

    /// Closes the listening socket, so that new connections are refused, and each open
    /// connection as soon as it is idle; or, with `false`, listens again on the same port.
    /// The socket is closed or open when this returns.
    ///
    /// A client learns of a closed connection a moment later, so it may still begin a request
    /// on one; nothing of that arrives.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Listen`] when the port was taken meanwhile.
    pub fn refuse_connections(&self, refuse: bool) -> Result<(), SandboxError> {
        self.shared.refuse_connections(refuse)
    }

    /// How many idle connections [`refuse_connections`](Self::refuse_connections) has
    /// closed. On each, a client may have begun one request that never arrived.
    #[must_use]
    pub fn idle_connections_closed(&self) -> usize {
        self.shared.idle_connections_closed.load(Ordering::SeqCst)
    }

    /// Registers another client.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Setting`] when a redirect URI or a scope is invalid.
    pub fn register_client(&self, client: NewClient) -> Result<RegisteredClient, SandboxError> {
        client.check().map_err(SandboxError::Setting)?;
        Ok(self.shared.state().register(client))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.shutdown.cancel();
        self.shared.close();
    }
}

/// Shows the URL, and no credentials.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("api_base", &self.shared.connection.api_base)
            .finish_non_exhaustive()
    }
}
