//! Requests without credentials, which show who responds at a URL.

use std::time::SystemTime;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::time::timeout;
use url::Url;

use super::{CheckProblem, CheckStep, CheckSubject, CheckVerdict, clock::Clock, meaning};
use crate::{
    CallOptions, Client, Error, Result, error::Kind, executor::use_own_connection,
    transport::transport_error,
};

/// The status and the headers of a response.
type Head = (StatusCode, HeaderMap);

/// A response with the beginning of its body.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

/// How much of a page is read.
const PAGE: usize = 64 * 1024;

impl Client {
    pub(super) async fn check_api_host(&self, clock: &mut Clock) -> CheckStep {
        let subject = CheckSubject::ApiHost;
        let url = self.inner.executor.api_base.clone();
        let step = match self.probe(Method::GET, url, clock).await {
            Ok((status, headers)) if meaning::is_foreign(status, &headers) => {
                (CheckProblem::ForeignResponse, status)
            }
            Ok((status, _)) if status.is_server_error() => (CheckProblem::ServiceDown, status),
            Ok(_) => return CheckStep::ok(subject, "the host responds"),
            Err(error) => return failed(subject, error),
        };
        of_status(subject, step)
    }

    pub(super) async fn check_token_endpoint(&self, clock: &mut Clock) -> CheckStep {
        let subject = CheckSubject::TokenEndpoint;
        let Some(url) = self.inner.token_endpoint.clone() else {
            return CheckStep::skipped(subject, "not checked: the program brings its own tokens");
        };
        let step = match self.probe(Method::POST, url, clock).await {
            Ok((status, headers)) if meaning::is_foreign(status, &headers) => {
                (CheckProblem::ForeignResponse, status)
            }
            Ok((status, _)) if status.is_server_error() => (CheckProblem::ServiceDown, status),
            Ok((status, headers)) if meaning::is_no_route(status, &headers) => {
                (CheckProblem::NoTokenEndpoint, status)
            }
            Ok(_) => return CheckStep::ok(subject, "the endpoint responds"),
            Err(error) => return failed(subject, error),
        };
        of_status(subject, step)
    }

    /// Sends a request that has neither credentials nor a body, and returns the head of the
    /// response. Whatever it says, it can't do anything.
    async fn probe(&self, method: Method, url: Url, clock: &mut Clock) -> Result<Head> {
        let response = self.get_or_post(method, url, clock);
        let response = self.in_time(response).await?;
        Ok((response.status(), response.headers().clone()))
    }

    /// The same of a page, which is read as far as it is needed.
    pub(super) async fn probe_page(&self, url: Url, clock: &mut Clock) -> Result<Page> {
        let page = async {
            let mut response = self.get_or_post(Method::GET, url, clock).await?;
            let mut body = Vec::new();
            while body.len() < PAGE
                && let Some(chunk) = response.chunk().await.map_err(transport_error)?
            {
                body.extend_from_slice(&chunk);
            }
            Ok(Page {
                status: response.status(),
                headers: response.headers().clone(),
                text: String::from_utf8_lossy(&body).into_owned(),
            })
        };
        self.in_time(page).await
    }

    async fn get_or_post(
        &self,
        method: Method,
        url: Url,
        clock: &mut Clock,
    ) -> Result<reqwest::Response> {
        let http = self.inner.http.of(&url)?;
        let mut request = reqwest::Request::new(method.clone(), url);
        if method == Method::POST {
            // As a token endpoint wants it; a POST without a length is rejected by some
            // proxies (411).
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers_mut().insert(header::CONTENT_TYPE, form);
            let none = HeaderValue::from_static("0");
            request.headers_mut().insert(header::CONTENT_LENGTH, none);
        }
        // What is known of the connections for calls isn't changed by it.
        use_own_connection(&mut request);
        let sent = SystemTime::now();
        let response = http.execute(request).await.map_err(transport_error)?;
        clock.read(response.headers(), sent, SystemTime::now());
        Ok(response)
    }

    async fn in_time<T>(&self, response: impl Future<Output = Result<T>>) -> Result<T> {
        let limit = self.inner.executor.defaults.attempt_timeout;
        let limit = limit.unwrap_or(CallOptions::DEFAULT_ATTEMPT_TIMEOUT);
        let response = timeout(limit, response).await;
        response.map_err(|_| {
            Error::new(Kind::Timeout {
                while_: "waiting for the response",
            })
        })?
    }
}

fn failed(subject: CheckSubject, error: Error) -> CheckStep {
    let problem = meaning::of_connection_error(&error);
    CheckStep::of(subject, CheckVerdict::Problem, problem).with_error(error)
}

fn of_status(subject: CheckSubject, (problem, status): (CheckProblem, StatusCode)) -> CheckStep {
    CheckStep {
        status: Some(status.as_u16()),
        ..CheckStep::of(subject, CheckVerdict::Problem, problem)
    }
}
