//! Which fault a request or a connection meets: those that were scripted first, then
//! the plan. And a list of the requests that never became whole.

use std::collections::{HashMap, VecDeque};

use super::{Fault, FaultPlan, Kind, plan::Course};
use crate::{ledger::BrokenRequest, route::check_name};

/// The name under which faults of connections are scripted.
pub(crate) const CONNECTION: &str = "connection";

#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: HashMap<String, VecDeque<Fault>>,
    course: Option<Course>,
    broken: Vec<BrokenRequest>,
}

impl Faults {
    /// # Errors
    ///
    /// When there is no such operation, or the fault isn't one of a connection.
    pub(crate) fn add(&mut self, operation: &str, fault: Fault) -> Result<(), String> {
        if operation != CONNECTION {
            check_name(operation)?;
        } else if fault.0 != Kind::ResetBeforeRequest {
            return Err(format!(
                "a connection can be reset before a request; {} needs a request",
                fault.name()
            ));
        }
        let waiting = self.waiting.entry(operation.to_owned()).or_default();
        waiting.push_back(fault);
        Ok(())
    }

    pub(crate) fn follow(&mut self, plan: FaultPlan) {
        self.course = Some(Course::new(plan));
    }

    /// Forgets what waits, and the plan.
    pub(crate) fn stop(&mut self) {
        self.waiting.clear();
        self.course = None;
    }

    /// What a request to an operation meets; `line` is its method and target.
    pub(crate) fn take(&mut self, operation: &str, line: &[u8]) -> Option<Fault> {
        self.scripted(operation)
            .or_else(|| self.course.as_mut()?.draw(operation, line))
    }

    /// Whether a new connection is to be reset.
    pub(crate) fn take_connection(&mut self) -> Option<Fault> {
        self.scripted(CONNECTION)
    }

    fn scripted(&mut self, name: &str) -> Option<Fault> {
        self.waiting.get_mut(name)?.pop_front()
    }

    pub(crate) fn broke(&mut self, request: BrokenRequest) {
        self.broken.push(request);
    }

    pub(crate) fn broken(&self) -> &[BrokenRequest] {
        &self.broken
    }

    pub(crate) fn clear_broken(&mut self) {
        self.broken.clear();
    }
}
