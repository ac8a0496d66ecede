use super::{
    limiter::{ONE_SLOWDOWN, RECOVERY},
    *,
};

fn in_an_hour() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

async fn took(limits: &Limits, number: Option<&str>, requests: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..requests {
        limits.pass(number, in_an_hour()).await.unwrap();
    }
    start.elapsed()
}

fn about(duration: Duration, seconds: f64) -> bool {
    (duration.as_secs_f64() - seconds).abs() < 0.1
}

#[tokio::test(start_paused = true)]
async fn requests_are_spread_after_the_burst() {
    let limit = RateLimit::new(60, Duration::from_secs(60)).burst(5);
    let limits = Limits::new(Some(limit), None);

    assert!(about(took(&limits, None, 5).await, 0.0));
    assert!(about(took(&limits, None, 10).await, 10.0));
}

#[tokio::test(start_paused = true)]
async fn each_number_has_its_own_limit() {
    let limits = Limits::new(None, Some(RateLimit::new(1, Duration::from_secs(10))));

    assert!(about(took(&limits, Some("a"), 1).await, 0.0));
    assert!(about(took(&limits, Some("b"), 1).await, 0.0));
    assert!(about(took(&limits, Some("a"), 1).await, 10.0));
    assert!(
        about(took(&limits, None, 100).await, 0.0),
        "reads have no number"
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_after_the_deadline_fails_at_once() {
    let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(10))), None);
    took(&limits, None, 1).await;

    let start = Instant::now();
    let deadline = start + Duration::from_secs(9);
    let error = limits.pass(None, deadline).await.unwrap_err();

    assert!(error.is_timeout() && !error.may_have_been_sent());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_429_halves_the_rate_until_there_was_none_for_a_minute() {
    let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);
    took(&limits, None, 1).await;

    // Many at once count as one.
    for _ in 0..10 {
        limits.slow_down(None, Some(Duration::from_secs(7)));
    }
    assert!(
        about(took(&limits, None, 1).await, 7.0),
        "the wait that was asked for"
    );
    assert!(about(took(&limits, None, 10).await, 20.0), "half the rate");
    tokio::time::advance(RECOVERY).await;
    took(&limits, None, 1).await;
    assert!(
        about(took(&limits, None, 10).await, 10.0),
        "the whole rate again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_429_gives_no_extra_turn() {
    for burst in [1, 5] {
        let limit = RateLimit::new(1, Duration::from_secs(4)).burst(burst);
        let limits = Limits::new(Some(limit), None);
        took(&limits, None, burst).await;
        let start = Instant::now();

        for _ in 0..3 {
            limits.slow_down(None, None);
            limits.pass(None, in_an_hour()).await.unwrap();
        }

        // Half the rate, a quarter, an eighth.
        assert!(about(start.elapsed(), 8.0 + 16.0 + 32.0), "{burst}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_turn_in_time_fails_at_once_and_the_others_go_in_order() {
    for burst in [1_u32, 3] {
        let limit = RateLimit::new(1, Duration::from_secs(1)).burst(burst);
        let limits = Limits::new(Some(limit), None);
        let start = Instant::now();
        let deadline = start + Duration::from_secs(10);
        let passed = Mutex::new(Vec::new());

        let callers = (0..500).map(|caller| {
            let (limits, passed) = (&limits, &passed);
            async move {
                if limits.pass(None, deadline).await.is_ok() {
                    passed.lock().unwrap().push((caller, start.elapsed()));
                } else {
                    assert_eq!(start.elapsed(), Duration::ZERO, "{caller}");
                }
            }
        });
        futures::future::join_all(callers).await;

        let passed = passed.into_inner().unwrap();
        let order: Vec<u32> = passed.iter().map(|(caller, _)| *caller).collect();
        assert_eq!(order, (0..9 + burst).collect::<Vec<_>>());
        assert!(passed.iter().all(|(_, at)| *at < Duration::from_secs(10)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_either_limit_is_reported() {
    let slow = RateLimit::new(1, Duration::from_secs(10));
    for (client, number) in [
        (Some(slow), None),
        (None, Some(slow)),
        (Some(slow), Some(slow)),
    ] {
        let limits = Limits::new(client, number);

        assert!(!limits.pass(Some("a"), in_an_hour()).await.unwrap());
        assert!(limits.pass(Some("a"), in_an_hour()).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_recovery_the_burst_must_be_restored_first() {
    let limit = RateLimit::new(1, Duration::from_secs(1)).burst(3);
    let limits = Limits::new(Some(limit), None);
    limits.slow_down(None, None);
    tokio::time::advance(RECOVERY).await;

    // The next request doubles the rate, and gets no burst.
    assert!(about(took(&limits, None, 4).await, 4.0));
    let start = Instant::now();
    let earliest = limits.client.as_ref().unwrap().earliest(5).unwrap();
    assert!(about(earliest - start, 6.0), "{:?}", earliest - start);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_request_leaves_the_queue() {
    let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);
    took(&limits, None, 1).await;
    for _ in 0..50 {
        let mut waiting = Box::pin(limits.pass(None, in_an_hour()));
        assert!(futures::poll!(&mut waiting).is_pending());
    }

    let start = Instant::now();
    let deadline = start + Duration::from_secs(2);
    assert!(limits.pass(None, deadline).await.unwrap(), "it had to wait");
    assert!(about(start.elapsed(), 1.0));
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(
        !limits
            .pass(None, deadline + Duration::from_secs(9))
            .await
            .unwrap()
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_behind_a_dropped_request_is_reported() {
    let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);
    took(&limits, None, 1).await;
    let mut first = Box::pin(limits.pass(None, in_an_hour()));
    let mut second = Box::pin(limits.pass(None, in_an_hour()));
    assert!(futures::poll!(&mut first).is_pending());
    assert!(futures::poll!(&mut second).is_pending());

    tokio::time::advance(Duration::from_secs(5)).await;
    drop(first);

    assert!(second.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_endless_wait_stops_every_request() {
    let limits = Limits::new(Some(RateLimit::new(1, Duration::from_secs(1))), None);

    limits.slow_down(None, Some(Duration::MAX));

    assert!(limits.pass(None, in_an_hour()).await.is_err());
}

#[test]
fn the_longest_limits_do_not_overflow() {
    let years = Duration::from_secs(86_400 * 365 * 2);
    for limit in [
        RateLimit::new(1, years),
        RateLimit::new(u32::MAX, years).burst(u32::MAX),
    ] {
        limit.check("rate_limit").unwrap();
        let limiter = Limiter::new(limit);
        for _ in 0..2 * MAX_HALVED {
            limiter.lock().changed -= ONE_SLOWDOWN;
            limiter.slow_down(None);
            assert!(limiter.earliest(u32::MAX - 1).is_some());
            let _ = limiter.take_turn();
        }
    }
}

#[test]
fn impossible_limits_are_refused() {
    for limit in [
        RateLimit::new(1, Duration::MAX),
        RateLimit::new(1, Duration::from_secs(60)).burst(u32::MAX),
        RateLimit::new(0, Duration::from_secs(1)),
        RateLimit::new(1, Duration::ZERO),
        RateLimit::new(1, Duration::from_secs(1)).burst(0),
    ] {
        assert_eq!(
            limit.check("rate_limit").unwrap_err().field(),
            Some("rate_limit")
        );
    }
}
