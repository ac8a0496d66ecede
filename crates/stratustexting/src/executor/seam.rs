//! How the generated client reaches the executor, and how its errors become ours.

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use http::StatusCode;
use stratustexting_client::transport::{Call, Transport};

use super::{CallState, Executor};
use crate::{
    Error, decode::without_values, error::Kind, parts::Parts, reading, transport::transport_error,
};

impl Transport for Executor {
    fn execute<'a>(
        &'a self,
        request: reqwest::Request,
        call: Call<'a>,
    ) -> BoxFuture<'a, reqwest::Result<reqwest::Response>> {
        async move {
            let callers = call.context.and_then(|context| context.downcast_ref());
            let own;
            let state: &CallState = match callers {
                Some(state) => state,
                None => {
                    own = self.start(&self.defaults);
                    &own
                }
            };
            let mut request = request;
            if let Some(operation) = call.operation {
                let prepared =
                    state.prepare(&mut request, &self.overrides, operation, &self.api_base);
                if let Err(error) = prepared {
                    return Ok(carrier(error));
                }
            }
            Ok(match self.send(request, call.operation, state).await {
                Ok(parts) => {
                    let mut response = http::Response::new(Bytes::new());
                    *response.status_mut() = parts.status;
                    if callers.is_none() {
                        // The program called the generated client itself, so nothing else
                        // checks whether a send's response says that the message was accepted.
                        if call.operation.is_some_and(reading::is_send)
                            && let Err(error) = reading::sent(&parts)
                        {
                            let error = error.with_response(parts).with_operation(call.operation);
                            state.record_failure(&error);
                            return Ok(carrier(state.with_ticket(error)));
                        }
                        *response.headers_mut() = parts.headers;
                        *response.body_mut() = parts.body;
                    } else {
                        // The caller takes the response out of its context, and reads it.
                        state.keep_response(parts);
                    }
                    response.into()
                }
                Err(error) => carrier(error),
            })
        }
        .boxed()
    }
}

/// A failure in the form of a response that no operation takes for a success: the seam
/// can only return `reqwest::Error`, which can't be made outside of `reqwest`.
fn carrier(error: Error) -> reqwest::Response {
    /// No server responds with it.
    const NO_RESPONSE: u16 = 599;
    let status = error.status().filter(|status| !status.is_success());
    let mut response = http::Response::new(error.body().cloned().unwrap_or_default());
    *response.status_mut() = status
        .or_else(|| StatusCode::from_u16(NO_RESPONSE).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(headers) = error.headers() {
        *response.headers_mut() = headers.clone();
    }
    response.extensions_mut().insert(error);
    response.into()
}

/// The generated client's errors as ours.
impl From<stratustexting_client::Error<()>> for Error {
    fn from(error: stratustexting_client::Error<()>) -> Self {
        use stratustexting_client::Error as Generated;
        match error {
            Generated::UnexpectedResponse(response) => match response.extensions().get::<Self>() {
                Some(error) => error.clone(),
                // The response of another transport.
                None => Self::new(Kind::Decode).with_response(Parts {
                    status: response.status(),
                    headers: response.headers().clone(),
                    body: Bytes::new(),
                }),
            },
            Generated::InvalidResponsePayload(_, source) => {
                Self::new(Kind::Decode).with_source(without_values(&source))
            }
            Generated::CommunicationError(source)
            | Generated::ResponseBodyError(source)
            | Generated::InvalidUpgrade(source) => transport_error(source),
            Generated::InvalidRequest(reason) | Generated::Custom(reason) => {
                Self::input("request", reason)
            }
            Generated::ErrorResponse(response) => Self::new(Kind::Status).with_response(Parts {
                status: response.status(),
                headers: response.headers().clone(),
                body: Bytes::new(),
            }),
        }
    }
}
