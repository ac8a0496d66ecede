//! The committed figures, and the check of the SDK against them.
//!
//! Only the SDK's count of allocations is a limit. It depends on the code, the compiler
//! and the crates in `Cargo.lock`, not on the machine's speed or load. The other
//! figures are for comparison: if raw reqwest's count changed as well, the cause isn't
//! ours.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::{count::Round, ways::Way};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json");

/// The cost of one send, by the name of its way.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Baseline(BTreeMap<String, Figures>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    allocations: usize,
    bytes: usize,
}

impl Baseline {
    pub(crate) fn of(rounds: &[(Way, Round)]) -> Self {
        let figures = rounds.iter().map(|(way, round)| {
            let figures = Figures {
                allocations: round.median.count,
                bytes: round.median.bytes,
            };
            (way.name().to_owned(), figures)
        });
        Self(figures.collect())
    }

    pub(crate) fn read() -> anyhow::Result<Self> {
        let hint = "the baseline can't be read; `cargo xtask bench --write` makes one";
        serde_json::from_slice(&fs::read(FILE).context(hint)?).context(hint)
    }

    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(FILE, text).context("the baseline can't be written")
    }

    fn allocations(&self, way: Way) -> anyhow::Result<usize> {
        let figures = self.0.get(way.name());
        let figures = figures.with_context(|| format!("the baseline has no {}", way.name()))?;
        Ok(figures.allocations)
    }

    /// Compares the measured figures with this baseline, and fails if the SDK allocates
    /// more often.
    pub(crate) fn check(&self, measured: &Self) -> anyhow::Result<String> {
        let (old, new) = (self.allocations(Way::Sdk)?, measured.allocations(Way::Sdk)?);
        let (old_raw, new_raw) = (self.allocations(Way::Raw)?, measured.allocations(Way::Raw)?);
        let cause = if old_raw == new_raw {
            "Raw reqwest allocates as often as before, so the cause is most likely in this \
             workspace."
        } else {
            "Raw reqwest's count has changed as well, so at least part of the cause is \
             another compiler, or another version of reqwest or of what is below it."
        };
        match new.cmp(&old) {
            std::cmp::Ordering::Equal => Ok(format!(
                "The SDK's {new} allocations per send are as committed."
            )),
            std::cmp::Ordering::Less => Ok(format!(
                "The SDK allocates {new} times per send, {} less than committed. Keep it: \
                 cargo xtask bench --write",
                old - new
            )),
            std::cmp::Ordering::Greater => bail!(
                "the SDK allocates {new} times per send, {} more than the {old} that are \
                 committed: every text now costs that much more. {cause} \
                 `cargo xtask bench --explain` shows where it allocates. If it is worth it, \
                 accept it by `cargo xtask bench --write` and say in the commit what for.",
                new - old
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(raw: usize, sdk: usize) -> Baseline {
        let figures = [("raw", raw), ("sdk", sdk)].map(|(name, allocations)| {
            let bytes = 0;
            (name.to_owned(), Figures { allocations, bytes })
        });
        Baseline(figures.into_iter().collect())
    }

    #[test]
    fn only_more_allocations_of_the_sdk_fail() {
        let committed = baseline(61, 83);

        assert!(committed.check(&baseline(61, 83)).is_ok());
        assert!(committed.check(&baseline(99, 83)).is_ok());
        assert!(
            committed
                .check(&baseline(61, 82))
                .unwrap()
                .contains("--write")
        );
        let error = committed.check(&baseline(61, 84)).unwrap_err().to_string();
        assert!(
            error.contains("1 more") && error.contains("--write"),
            "{error}"
        );
    }

    #[test]
    fn the_committed_baseline_can_be_read() {
        let committed = Baseline::read().unwrap();

        for way in Way::ALL {
            assert!(committed.allocations(way).unwrap() > 0);
        }
    }
}
