//! What `-v` shows, on standard error: the SDK's own events, which have no secret, no number and
//! no text. Other libraries' events are left out: the HTTP client's have URLs, and the vendor
//! puts numbers and texts there.

use std::io;

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

/// Our crates, by their modules' paths.
const OURS: [&str; 3] = [
    "stratustexting",
    "stratustexting_queue",
    "stratustexting_sandbox",
];

/// `verbose` is the number of `-v`: one shows calls, two attempts, three everything.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ours = OURS.map(|name| (name, level));
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(io::stderr)
                .with_ansi(false),
        )
        .with(Targets::new().with_targets(ours))
        .init();
}
