//! Random faults; the same seed gives the same ones.
//!
//! The fault depends on the seed, on the request's first line, and on how many requests
//! with the same line came before: not on when it arrives. So the same requests meet the
//! same faults, even if they are sent at the same time in another order, and a retry may
//! meet something else.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use stratustexting_client::Operation;

use super::{Fault, FaultKind};
use crate::route::{TOKEN, check_name};

/// Which faults happen at random, and how often; for
/// [`Sandbox::fail_at_random`](crate::Sandbox::fail_at_random).
///
/// ```
/// use stratustexting_sandbox::{Commit, Fault, FaultPlan};
///
/// let plan = FaultPlan::new(7)
///     .probability(0.2)
///     .fault(Fault::reset_before_response(Commit::After), 3)
///     .fault(Fault::status(503, Commit::Before), 1)
///     .operation("sendSms");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a plan does nothing until it is given to a sandbox"]
pub struct FaultPlan {
    seed: u64,
    probability: f64,
    faults: Vec<(Fault, u32)>,
    operations: Vec<String>,
}

impl FaultPlan {
    /// A plan in which every second request to any operation meets a fault, each of
    /// [`Fault::every`] equally often. Requests for tokens meet none.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            probability: 0.5,
            faults: Vec::new(),
            operations: Vec::new(),
        }
    }

    /// The share of requests that meet a fault: 0 is none, 1 is all.
    ///
    /// # Panics
    ///
    /// When `probability` isn't between 0 and 1.
    pub fn probability(mut self, probability: f64) -> Self {
        let fits = (0.0..=1.0).contains(&probability);
        assert!(fits, "a probability must be between 0 and 1");
        self.probability = probability;
        self
    }

    /// Adds a fault. Once one is added, only added faults happen, in proportion to their
    /// weights.
    pub fn fault(mut self, fault: Fault, weight: u32) -> Self {
        self.faults.push((fault, weight));
        self
    }

    /// Adds an operation, by its `operationId`, or `token`. Once one is added, only requests
    /// to added operations meet faults.
    ///
    /// # Panics
    ///
    /// When there is no such operation.
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        let operation = operation.into();
        check_name(&operation).unwrap_or_else(|error| panic!("{error}"));
        self.operations.push(operation);
        self
    }

    fn applies_to(&self, operation: &str) -> bool {
        if self.operations.is_empty() {
            Operation::find(operation).is_some()
        } else {
            self.operations.iter().any(|id| id == operation)
        }
    }

    fn pick(&self, random: &mut fastrand::Rng) -> Option<Fault> {
        let sum: u64 = self
            .faults
            .iter()
            .map(|(_, weight)| u64::from(*weight))
            .sum();
        let mut left = if sum == 0 {
            return None;
        } else {
            random.u64(..sum)
        };
        let found = self.faults.iter().find(|(_, weight)| {
            let weight = u64::from(*weight);
            let found = left < weight;
            left = left.saturating_sub(weight);
            found
        });
        found.map(|(fault, _)| fault.clone())
    }
}

/// A plan as the control API takes it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "FaultPlan",
    description = "Which faults happen at random, and how often."
)]
pub(crate) struct FaultPlanInput {
    seed: u64,
    probability: f64,
    #[serde(default)]
    faults: Vec<WeightedInput>,
    #[serde(default)]
    operations: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WeightedInput {
    #[schemars(with = "FaultKind")]
    fault: Fault,
    #[serde(default = "default_weight")]
    weight: u32,
}

fn default_weight() -> u32 {
    1
}

impl TryFrom<FaultPlanInput> for FaultPlan {
    type Error = String;

    fn try_from(input: FaultPlanInput) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&input.probability) {
            return Err("a probability must be between 0 and 1".to_owned());
        }
        for operation in &input.operations {
            check_name(operation)?;
        }
        let faults = input.faults.into_iter();
        Ok(Self {
            seed: input.seed,
            probability: input.probability,
            faults: faults.map(|each| (each.fault, each.weight)).collect(),
            operations: input.operations,
        })
    }
}

/// A plan in use.
#[derive(Debug)]
pub(super) struct ActivePlan {
    plan: FaultPlan,
    /// How many requests there were with the same first line.
    seen: HashMap<u64, u64>,
}

impl ActivePlan {
    pub(super) fn new(mut plan: FaultPlan) -> Self {
        if plan.faults.is_empty() {
            let every = Fault::every("https://elsewhere.invalid/");
            plan.faults = every.into_iter().map(|fault| (fault, 1)).collect();
        }
        let seen = HashMap::new();
        Self { plan, seen }
    }

    /// What it does, in words.
    pub(super) fn description(&self) -> String {
        let percent = (self.plan.probability * 100.0).round();
        let share = match self.plan.probability {
            1.0 => "every request".to_owned(),
            _ => format!("{percent} % of requests"),
        };
        match self.plan.faults.as_slice() {
            [(only, _)] => format!("{share}: {only}"),
            many => format!("{share}: one of {} faults", many.len()),
        }
    }

    /// The fault that this request meets.
    pub(super) fn draw(&mut self, operation: &str, line: &[u8]) -> Option<Fault> {
        if !self.plan.applies_to(operation) {
            return None;
        }
        // A request for a token has the same line each time, and a code in its body.
        debug_assert!(operation == TOKEN || !line.is_empty());
        let line = digest(&[self.plan.seed.to_be_bytes().as_slice(), line]);
        let before = self.seen.entry(line).or_default();
        let drawn = digest(
            &[line.to_be_bytes(), before.to_be_bytes()]
                .each_ref()
                .map(|b| &b[..]),
        );
        *before += 1;
        let mut random = fastrand::Rng::with_seed(drawn);
        if random.f64() < self.plan.probability {
            self.plan.pick(&mut random)
        } else {
            None
        }
    }
}

fn digest(parts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::{ActivePlan, FaultPlan};
    use crate::fault::{Commit, Fault};

    fn drawn(seed: u64, lines: impl Iterator<Item = u32>) -> Vec<(u32, Option<Fault>)> {
        let mut active = ActivePlan::new(FaultPlan::new(seed));
        lines
            .map(|line| {
                (
                    line,
                    active.draw("sendSms", format!("POST /{line}").as_bytes()),
                )
            })
            .collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_faults_in_whatever_order_requests_come() {
        let forwards = drawn(1, 0..200);
        let mut backwards = drawn(1, (0..200).rev());
        backwards.reverse();

        assert_eq!(forwards, backwards);
        assert_ne!(forwards, drawn(2, 0..200));
        let met = forwards.iter().filter(|(_, fault)| fault.is_some()).count();
        assert!((70..130).contains(&met), "{met} of 200");
    }

    #[test]
    fn a_retry_meets_something_else() {
        let again = drawn(1, std::iter::repeat_n(3, 20));

        assert!(again.iter().any(|(_, fault)| fault.is_some()));
        assert!(again.iter().any(|(_, fault)| fault.is_none()));
    }

    #[test]
    fn weights_operations_and_probability_count() {
        let often = Fault::never_respond(Commit::Before);
        let plan = FaultPlan::new(1)
            .probability(1.0)
            .fault(often.clone(), 9)
            .fault(Fault::reset_before_request(), 1)
            .operation("sendMms");
        let mut active = ActivePlan::new(plan.clone());
        let drawn: Vec<_> = (0..500)
            .map(|n| active.draw("sendMms", &u32::to_be_bytes(n)).unwrap())
            .collect();
        let count = drawn.iter().filter(|fault| **fault == often).count();

        assert!((420..480).contains(&count), "{count} of 500");
        assert_eq!(active.draw("sendSms", b"x"), None);
        assert_eq!(
            ActivePlan::new(plan.probability(0.0)).draw("sendMms", b"x"),
            None
        );
    }
}
