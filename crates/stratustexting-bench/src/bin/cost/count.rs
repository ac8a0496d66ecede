//! Counts allocations.
//!
//! The counter wraps the system's allocator and counts for the whole process, on all
//! threads. The runtime has one thread and the server is another process, so only the
//! client's work is counted between two sends. The unit is a send: the median over many
//! of them excludes occasional work (a buffer that grows, a timer's page).

use std::{alloc::System, net::SocketAddr};

use anyhow::ensure;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::ways::{self, Sender, Way};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocations of one send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Allocations {
    /// How often memory was allocated or resized.
    pub(crate) count: usize,
    /// How often memory was resized.
    pub(crate) grown: usize,
    /// How many bytes were allocated.
    pub(crate) bytes: usize,
}

/// The allocations of one round's sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// The median, of each figure.
    pub(crate) median: Allocations,
    /// The smallest count of a send, and the largest.
    pub(crate) range: (usize, usize),
}

/// How many texts are sent before anything is counted: buffers get their size.
const WARM_UP: usize = 200;

/// Sends two rounds of texts, one text after the other on one connection.
pub(crate) fn measure(way: Way, server: SocketAddr, sends: usize) -> anyhow::Result<Round> {
    ways::runtime()?.block_on(async {
        let sender = way.sender(server)?;
        for _ in 0..WARM_UP {
            sender.send().await?;
        }
        let first = round_of(&sender, sends).await?;
        let second = round_of(&sender, sends).await?;
        ensure!(
            first.median == second.median,
            "two rounds of {} differ, so neither counts: {:?}, then {:?}",
            way.name(),
            first.median,
            second.median,
        );
        Ok(second)
    })
}

async fn round_of(sender: &Sender, sends: usize) -> anyhow::Result<Round> {
    ensure!(sends > 0, "--sends must be at least 1");
    // Its capacity is reserved beforehand, because that allocates.
    let mut seen = Vec::with_capacity(sends);
    let mut region = Region::new(ALLOCATOR);
    for _ in 0..sends {
        sender.send().await?;
        let change = region.change_and_reset();
        seen.push(Allocations {
            count: change.allocations + change.reallocations,
            grown: change.reallocations,
            bytes: change.bytes_allocated,
        });
    }
    let counts = || seen.iter().map(|each| each.count);
    Ok(Round {
        median: Allocations {
            count: median(counts()),
            grown: median(seen.iter().map(|each| each.grown)),
            bytes: median(seen.iter().map(|each| each.bytes)),
        },
        range: (
            counts().min().unwrap_or_default(),
            counts().max().unwrap_or_default(),
        ),
    })
}

fn median(values: impl Iterator<Item = usize>) -> usize {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use stratustexting::segments::Segments;

    use super::*;

    #[test]
    fn the_segments_of_a_text_are_counted_without_allocating() {
        let texts = ["a[€".repeat(300), "a’🙂".repeat(300)];

        // Other tests of this program allocate meanwhile, so the fewest of many rounds count.
        let rounds = (0..1_000).map(|_| {
            let region = Region::new(ALLOCATOR);
            for text in &texts {
                black_box(Segments::of(black_box(text)));
            }
            region.change().allocations
        });

        assert_eq!(rounds.min(), Some(0));
    }

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median([3, 1, 200].into_iter()), 3);
        assert_eq!(median(std::iter::empty()), 0);
    }
}
