//! The measures.

use std::{
    convert::Infallible,
    fs,
    time::{Duration, Instant},
};

use anyhow::ensure;
use futures::{StreamExt, stream};
use stratustexting::{http::Request, webhook::Incoming};
use stratustexting_bench::database::OwnTable;
use stratustexting_queue::inbox::{Delivery, Inbox};
use tokio::time;

use super::Arguments;

pub(crate) async fn all<S: OwnTable>(store: S, arguments: &Arguments) -> anyhow::Result<()> {
    store.make_table().await?;
    acknowledgement(&store, arguments).await?;
    throughput(&store, arguments).await?;
    memory(&store, arguments).await
}

fn body(kind: &str, number: u64) -> String {
    format!(
        r#"{{"uuid":"{kind}-{number}","timestamp":"2026-11-28T00:00:00.000Z","messageInfo":{{"messageId":"{kind}-{number}","lastUpdated":1774915200000}}}}"#
    )
}

async fn receive<S: OwnTable>(inbox: &Inbox<S>, body: String) -> anyhow::Result<()> {
    let incoming = Incoming::read(&Request::post("/hook").body(body)?)?;
    let response = inbox.receive(incoming).await;
    ensure!(
        response.status() == 200,
        "an event was refused: {}",
        response.status()
    );
    Ok(())
}

/// With every handler busy for ten seconds, and more events than handlers.
async fn acknowledgement<S: OwnTable>(store: &S, arguments: &Arguments) -> anyhow::Result<()> {
    let inbox = Inbox::new(store.clone());
    let worker = inbox.run(|_: Delivery<S>| async {
        time::sleep(Duration::from_secs(10)).await;
        Ok::<_, Infallible>(())
    });
    // One after the other, so that the time is that of one event and not of a queue of ours.
    let mut times = Vec::new();
    for number in 0..arguments.events.min(1_000) {
        let begun = Instant::now();
        receive(&inbox, body("acknowledged", number)).await?;
        times.push(begun.elapsed());
    }
    worker.shutdown_within(Duration::ZERO).await;
    // What is left must not be handled in the next measure.
    let done = inbox.run(|_: Delivery<S>| async { Ok::<_, Infallible>(()) });
    handled(&inbox, times.len() as u64).await?;
    done.shutdown().await;
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "acknowledgement while handlers take 10 s: p50={:.1} ms p99={:.1} ms max={:.1} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

async fn throughput<S: OwnTable>(store: &S, arguments: &Arguments) -> anyhow::Result<()> {
    let inbox = Inbox::builder(store.clone()).concurrency(64).build();
    let before = inbox.numbers().await?.handled;
    // Half of the bare rows before and half after, so that a load on the machine meets both.
    let mut bare = half_bare(store, arguments, 0).await?;

    let worker = inbox.run(|_: Delivery<S>| async { Ok::<_, Infallible>(()) });
    let begun = Instant::now();
    let received = stream::iter(0..arguments.events)
        .map(|number| receive(&inbox, body("counted", number)))
        .buffer_unordered(arguments.at_once);
    let results: Vec<_> = received.collect().await;
    results.into_iter().collect::<anyhow::Result<()>>()?;
    let received = begun.elapsed();
    handled(&inbox, before + arguments.events).await?;
    let all = begun.elapsed();
    worker.shutdown().await;

    bare += half_bare(store, arguments, 1).await?;
    let ratio = |took: Duration| bare.as_secs_f64() / took.as_secs_f64();
    println!(
        "throughput: received={:.2} of a bare insert, received and handled={:.2} of it",
        ratio(received),
        ratio(all)
    );
    Ok(())
}

async fn half_bare<S: OwnTable>(
    store: &S,
    arguments: &Arguments,
    half: u64,
) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let inserted = stream::iter(0..arguments.events / 2)
        .map(|number| async move { store.write(&body("bare", number * 2 + half)).await })
        .buffer_unordered(arguments.at_once);
    let results: Vec<_> = inserted.collect().await;
    results.into_iter().collect::<anyhow::Result<()>>()?;
    Ok(begun.elapsed())
}

async fn handled<S: OwnTable>(inbox: &Inbox<S>, all: u64) -> anyhow::Result<()> {
    while inbox.numbers().await?.handled < all {
        time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Events that nobody handles yet: what waits must not be in memory.
async fn memory<S: OwnTable>(store: &S, arguments: &Arguments) -> anyhow::Result<()> {
    let inbox = Inbox::new(store.clone());
    let mut number = 0;
    let mut step = 1_000;
    while step <= arguments.stored {
        while number < step {
            let bodies = (number..step.min(number + 500)).map(|number| body("stored", number));
            let text = format!("[{}]", bodies.collect::<Vec<_>>().join(","));
            receive(&inbox, text).await?;
            number = step.min(number + 500);
        }
        println!("memory: stored={step} resident={} kB", resident()?);
        step *= 10;
    }
    Ok(())
}

/// What the process occupies now, in kilobytes.
fn resident() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.unwrap_or_default().parse()?)
}
