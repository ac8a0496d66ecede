//! Which fault a request or a connection meets: scripted ones first, then those of the
//! plan. Also the list of requests that never arrived completely.

use std::collections::{HashMap, VecDeque};

use super::{Fault, FaultKind, FaultPlan, plan::ActivePlan};
use crate::{
    data::{Change, Kind, Log, Row},
    ledger::BrokenRequest,
    route::check_name,
};

/// The name under which faults of connections are scripted.
pub(crate) const CONNECTION: &str = "connection";

#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: HashMap<String, VecDeque<Fault>>,
    plan_in_use: Option<ActivePlan>,
    broken: Log<BrokenRequest>,
}

impl Faults {
    /// # Errors
    ///
    /// When there is no such operation, or the fault isn't possible for a connection.
    pub(crate) fn add(&mut self, operation: &str, fault: Fault) -> Result<(), String> {
        if operation != CONNECTION {
            check_name(operation)?;
        } else if fault.0 != FaultKind::ResetBeforeRequest {
            return Err(format!(
                "a connection can be reset before a request; {} needs a request",
                fault.name()
            ));
        }
        let waiting = self.waiting.entry(operation.to_owned()).or_default();
        waiting.push_back(fault);
        Ok(())
    }

    pub(crate) fn set_plan(&mut self, plan: FaultPlan) {
        self.plan_in_use = Some(ActivePlan::new(plan));
    }

    /// Forgets the scripted faults and the plan.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.plan_in_use = None;
    }

    /// The fault that a request to an operation meets; `line` is its method and target.
    pub(crate) fn take(&mut self, operation: &str, line: &[u8]) -> Option<Fault> {
        self.scripted(operation)
            .or_else(|| self.plan_in_use.as_mut()?.draw(operation, line))
    }

    /// Whether a new connection meets a fault.
    pub(crate) fn has_connection(&self) -> bool {
        let waiting = self.waiting.get(CONNECTION);
        waiting.is_some_and(|waiting| !waiting.is_empty())
    }

    /// The fault that a new connection meets.
    pub(crate) fn take_connection(&mut self) -> Option<Fault> {
        self.scripted(CONNECTION)
    }

    /// The names of the scripted faults of each operation that has any, in order.
    pub(crate) fn waiting(&self) -> Vec<(&str, Vec<&'static str>)> {
        let names = |faults: &VecDeque<Fault>| faults.iter().map(Fault::name).collect();
        let mut all: Vec<(&str, Vec<_>)> = self
            .waiting
            .iter()
            .filter(|(_, faults)| !faults.is_empty())
            .map(|(operation, faults)| (operation.as_str(), names(faults)))
            .collect();
        all.sort_unstable();
        all
    }

    /// Forgets the scripted faults of an operation.
    pub(crate) fn forget(&mut self, operation: &str) {
        self.waiting.remove(operation);
    }

    /// What the plan does, in words.
    pub(crate) fn plan(&self) -> Option<String> {
        self.plan_in_use.as_ref().map(ActivePlan::description)
    }

    pub(crate) fn forget_plan(&mut self) {
        self.plan_in_use = None;
    }

    fn scripted(&mut self, name: &str) -> Option<Fault> {
        self.waiting.get_mut(name)?.pop_front()
    }

    pub(crate) fn record_broken(&mut self, request: BrokenRequest) {
        self.broken.push(request);
    }

    pub(crate) fn broken(&self) -> &[BrokenRequest] {
        &self.broken
    }

    pub(crate) fn clear_broken(&mut self) {
        self.broken.clear();
    }

    pub(crate) fn broken_mut(&mut self) -> &mut Log<BrokenRequest> {
        &mut self.broken
    }

    pub(crate) fn take_broken(&mut self, changes: &mut Vec<Change>) {
        self.broken
            .take(Kind::Broken, changes, BrokenRequest::content);
    }

    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore_broken(&mut self, rows: Vec<Row>) -> Result<(), String> {
        self.broken.restore(rows, |_, row| BrokenRequest::read(row))
    }
}
