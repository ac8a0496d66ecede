//! The executor in time, without sockets: the clock stands still until every task waits.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, join_all};
use http::{HeaderMap, Method, StatusCode, header::RETRY_AFTER};
use tokio::time::Instant;

use super::*;
use crate::{
    AccessToken,
    auth::StaticToken,
    error::Kind,
    rate_limit::RateLimit,
    retry::{Backoff, Resend, RetryBudget},
};

/// A service: its response to a request.
pub(crate) type Script =
    Box<dyn Fn(reqwest::Request) -> BoxFuture<'static, Result<Parts>> + Send + Sync>;

/// When each request came, counted from the start.
#[derive(Clone, Default)]
struct Arrivals(Arc<Mutex<Vec<Duration>>>);

impl Arrivals {
    fn times(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

fn response(status: u16) -> Parts {
    Parts {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

fn with_retry_after(status: u16, seconds: &'static str) -> Parts {
    let mut response = response(status);
    let value = HeaderValue::from_static(seconds);
    response.headers.insert(RETRY_AFTER, value);
    response
}

/// An executor with a service that responds by the number of the request.
fn executor(
    service: impl Fn(usize) -> Result<Parts> + Send + Sync + 'static,
) -> (Executor, Arrivals) {
    slow(Duration::ZERO, service)
}

/// An executor with a service that takes so long for a response.
fn slow(
    time: Duration,
    service: impl Fn(usize) -> Result<Parts> + Send + Sync + 'static,
) -> (Executor, Arrivals) {
    let (arrivals, start) = (Arrivals::default(), Instant::now());
    let arrived = arrivals.clone();
    let script: Script = Box::new(move |_| {
        let mut arrived = arrived.0.lock().unwrap();
        let response = service(arrived.len());
        arrived.push(start.elapsed());
        async move {
            sleep(time).await;
            response
        }
        .boxed()
    });
    let executor = Executor {
        overrides: Overrides::default(),
        strict: false,
        backend: Backend::Script(script),
        api_base: "http://localhost/base".parse().unwrap(),
        api_key: HeaderValue::from_static("key"),
        tokens: Arc::new(StaticToken(AccessToken::new("token").unwrap())),
        rejected_tokens: RejectedTokens::default(),
        defaults: CallOptions::default(),
        retry: Arc::new(Backoff::default()),
        budget: Arc::new(Bucket::new(RetryBudget::default())),
        limits: Arc::default(),
        max_response: 1_000,
        max_url: 8_192,
    };
    (executor, arrivals)
}

fn broken() -> Error {
    Error::new(Kind::Transport)
}

async fn call(executor: &Executor, id: &str, options: &CallOptions) -> Result<StatusCode> {
    let operation = Operation::find(id).unwrap();
    let url = format!("http://localhost/base{}?from=1&to=2&text=3", operation.path);
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let request = reqwest::Request::new(method, url.parse().unwrap());
    let state = executor.start(options);
    let sent = executor.send(request, Some(operation), &state).await;
    sent.map(|response| response.status)
}

async fn read(executor: &Executor) -> Result<StatusCode> {
    call(executor, "listSites", &CallOptions::new()).await
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_the_service_asks_for_is_kept() {
    for (asked, least) in [("7", 7), ("0", 0)] {
        let (executor, arrivals) = executor(move |number| match number {
            0 => Ok(with_retry_after(429, asked)),
            1 => Ok(with_retry_after(503, asked)),
            _ => Ok(response(200)),
        });

        read(&executor).await.unwrap();

        let times = arrivals.times();
        assert_eq!(times.len(), 3);
        for pair in times.windows(2) {
            assert!(pair[1] - pair[0] >= Duration::from_secs(least), "{times:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_outlast_the_call_is_not_begun() {
    let (executor, arrivals) = executor(|_| Ok(with_retry_after(503, "60")));
    let start = Instant::now();

    let error = read(&executor).await.unwrap_err();

    assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(arrivals.times().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_its_timeout_and_the_call_has_one_for_all() {
    let (executor, arrivals) = slow(Duration::from_secs(1_000), |_| Ok(response(200)));
    let start = Instant::now();

    let error = read(&executor).await.unwrap_err();

    assert!(error.is_timeout());
    assert_eq!(start.elapsed(), CallOptions::DEFAULT_TIMEOUT, "no longer");
    assert_eq!(
        arrivals.times().len(),
        2,
        "30 seconds, a wait, and the rest"
    );

    let options = CallOptions::new()
        .timeout(Duration::from_secs(100))
        .attempt_timeout(Duration::from_secs(5));
    let start = Instant::now();
    call(&executor, "listSites", &options).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(15 + 2));
    assert_eq!(arrivals.times().len(), 2 + 3);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_kept_whatever_happens() {
    for (index, deadline) in (0..200_u64).map(|index| (index, 10 + index * 37 % 5_000)) {
        let time = Duration::from_millis(index * 13 % 900);
        let (executor, _) = slow(time, |number| match number % 3 {
            0 => Ok(with_retry_after(503, "1")),
            1 => Err(broken()),
            _ => Ok(response(500)),
        });
        let deadline = Duration::from_millis(deadline);
        let start = Instant::now();

        let options = CallOptions::new().timeout(deadline);
        call(&executor, "listSites", &options).await.unwrap_err();

        assert!(
            start.elapsed() <= deadline,
            "{:?} of {deadline:?}",
            start.elapsed()
        );
    }
}

/// Half of all responses are 503 for a minute, with 64 callers that don't give up.
#[tokio::test(start_paused = true)]
async fn an_overloaded_service_gets_few_retries() {
    let (executor, arrivals) = slow(Duration::from_millis(50), |number| {
        Ok(response(if number % 2 == 0 { 503 } else { 200 }))
    });
    let calls = AtomicUsize::new(0);
    let end = Instant::now() + Duration::from_secs(60);

    let callers = (0..64).map(|_| async {
        while Instant::now() < end {
            calls.fetch_add(1, Ordering::Relaxed);
            let _ = read(&executor).await;
        }
    });
    join_all(callers).await;

    let (calls, requests) = (calls.into_inner(), arrivals.times().len());
    let ratio = requests as f64 / calls as f64;
    assert!(calls > 10_000, "{calls}");
    assert!(ratio <= 1.2, "{requests} requests for {calls} calls");
    assert!(ratio >= 1.05, "what the budget allows is used: {ratio}");
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_the_same_service_gets_every_retry() {
    let (mut executor, arrivals) = executor(|_| Ok(response(503)));
    executor.budget = Arc::new(Bucket::new(RetryBudget::unlimited()));

    for _ in 0..100 {
        read(&executor).await.unwrap_err();
    }

    assert_eq!(arrivals.times().len(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_send_that_may_have_left_is_retried_only_if_the_call_allows_it() {
    let fail = |kind: Kind| move |_| Err(Error::new(kind.clone()));
    let times = async |service: Box<dyn Fn(usize) -> Result<Parts> + Send + Sync>, resend| {
        let (executor, arrivals) = executor(service);
        let options = CallOptions::new().resend(resend);
        let error = call(&executor, "sendSms", &options).await.unwrap_err();
        (arrivals.times().len(), error)
    };

    for (resend, broken, busy, connect) in [
        (Resend::IfNotSent, 1, 1, 3),
        (Resend::IfTurnedAway, 1, 3, 3),
        (Resend::EvenIfUnknown, 3, 3, 3),
    ] {
        let (requests, error) = times(Box::new(fail(Kind::Transport)), resend).await;
        assert_eq!(requests, broken, "{resend:?}");
        assert_eq!(error.send_outcome(), SendOutcome::Unknown);
        let ticket = error.ticket().unwrap();
        assert_eq!(ticket.attempts as usize, broken);
        assert_eq!(ticket.operation.as_deref(), Some("sendSms"));

        let (requests, error) = times(Box::new(|_| Ok(response(429))), resend).await;
        assert_eq!(requests, busy, "{resend:?}");
        assert_eq!(error.ticket().unwrap().status, Some(429));

        let (requests, error) = times(Box::new(fail(Kind::Connect)), resend).await;
        assert_eq!(requests, connect, "{resend:?}");
        assert_eq!(error.send_outcome(), SendOutcome::NotSent);
        assert!(error.ticket().is_none());
    }
}

/// The last attempt didn't leave, but the one before may have.
#[tokio::test(start_paused = true)]
async fn a_later_attempt_does_not_make_an_earlier_one_certain() {
    type First = fn() -> Result<Parts>;
    let broken: First = || Err(broken());
    let rejected: First = || Ok(response(401));
    let cases = [
        (broken, SendOutcome::Unknown),
        (rejected, SendOutcome::Rejected),
    ];
    for (first, outcome) in cases {
        let (mut executor, _) = executor(move |number| match number {
            0 => first(),
            _ => Err(Error::new(Kind::Connect)),
        });
        executor.tokens = Arc::new(Changing::default());
        let options = CallOptions::new().resend(Resend::EvenIfUnknown);

        let error = call(&executor, "sendSms", &options).await.unwrap_err();

        assert!(
            error.is_connect() && error.may_have_been_sent(),
            "{error:?}"
        );
        assert_eq!(error.send_outcome(), outcome);
        assert_eq!(error.ticket().is_some(), outcome == SendOutcome::Unknown);
    }
}

/// A source with another token each time.
#[derive(Debug, Default)]
struct Changing(AtomicUsize);

impl TokenSource for Changing {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        async move { AccessToken::new(format!("token{number}")) }.boxed()
    }

    fn reject(&self, _: &AccessToken) {}
}

#[tokio::test(start_paused = true)]
async fn a_401_is_retried_once_at_once_and_within_the_attempts() {
    for (attempts, requests) in [(1, 1), (2, 2), (5, 2)] {
        let (mut executor, arrivals) = executor(|_| Ok(response(401)));
        executor.tokens = Arc::new(Changing::default());
        let options = CallOptions::new().retry(Backoff::new().attempts(attempts));

        call(&executor, "listSites", &options).await.unwrap_err();

        assert_eq!(
            arrivals.times(),
            vec![Duration::ZERO; requests],
            "{attempts}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_401_that_asks_for_a_wait_gets_it() {
    let (mut executor, arrivals) = executor(|_| Ok(with_retry_after(401, "7")));
    executor.tokens = Arc::new(Changing::default());

    read(&executor).await.unwrap_err();

    let seconds: Vec<_> = arrivals.times().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 7]);
}

#[tokio::test(start_paused = true)]
async fn a_send_is_retried_after_a_401_only_if_the_call_allows_it() {
    for (resend, requests) in [
        (Resend::IfNotSent, 1),
        (Resend::IfTurnedAway, 2),
        (Resend::EvenIfUnknown, 2),
    ] {
        let (mut executor, arrivals) = executor(|_| Ok(response(401)));
        executor.tokens = Arc::new(Changing::default());
        let options = CallOptions::new().resend(resend);

        let error = call(&executor, "sendSms", &options).await.unwrap_err();

        assert_eq!(error.send_outcome(), SendOutcome::Rejected);
        assert_eq!(arrivals.times().len(), requests, "{resend:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_limits_are_kept_and_a_429_slows_them() {
    let (mut executor, arrivals) = executor(|number| match number {
        2 => Ok(with_retry_after(429, "9")),
        _ => Ok(response(200)),
    });
    let second = RateLimit::new(1, Duration::from_secs(1));
    executor.limits = Arc::new(Limits::new(None, Some(second)));
    let options = CallOptions::new();

    for index in 0..5 {
        let sent = call(&executor, "sendSms", &options).await;
        assert_eq!(
            sent.is_ok(),
            index != 2,
            "a send is not retried after a 429"
        );
    }

    let seconds: Vec<_> = arrivals.times().iter().map(Duration::as_secs).collect();
    assert_eq!(
        seconds,
        [0, 1, 2, 11, 13],
        "evenly, then after 9 seconds, then half as fast"
    );
}

/// A source that takes 20 seconds for its first token.
#[derive(Debug, Default)]
struct Slow(tokio::sync::OnceCell<()>);

impl TokenSource for Slow {
    fn access_token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let wait = async || sleep(Duration::from_secs(20)).await;
        async move {
            self.0.get_or_init(wait).await;
            AccessToken::new("token")
        }
        .boxed()
    }

    fn reject(&self, _: &AccessToken) {}
}

#[tokio::test(start_paused = true)]
async fn calls_that_waited_for_a_token_keep_the_limit_afterwards() {
    let (mut executor, arrivals) = executor(|_| Ok(response(200)));
    let second = RateLimit::new(1, Duration::from_secs(1));
    executor.limits = Arc::new(Limits::new(Some(second), None));
    executor.tokens = Arc::new(Slow::default());

    join_all((0..20).map(|_| read(&executor))).await;

    let times: Vec<_> = arrivals.times().iter().map(Duration::as_secs).collect();
    assert_eq!(times, (20..40).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn all_spellings_of_a_number_share_its_limit() {
    let (mut executor, arrivals) = executor(|_| Ok(response(200)));
    let minute = RateLimit::new(1, Duration::from_secs(60));
    executor.limits = Arc::new(Limits::new(None, Some(minute)));
    let operation = Operation::find("sendSms");

    for from in ["%2B12025550100", "12025550100", "+1%202025550100"] {
        let url = format!("http://localhost/base/message/sendsms?to=2&from={from}");
        let request = reqwest::Request::new(Method::POST, url.parse().unwrap());
        let state = executor.start(&CallOptions::new().timeout(Duration::from_secs(600)));
        executor.send(request, operation, &state).await.unwrap();
    }

    let times: Vec<_> = arrivals.times().iter().map(Duration::as_secs).collect();
    assert_eq!(times, [0, 60, 120]);
    call(&executor, "sendSms", &CallOptions::new())
        .await
        .unwrap();
    assert_eq!(
        arrivals.times()[3].as_secs(),
        120,
        "another number has its own limit"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_timed_out_sends_nothing() {
    let (mut executor, arrivals) = executor(|_| Ok(response(200)));
    for tokens in [false, true] {
        if tokens {
            // The token comes at the very moment of the deadline.
            executor.tokens = Arc::new(Slow::default());
        }
        let time = Duration::from_secs(if tokens { 20 } else { 0 });
        let options = CallOptions::new().timeout(time);

        let error = call(&executor, "sendSms", &options).await.unwrap_err();

        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(error.send_outcome(), SendOutcome::NotSent);
    }
    assert!(arrivals.times().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_comes_too_late_sends_nothing() {
    let (mut executor, arrivals) = executor(|_| Ok(response(200)));
    executor.limits = Arc::new(Limits::new(
        Some(RateLimit::new(1, Duration::from_secs(100))),
        None,
    ));
    read(&executor).await.unwrap();
    let start = Instant::now();

    for id in ["sendSms", "listSites"] {
        let error = call(&executor, id, &CallOptions::new()).await.unwrap_err();

        assert_eq!(error.send_outcome(), SendOutcome::NotSent);
        assert!(error.is_timeout());
    }
    assert_eq!(arrivals.times().len(), 1);
    assert_eq!(start.elapsed(), Duration::ZERO, "it fails at once");
    let left = (0..20).filter(|_| executor.budget.withdraw()).count();
    assert_eq!(left, 10, "and takes no retry from the budget");
}

#[tokio::test(start_paused = true)]
async fn a_policy_decides_only_where_another_attempt_is_allowed() {
    #[derive(Debug)]
    struct Stubborn;
    impl RetryPolicy for Stubborn {
        fn wait(&self, failed: &FailedAttempt<'_>) -> Option<Duration> {
            (failed.attempts < 6).then_some(Duration::from_secs(2))
        }
    }
    let (executor, arrivals) = executor(|_| Ok(response(500)));
    let options = CallOptions::new().retry(Stubborn);

    call(&executor, "listSites", &options).await.unwrap_err();
    let seconds: Vec<_> = arrivals.times().iter().map(Duration::as_secs).collect();
    assert_eq!(seconds, [0, 2, 4, 6, 8, 10]);
    call(&executor, "sendSms", &options).await.unwrap_err();
    assert_eq!(arrivals.times().len(), 7, "no policy retries a send");
}

#[tokio::test(start_paused = true)]
async fn a_policy_is_asked_only_where_another_attempt_is_allowed() {
    #[derive(Debug)]
    struct Never;
    impl RetryPolicy for Never {
        fn wait(&self, failed: &FailedAttempt<'_>) -> Option<Duration> {
            panic!("asked about {:?}", failed.error)
        }
    }
    let options = CallOptions::new().retry(Never);
    for status in [500, 429, 401, 400] {
        let (executor, _) = executor(move |_| Ok(response(status)));

        call(&executor, "sendSms", &options).await.unwrap_err();
    }
}

#[tokio::test]
async fn only_the_service_itself_gets_credentials() {
    let (executor, _) = executor(|_| Ok(response(200)));
    let own = |url: &str| {
        let request = reqwest::Request::new(Method::GET, url.parse().unwrap());
        executor.check(&request).is_ok()
    };

    assert!(own("http://localhost/base/x") && own("http://localhost:80/base"));
    for other in [
        "https://localhost/base/x",
        "http://localhost:81/base/x",
        "http://elsewhere/base/x",
        "http://localhost/other",
        "http://localhost/baseless",
        "http://localhost/",
    ] {
        assert!(!own(other), "{other}");
    }
}
