//! A running sandbox, in the hands of a test.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    answer::Answer,
    api::{contacts, messages},
    builder::Builder,
    dialect::Dialect,
    error::{CustomerError, StartError},
    fault::{Fault, FaultPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{NewClient, Registered},
    settings::Deliveries,
    shared::Shared,
    state::{delivery::Delivery, messages::SentMessage, subscriptions},
};

/// A running sandbox. It ends when this is dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
}

impl Sandbox {
    /// Starts one with the defaults of [`Builder`], on a free port.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// For one that isn't like any other.
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

    /// Where the control API is, for programs in other languages; `GET` lists it.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.shared.connection.control_url
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

    /// All that a program has to know to use it, as one JSON object; it holds secrets.
    #[must_use]
    pub fn connection_json(&self) -> String {
        serde_json::to_string(&self.shared.connection).unwrap_or_default()
    }

    /// Every request that arrived, in order, but for those to the control API. It
    /// grows until [`clear_ledger`](Self::clear_ledger).
    #[must_use]
    pub fn ledger(&self) -> Vec<Entry> {
        self.shared.ledger().since(0).to_vec()
    }

    /// What arrived so far, which is then forgotten; the numbers of entries go on.
    /// Nothing that arrives meanwhile gets lost, but of a request that isn't answered
    /// yet the status never becomes known.
    #[must_use = "otherwise `clear_ledger` is meant"]
    pub fn take_ledger(&self) -> Vec<Entry> {
        let mut ledger = self.shared.ledger();
        let entries = ledger.since(0).to_vec();
        ledger.clear();
        entries
    }

    /// Forgets what arrived so far, whole or broken; the numbers of entries go on.
    pub fn clear_ledger(&self) {
        self.shared.clear_ledger();
    }

    /// The requests to API and OAuth server that never became whole, in the order in
    /// which they broke, and the connections that were reset before any. A request is in
    /// the ledger or here, never in both: if it is in neither, not a byte of it arrived.
    ///
    /// A connection that closes without having brought a byte leaves nothing here.
    #[must_use]
    pub fn broken_requests(&self) -> Vec<BrokenRequest> {
        self.shared.faults().broken().to_vec()
    }

    /// Waits until no request is on its way in or being carried out, so that the ledger
    /// says all there is to say. One that is never answered is waited for until its
    /// client goes away.
    pub async fn requests_settled(&self) {
        let mut working = self.shared.working.subscribe();
        // The sender lives as long as the service, so this can't fail.
        let _ = working.wait_for(|count| *count == 0).await;
    }

    /// The messages that were sent, in order.
    #[must_use]
    pub fn sent_messages(&self) -> Vec<SentMessage> {
        self.shared.state().messages.sent().to_vec()
    }

    /// The contacts that there are, as JSON in the form of today's answers, whatever the
    /// dialect.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        let state = self.shared.state();
        state.contacts.all().map(|contact| json!(contact)).collect()
    }

    /// The custom consents that there are, in the same form.
    #[must_use]
    pub fn consents(&self) -> Vec<Value> {
        let state = self.shared.state();
        state.consents.values().map(|it| json!(it)).collect()
    }

    /// The subscriptions that there are, in the same form.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Value> {
        let state = self.shared.state();
        state.subscriptions.values().map(|it| json!(it)).collect()
    }

    /// The events that were posted, or are about to be.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().deliveries.clone()
    }

    /// Waits until no delivery is under way.
    pub async fn deliveries_settled(&self) {
        let mut under_way = self.shared.under_way.subscribe();
        // The sender lives as long as the service, so this can't fail.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// Changes how events are delivered, from each one's next attempt on; what waits in
    /// a line already goes in the new order.
    ///
    /// # Errors
    ///
    /// [`StartError::Setting`] when a setting makes no sense.
    pub fn set_deliveries(&self, deliveries: Deliveries) -> Result<(), StartError> {
        let changed = self.shared.change_settings(|settings| {
            let mut settings = settings.clone();
            settings.deliveries = deliveries;
            settings.check()?;
            Ok(settings)
        });
        changed.map(drop).map_err(StartError::Setting)
    }

    /// Plays a customer who texts to a number of the account; returns the message's id.
    /// Those who subscribed are told by the time that it is found by its id.
    ///
    /// # Errors
    ///
    /// When `from` isn't in E.164, `to` isn't a number of the account, or the text is
    /// longer than [`MAX_TEXT`](crate::MAX_TEXT).
    pub async fn customer_texts(
        &self,
        from: &str,
        to: &str,
        text: &str,
    ) -> Result<String, CustomerError> {
        let received = messages::receive(&self.shared, from, to, text);
        received.map_err(|fault| CustomerError(fault.to_string()))
    }

    /// Deletes a contact, for the event: the API has no operation for it. Returns
    /// whether there was one.
    pub fn delete_contact(&self, id: &str) -> bool {
        contacts::delete(&self.shared, id)
    }

    /// Answers in another dialect from the next request on. What happened so far stays.
    /// Numbers that were shown for ids are understood by any dialect that has numbers.
    pub fn set_dialect(&self, dialect: Dialect) {
        self.shared.dialect().set(dialect);
    }

    /// The dialect that it answers in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect().dialect()
    }

    /// Gives a subscription another status, such as the one that a service may give to
    /// those whose callback fails; returns whether there is such a subscription. What is
    /// posted, and was not yet, is posted only while the status is `ACTIVE`.
    pub fn set_subscription_status(&self, id: &str, status: &str) -> bool {
        self.shared.state().set_subscription_status(id, status)
    }

    /// Moves a filter of a subscription to its `disabledFilters`, so that nothing matches
    /// it any longer; returns whether there was one.
    pub fn disable_filter(&self, id: &str, filter: &str) -> bool {
        let mut state = self.shared.state();
        state.disable_filter(id, filter, subscriptions::DISABLED, "")
    }

    /// Ends all access tokens, as if their time were over.
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

    /// Moves the sandbox's clock on: tokens, codes and subscriptions grow older. What
    /// it waits for in real time isn't hastened.
    pub fn advance(&self, by: Duration) {
        self.shared.state().clock.advance(by);
    }

    /// Gives this answer to the next request to an operation instead of handling it;
    /// after it those that were scripted later, in order. `operation` is an
    /// `operationId`, or `token` for the token endpoint. The gateway's checks are
    /// passed over, too.
    ///
    /// # Panics
    ///
    /// When there is no such operation.
    pub fn answer_next(&self, operation: &str, answer: Answer) {
        self.answer_times(operation, 1, answer);
    }

    /// Gives this answer to so many requests to an operation; else as
    /// [`answer_next`](Self::answer_next).
    ///
    /// # Panics
    ///
    /// When there is no such operation, or `times` is 0.
    pub fn answer_times(&self, operation: &str, times: usize, answer: Answer) {
        let added = self.shared.script().add(operation, times, answer);
        added.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Forgets all answers that were scripted and not given yet.
    pub fn forget_answers(&self) {
        self.shared.script().clear();
    }

    /// Lets the next request to an operation fail; after it those that were scripted
    /// later, in order. `operation` is an `operationId`, `token` for the token endpoint,
    /// or `connection` for the next connection that is opened
    /// ([`Fault::reset_before_request`] only).
    ///
    /// Where an [answer](Self::answer_next) waits too, it stands for what the sandbox
    /// would have done: a fault that lets the operation be carried out takes it.
    ///
    /// ```
    /// # use stratustexting_sandbox::{Commit, Fault, Sandbox};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// let sandbox = Sandbox::start().await?;
    /// sandbox.fail_next("sendSms", Fault::reset_before_answer(Commit::After));
    /// // The next SMS is sent, and its sender can't know.
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })
    /// # .map_err(|error| error.to_string())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such operation.
    pub fn fail_next(&self, operation: &str, fault: Fault) {
        let added = self.shared.faults().add(operation, fault);
        added.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Lets requests fail at random from here on, by a plan in the place of any earlier
    /// one. What [`fail_next`](Self::fail_next) scripted comes first.
    ///
    /// The same seed lets the same requests meet the same faults: which one depends on
    /// the request's method, path and query, and on how many like it came before.
    pub fn fail_at_random(&self, plan: FaultPlan) {
        self.shared.faults().follow(plan);
    }

    /// Forgets all faults that were scripted, and the plan. Requests that are never
    /// answered end by a reset; other faults that are under way take their course.
    pub fn stop_failing(&self) {
        self.shared.stop_failing();
    }

    /// Closes the listening socket, so that connections are refused, and those that are
    /// open as soon as no request is under way; or listens again, on the same port.
    /// Either is done when this returns.
    ///
    /// A client learns of a closed connection a moment later, so a request may still
    /// begin on one; nothing of it arrives.
    ///
    /// # Errors
    ///
    /// [`StartError::Listen`] when something else has taken the port meanwhile.
    pub fn refuse_connections(&self, refuse: bool) -> Result<(), StartError> {
        self.shared.refuse_connections(refuse)
    }

    /// How many idle connections [`refuse_connections`](Self::refuse_connections) has
    /// closed. On each, one request may have begun that never arrived.
    #[must_use]
    pub fn idle_connections_closed(&self) -> usize {
        self.shared.idle_closed.load(Ordering::SeqCst)
    }

    /// Registers another client.
    ///
    /// # Errors
    ///
    /// What of it can't be registered: a redirect URI or a scope.
    pub fn register_client(&self, client: NewClient) -> Result<Registered, StartError> {
        client.check().map_err(StartError::Setting)?;
        Ok(self.shared.state().register(client))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.shutdown.cancel();
    }
}

/// Shows where it is, and no credentials.
impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("api_base", &self.shared.connection.api_base)
            .finish_non_exhaustive()
    }
}
