//! Counting allocations.
//!
//! The counter stands in front of the system's allocator and counts for the whole
//! process: whatever a library does on whichever thread is counted. The runtime has one
//! thread and the server is another process, so that what is counted between two sends
//! is the client's work and nothing else. A send is the unit: the median over many of
//! them leaves out what happens now and then (a buffer that grows, a timer's page).

use std::{alloc::System, net::SocketAddr};

use anyhow::ensure;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::ways::{self, Sender, Way};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What one send allocates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Allocations {
    /// How often memory was asked for, growing what was there already included.
    pub(crate) count: usize,
    /// Of those, how often something grew (or shrank) that was there already.
    pub(crate) grown: usize,
    /// How many bytes were asked for.
    pub(crate) bytes: usize,
}

/// What the sends of one round allocated.
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
            "two rounds of {} differ, so that neither says anything: {:?}, then {:?}",
            way.name(),
            first.median,
            second.median,
        );
        Ok(second)
    })
}

async fn round_of(sender: &Sender, sends: usize) -> anyhow::Result<Round> {
    ensure!(sends > 0, "--sends has to be 1 at least");
    // Its room is made beforehand, because making it allocates.
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
    use super::*;

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median([3, 1, 200].into_iter()), 3);
        assert_eq!(median(std::iter::empty()), 0);
    }
}
