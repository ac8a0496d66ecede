//! From a resource's method to the executor, and from a response to its value.

use std::{fmt, future::Future, sync::Arc};

use stratustexting_client::{
    self as api, Operation,
    lenient::{Diagnostic, Model},
    types::SendResult,
};

use super::Client;
use crate::{
    Call, Paging, Result, drift,
    error::{Error, Kind},
    executor::CallState,
    options::CallOptions,
    pager::Page,
    parts::Parts,
    reading::{self, PageModel},
    response::Response,
};

/// Reads a value from a response, strictly or not.
type Read<T> = fn(&Parts, &'static Operation, bool) -> Result<(T, Vec<Diagnostic>)>;

impl Client {
    /// A call of a generated operation, whose response is an object.
    pub(crate) fn call<T, F>(
        &self,
        id: &'static str,
        operation: impl FnOnce(api::Client) -> F + Send + 'static,
    ) -> Call<T>
    where
        T: Model + Send + 'static,
        F: Future<Output = Result<reqwest::Response>> + Send + 'static,
    {
        self.call_and_read(id, operation, read_object::<T>)
    }

    /// A call of a generated operation that sends a message.
    pub(crate) fn call_to_send<F>(
        &self,
        id: &'static str,
        operation: impl FnOnce(api::Client) -> F + Send + 'static,
    ) -> Call<SendResult>
    where
        F: Future<Output = Result<reqwest::Response>> + Send + 'static,
    {
        self.call_and_read(id, operation, read_sent)
    }

    /// A call of a generated operation whose response isn't read.
    pub(crate) fn call_for_nothing<F>(
        &self,
        id: &'static str,
        operation: impl FnOnce(api::Client) -> F + Send + 'static,
    ) -> Call<()>
    where
        F: Future<Output = Result<reqwest::Response>> + Send + 'static,
    {
        self.call_and_read(id, operation, |parts, _, _| {
            reading::nothing(parts).map(|()| ((), Vec::new()))
        })
    }

    fn call_and_read<T, F>(
        &self,
        id: &'static str,
        operation: impl FnOnce(api::Client) -> F + Send + 'static,
        read: Read<T>,
    ) -> Call<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<reqwest::Response>> + Send + 'static,
    {
        let client = self.clone();
        Call::new(move |options| async move {
            let state = client.inner.executor.start(&options);
            let ((value, diagnostics), parts) = client.run(id, state, operation, read).await?;
            Ok(Response::new(value, parts).with_diagnostics(diagnostics))
        })
    }

    /// Reads one page of a list.
    pub(crate) async fn call_for_page<P, F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        token: Option<(String, String)>,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Page<P::Item>>
    where
        P: PageModel,
        F: Future<Output = Result<reqwest::Response>>,
    {
        let executor = &self.inner.executor;
        let state = executor.start(options).with_page_token(token);
        self.run(id, state, operation, |parts, operation, strict| {
            let place = executor.overrides.items(operation.id);
            let mut page = read_page::<P>(parts, operation, place, strict)?;
            if let Some(Paging::Token { from, .. }) = executor.overrides.paging(operation.id) {
                reading::take_token_from(&mut page, parts, from);
            }
            Ok(page)
        })
        .await
        .map(|(page, _)| page)
    }

    /// Runs a generated operation up to its response, and reads that.
    async fn run<T, F>(
        &self,
        id: &'static str,
        state: CallState,
        operation: impl FnOnce(api::Client) -> F,
        read: impl FnOnce(&Parts, &'static Operation, bool) -> Result<T>,
    ) -> Result<(T, Parts)>
    where
        F: Future<Output = Result<reqwest::Response>>,
    {
        let row = Operation::find(id);
        let state = Arc::new(state);
        let api = self.inner.api.with_context(Arc::clone(&state) as _);
        match operation(api).await {
            Ok(_) => {
                let parts = state.take_response();
                let (Some(parts), Some(row)) = (parts, row) else {
                    // The executor leaves the response of each success with the call.
                    return Err(Error::new(Kind::Decode).with_operation(row));
                };
                self.read(parts, row, &state, read)
            }
            Err(error) => Err(state.with_ticket(error.with_operation(row))),
        }
    }

    /// Reads a response. An error carries it, and a ticket where one is needed.
    fn read<T>(
        &self,
        parts: Parts,
        operation: &'static Operation,
        state: &CallState,
        read: impl FnOnce(&Parts, &'static Operation, bool) -> Result<T>,
    ) -> Result<(T, Parts)> {
        match read(&parts, operation, self.inner.executor.strict) {
            Ok(value) => Ok((value, parts)),
            Err(error) => {
                let error = error.with_response(parts).with_operation(Some(operation));
                state.record_failure(&error);
                Err(state.with_ticket(error))
            }
        }
    }

    /// Sends a message by a request made by hand, as one call.
    pub(crate) async fn send_message(
        &self,
        mut request: reqwest::Request,
        operation: &'static Operation,
        options: &CallOptions,
    ) -> Result<Response<SendResult>> {
        let executor = &self.inner.executor;
        let state = executor.start(options);
        executor
            .overrides
            .rewrite(&mut request, operation, &executor.api_base)?;
        let parts = executor.send(request, Some(operation), &state).await?;
        let ((sent, diagnostics), parts) = self.read(parts, operation, &state, read_sent)?;
        Ok(Response::new(sent, parts).with_diagnostics(diagnostics))
    }

    /// Sends a request made by hand, as one call. The response of a send must say that the
    /// message was accepted; nothing else of a response is read.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        options: &CallOptions,
    ) -> Result<Response<()>> {
        let executor = &self.inner.executor;
        let state: CallState = executor.start(options);
        let parts = executor.send(request, operation, &state).await?;
        let Some(row) = operation.filter(|operation| reading::is_send(operation)) else {
            return Ok(Response::new((), parts));
        };
        let (_, parts) = self.read(parts, row, &state, read_sent)?;
        Ok(Response::new((), parts))
    }
}

pub(crate) fn read_object<T: Model>(
    parts: &Parts,
    operation: &'static Operation,
    strict: bool,
) -> Result<(T, Vec<Diagnostic>)> {
    let (value, diagnostics) = reading::object::<T>(parts, operation)?;
    report(operation, &diagnostics, strict)?;
    Ok((value, diagnostics))
}

pub(crate) fn read_page<P: PageModel>(
    parts: &Parts,
    operation: &'static Operation,
    place: Option<&str>,
    strict: bool,
) -> Result<Page<P::Item>> {
    let page = reading::list::<P>(parts, operation, place)?;
    report(operation, &page.diagnostics, strict)?;
    Ok(page)
}

pub(crate) fn read_sent(
    parts: &Parts,
    operation: &'static Operation,
    strict: bool,
) -> Result<(SendResult, Vec<Diagnostic>)> {
    let (sent, diagnostics) = reading::sent(parts)?;
    report(operation, &diagnostics, strict)?;
    Ok((sent, diagnostics))
}

/// Reports differences from the document; strict reading makes an error of the first.
fn report(operation: &Operation, diagnostics: &[Diagnostic], strict: bool) -> Result<()> {
    drift::tell(operation.id, diagnostics);
    match diagnostics.first() {
        Some(first) if strict => Err(Error::new(Kind::Decode).with_source(Differs(first.clone()))),
        _ => Ok(()),
    }
}

/// The difference of a response from the document.
#[derive(Debug)]
struct Differs(Diagnostic);

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Differs {}
