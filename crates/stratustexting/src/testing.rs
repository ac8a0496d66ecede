//! Reading responses without a server, for this workspace's instruments.
//!
//! A body given here is read as one from the service is, beginning with its unpacking. The
//! instruments try a hundred thousand bodies, which sockets would only slow down. This module
//! isn't part of the API, and may change in any release.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use stratustexting_client::{
    Operation,
    lenient::Model,
    types::{
        Contact, ContactPage, CustomConsent, CustomConsentPage, SendResult, Site, SitePage,
        Subscription, SubscriptionPage,
    },
};

use crate::{
    ClientBuilder, Error, Response, Result,
    client::{read_object, read_page, read_sent},
    encoding,
    pager::Page,
    parts::Parts,
    reading::PageModel,
};

/// A response as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The operation of the request.
    pub operation: &'static Operation,
    /// Its status; a success.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Reads an object.
///
/// # Errors
///
/// As for a call.
pub fn object<T: Model>(received: Received) -> Result<Response<T>> {
    read(received, |parts, operation| {
        let (value, diagnostics) = read_object::<T>(parts, operation, false)?;
        Ok(Response::new(value, parts.clone()).with_diagnostics(diagnostics))
    })
}

/// Reads the response to a send.
///
/// # Errors
///
/// As for a call.
pub fn sent(received: Received) -> Result<Response<SendResult>> {
    read(received, |parts, operation| {
        let (value, diagnostics) = read_sent(parts, operation, false)?;
        Ok(Response::new(value, parts.clone()).with_diagnostics(diagnostics))
    })
}

/// Reads a page of contacts.
///
/// # Errors
///
/// As for a call.
pub fn contacts(received: Received) -> Result<Page<Contact>> {
    page::<ContactPage>(received)
}

/// Reads a page of consents.
///
/// # Errors
///
/// As for a call.
pub fn consents(received: Received) -> Result<Page<CustomConsent>> {
    page::<CustomConsentPage>(received)
}

/// Reads a page of subscriptions.
///
/// # Errors
///
/// As for a call.
pub fn subscriptions(received: Received) -> Result<Page<Subscription>> {
    page::<SubscriptionPage>(received)
}

/// Reads a page of sites.
///
/// # Errors
///
/// As for a call.
pub fn sites(received: Received) -> Result<Page<Site>> {
    page::<SitePage>(received)
}

fn page<P: PageModel>(received: Received) -> Result<Page<P::Item>> {
    read(received, |parts, operation| {
        read_page::<P>(parts, operation, None, false)
    })
}

fn read<T>(
    received: Received,
    read: impl FnOnce(&Parts, &'static Operation) -> Result<T>,
) -> Result<T> {
    let operation = received.operation;
    let mut parts = Parts {
        status: received.status,
        headers: received.headers,
        body: Bytes::new(),
    };
    let told =
        |error: Error, parts: Parts| error.with_response(parts).with_operation(Some(operation));
    let limit = ClientBuilder::DEFAULT_MAX_RESPONSE;
    match encoding::unpacked(&parts.headers, received.body, limit) {
        Ok(body) => parts.body = body,
        Err(error) => return Err(told(error, parts)),
    }
    read(&parts, operation).map_err(|error| told(error, parts))
}
