//! Makes bodies, reads them, and counts.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
};

use fastrand::Rng;

use crate::{
    mutate::{self, Mutated},
    oracle::{self, Failure, FailureKind},
    seeds::Seed,
    ways::Way,
};

/// How many failures are shown, and how many of one kind.
const SHOWN: usize = 10;
const OF_A_KIND: usize = 3;

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) mutations: u64,
    pub(crate) panics: u64,
    /// Bodies with an unchanged value that didn't arrive as before.
    pub(crate) lost_siblings: u64,
    /// Bodies with a changed value that isn't written back.
    pub(crate) lost_raw: u64,
    /// Bodies that were rejected although they have some of the data.
    pub(crate) unreadable: u64,
    /// Bodies that were rejected and have no data left.
    pub(crate) silent: u64,
    pub(crate) read: u64,
    pub(crate) cut: u64,
    pub(crate) taken_for_whole: u64,
    pub(crate) sends: u64,
    pub(crate) accepted: u64,
    pub(crate) false_accepted: u64,
    /// The first failures, for people.
    pub(crate) failures: Vec<String>,
    /// A digest of all bodies, so that two runs can be compared.
    pub(crate) digest: u64,
}

impl Counts {
    pub(crate) fn are_good(&self) -> bool {
        let wrong = [
            self.panics,
            self.lost_siblings,
            self.lost_raw,
            self.taken_for_whole,
            self.false_accepted,
        ];
        wrong.iter().all(|count| *count == 0) && self.unreadable * 1_000 <= self.mutations
    }

    fn show(&mut self, number: u64, seed: &Seed, what: &str, changes: &[String]) {
        let kind = format!(": {}", what.split(" at ").next().unwrap_or_default());
        let alike = self.failures.iter().filter(|shown| shown.contains(&kind));
        if self.failures.len() < SHOWN && alike.count() < OF_A_KIND {
            self.failures.push(format!(
                "#{number} {} by {}: {what}; {}",
                seed.name,
                seed.way.name(),
                changes.join("; ")
            ));
        }
    }
}

/// Makes and reads the bodies with these numbers.
pub(crate) fn run(seeds: &[Seed], from: u64, numbers: Range<u64>, aloud: bool) -> Counts {
    let mut counts = Counts::default();
    for seed in seeds {
        if let Err(failure) = oracle::check_fixture(seed) {
            counts.lost_raw += 1;
            counts.show(0, seed, &describe(&failure), &[]);
        }
    }
    for number in numbers {
        let mut hasher = DefaultHasher::new();
        (from, number).hash(&mut hasher);
        let mut rng = Rng::with_seed(hasher.finish());
        let seed = &seeds[rng.usize(..seeds.len())];
        let mutated = mutate::mutate(seed, &mut rng);
        if aloud {
            counts.show(number, seed, "this body", &mutated.changes);
        }
        counts.judge(number, seed, &mutated);
    }
    counts
}

impl Counts {
    fn judge(&mut self, number: u64, seed: &Seed, mutated: &Mutated) {
        self.mutations += 1;
        let body = mutated.wrapper.render(&mutated.root);
        let mut hasher = DefaultHasher::new();
        (self.digest, &body).hash(&mut hasher);
        self.digest = hasher.finish();
        let is_cut = mutated.wrapper.cut.is_some();
        let is_send = matches!(seed.way, Way::Send(_));
        self.cut += u64::from(is_cut);
        self.sends += u64::from(is_send);

        let Ok(arrived) = catch_unwind(AssertUnwindSafe(|| seed.way.read(body))) else {
            self.panics += 1;
            return self.show(number, seed, "a panic", &mutated.changes);
        };
        let Some(arrived) = arrived else {
            if is_cut {
            } else if oracle::must_be_read(seed, mutated) {
                self.unreadable += 1;
                self.show(number, seed, "rejected", &mutated.changes);
            } else {
                self.silent += 1;
            }
            return;
        };
        if is_cut {
            self.taken_for_whole += 1;
            return self.show(
                number,
                seed,
                "truncated and read as whole",
                &mutated.changes,
            );
        }
        self.read += 1;
        if arrived.accepted {
            self.accepted += 1;
            if !oracle::says_accepted(mutated) {
                self.false_accepted += 1;
                self.show(number, seed, "falsely accepted", &mutated.changes);
            }
        }
        if let Err(failure) = oracle::check(seed, mutated, &arrived) {
            match failure.kind {
                FailureKind::LostRaw => self.lost_raw += 1,
                FailureKind::LostSibling | FailureKind::Invented | FailureKind::LostItem => {
                    self.lost_siblings += 1;
                }
            }
            self.show(number, seed, &describe(&failure), &mutated.changes);
        }
    }
}

fn describe(failure: &Failure) -> String {
    format!("{:?} at {}", failure.kind, failure.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;

    #[test]
    fn nothing_is_lost_and_runs_are_reproducible() {
        let seeds = seeds::all().unwrap();
        let first = run(&seeds, 7, 0..2_000, false);

        assert!(first.are_good(), "{first:#?}");
        assert!(
            first.read > 1_000 && first.cut > 50 && first.accepted > 10,
            "{first:#?}"
        );
        assert_eq!(first, run(&seeds, 7, 0..2_000, false));
        assert_ne!(first.digest, run(&seeds, 8, 0..2_000, false).digest);
    }
}
