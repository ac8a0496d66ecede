//! One use of an operation, and what is different for it.

use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;

use crate::{CallOptions, Resend, Response, Result, RetryPolicy};

/// A call that is made when it is awaited; from the methods of the resources.
///
/// Until then nothing is sent, and its options can be set:
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use stratustexting::Client;
/// use std::time::Duration;
///
/// # let sandbox = Sandbox::start().await?;
/// # let client = Client::from_variables(sandbox.variables())?;
/// let sent = client
///     .messages()
///     .send_sms("+12025550123", "Your order is ready.")
///     .correlation("order-17")
///     .timeout(Duration::from_secs(20))
///     .await?;
/// # assert!(sent.result.is_some());
/// # Ok(())
/// # }
/// ```
///
/// It is a [`Future`], so it can also be spawned or joined with others. Its time runs from
/// the first poll. One that is dropped before it ends may have reached the service: see
/// [`SendOutcome`](crate::SendOutcome#when-a-send-is-dropped).
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T> {
    options: CallOptions,
    start: Option<Start<T>>,
    running: Option<BoxFuture<'static, Result<Response<T>>>>,
}

/// Makes the call with its options.
type Start<T> = Box<dyn FnOnce(CallOptions) -> BoxFuture<'static, Result<Response<T>>> + Send>;

impl<T> Call<T> {
    pub(crate) fn new<F>(start: impl FnOnce(CallOptions) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<Response<T>>> + Send + 'static,
    {
        Self {
            options: CallOptions::default(),
            start: Some(Box::new(|options| Box::pin(start(options)))),
            running: None,
        }
    }

    /// Limits the whole call; see [`CallOptions::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Limits each attempt; see [`CallOptions::attempt_timeout`].
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.options.attempt_timeout = Some(timeout);
        self
    }

    /// Decides when another attempt is made; see [`CallOptions::retry`].
    pub fn retry(mut self, policy: impl RetryPolicy) -> Self {
        self.options.retry = Some(Arc::new(policy));
        self
    }

    /// Decides whether what must not be done twice is tried again; see
    /// [`CallOptions::resend`].
    pub fn resend(mut self, resend: Resend) -> Self {
        self.options.resend = Some(resend);
        self
    }

    /// Names the call; see [`CallOptions::correlation`].
    pub fn correlation(mut self, name: impl Into<Arc<str>>) -> Self {
        self.options.correlation = Some(name.into());
        self
    }

    /// Sets a header of this call's requests; see [`CallOptions::header`].
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// # let mobile = client.contacts().list().collect_up_to(1).await?.remove(0).mobile_number;
    /// # let mobile = mobile.unwrap_or_default();
    /// let contact = client
    ///     .contacts()
    ///     .find_by_mobile(mobile)
    ///     .header("x-request-id", "order-17")
    ///     .await?;
    ///
    /// println!("the gateway's id: {:?}", contact.request_id());
    /// # let ledger = sandbox.ledger();
    /// # let headers = &ledger.last().ok_or("no request")?.headers;
    /// # assert!(headers.iter().any(|(name, value)| name == "x-request-id" && value == b"order-17"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options = self.options.header(name, value);
        self
    }

    /// Sets all options at once, in place of those set so far.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }
}

impl<T> Future for Call<T> {
    type Output = Result<Response<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(start) = self.start.take() {
            self.running = Some(start(mem::take(&mut self.options)));
        }
        match &mut self.running {
            Some(running) => running.as_mut().poll(cx),
            // Only after a panic of `start`.
            None => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("options", &self.options)
            .field("started", &self.start.is_none())
            .finish_non_exhaustive()
    }
}
