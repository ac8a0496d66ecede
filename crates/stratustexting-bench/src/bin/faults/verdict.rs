//! Compares the SDK's outcome of a call with the server's knowledge of it.
//!
//! The server is the sandbox: it knows the requests that arrived whole or in part, the
//! operations that were carried out, and the messages that were sent.

use std::{collections::HashMap, fmt, ops::AddAssign};

use anyhow::ensure;
use stratustexting::{Error, SendOutcome};
use stratustexting_sandbox::Sandbox;

/// The SDK's outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reported {
    /// It was accepted.
    Accepted,
    /// Nothing of it was sent.
    NotSent,
    /// The service rejected it, with this status.
    Rejected(Option<u16>),
    /// It may have been carried out; the status, if there was a response.
    Unknown(Option<u16>),
}

impl Reported {
    pub(crate) fn of(outcome: Result<(), Error>) -> Self {
        let Err(error) = outcome else {
            return Self::Accepted;
        };
        let status = error.status().map(|status| status.as_u16());
        match error.send_outcome() {
            SendOutcome::NotSent => Self::NotSent,
            SendOutcome::Rejected => Self::Rejected(status),
            SendOutcome::Accepted | SendOutcome::Unknown => Self::Unknown(status),
        }
    }

    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, status) = match self {
            Self::Accepted => ("accepted", &None),
            Self::NotSent => ("not_sent", &None),
            Self::Rejected(status) => ("rejected", status),
            Self::Unknown(status) => ("unknown", status),
        };
        f.write_str(word)?;
        match status {
            Some(status) => write!(f, "_{status}"),
            None => Ok(()),
        }
    }
}

/// The server's knowledge of the requests of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) carried_out: usize,
    /// Requests of which at least a byte arrived.
    pub(crate) arrived: usize,
    /// Connections that the sandbox ended before it read a byte of a request: new ones
    /// that were reset, or idle ones that were closed. It can't be shown whether this
    /// call used one of them.
    pub(crate) connections: usize,
    /// The faults of the requests.
    pub(crate) faults: Vec<String>,
}

/// All that the server knows, by call: by the text of a message, which is unique, or by
/// the operation.
pub(crate) struct Server {
    by_text: HashMap<String, Known>,
    by_operation: HashMap<String, Known>,
    pub(crate) connections: usize,
}

impl Server {
    /// # Errors
    ///
    /// If the sandbox contradicts itself.
    pub(crate) fn of(sandbox: &Sandbox) -> anyhow::Result<Self> {
        let mut server = Self {
            by_text: HashMap::new(),
            by_operation: HashMap::new(),
            connections: 0,
        };
        for entry in sandbox.ledger() {
            let query = entry.query.as_deref();
            let carried_out = if entry.carried_out { "+" } else { "-" };
            let what = entry.fault.unwrap_or("whole");
            let what = format!("{what}({}){carried_out}", entry.status);
            server.add(entry.operation, query, what, usize::from(entry.carried_out));
        }
        for broken in sandbox.broken_requests() {
            if broken.target.is_none() {
                server.connections += 1;
                continue;
            }
            let target = broken.target.as_deref();
            let query = target.and_then(|target| Some(target.split_once('?')?.1));
            let what = format!("broken:{}", broken.fault.unwrap_or("by_client"));
            server.add(broken.operation, query, what, 0);
        }
        let mut sent: HashMap<String, usize> = HashMap::new();
        for message in sandbox.sent_messages() {
            *sent.entry(message.text).or_default() += 1;
        }
        for (text, known) in &server.by_text {
            let sent = sent.get(text).copied().unwrap_or_default();
            let claimed = known.carried_out;
            ensure!(
                sent == claimed,
                "the sandbox contradicts itself: {text} was sent {sent} times, \
                 and its ledger has it carried out {claimed} times"
            );
        }
        Ok(server)
    }

    fn add(
        &mut self,
        operation: Option<String>,
        query: Option<&str>,
        what: String,
        carried_out: usize,
    ) {
        let mut parameters = query.into_iter().flat_map(|query| query.split('&'));
        // Texts are letters and digits, so they aren't encoded.
        let text = parameters.find_map(|parameter| parameter.strip_prefix("text="));
        let by_text = text.map(|text| self.by_text.entry(text.to_owned()).or_default());
        let by_operation = operation.map(|id| self.by_operation.entry(id).or_default());
        for known in [by_text, by_operation].into_iter().flatten() {
            known.carried_out += carried_out;
            known.arrived += 1;
            known.faults.push(what.clone());
        }
    }

    pub(crate) fn of_text(&self, text: &str) -> Known {
        self.by_text.get(text).cloned().unwrap_or_default()
    }

    pub(crate) fn of_operation(&self, id: &str) -> Known {
        self.by_operation.get(id).cloned().unwrap_or_default()
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Calls of any operation.
    pub(crate) calls: usize,
    /// Those of them that send a message.
    pub(crate) sends: usize,
    /// Calls that were carried out twice and mustn't be.
    pub(crate) duplicates: usize,
    /// Calls that were reported as not sent, though at least a byte arrived.
    pub(crate) false_not_sent: usize,
    /// Calls that were reported as accepted, but weren't carried out.
    pub(crate) false_accepted: usize,
    /// Sends with an unknown outcome.
    pub(crate) unknown: usize,
    /// Calls with an unknown outcome, though not a byte arrived, nor did the sandbox
    /// end a connection. That does no harm, but the send could have been retried.
    pub(crate) unjustified_unknown: usize,
    /// Calls that mustn't be done twice, and that the service carried out and then
    /// rejected. The SDK can't see that the service lied; these are counted.
    pub(crate) rejected_but_done: usize,
    /// Requests that arrived at the target of redirects.
    pub(crate) followed_redirects: usize,
    /// Calls that exceeded their deadline by much.
    pub(crate) overdue: usize,
}

/// Whether doing a call twice is harmful.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Repetition {
    Harmless,
    Harmful,
}

impl Counts {
    /// Compares one call's outcome with the server's knowledge, and returns what is wrong.
    pub(crate) fn judge(
        &mut self,
        reported: Reported,
        known: &Known,
        twice: Repetition,
    ) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        let mut check = |is_wrong: bool, count: &mut usize, name| {
            if is_wrong {
                *count += 1;
                wrong.push(name);
            }
        };
        let duplicate = twice == Repetition::Harmful && known.carried_out > 1;
        check(duplicate, &mut self.duplicates, "duplicate");
        let not_sent = reported == Reported::NotSent && known.arrived > 0;
        check(not_sent, &mut self.false_not_sent, "false_not_sent");
        let accepted = reported == Reported::Accepted && known.carried_out == 0;
        check(accepted, &mut self.false_accepted, "false_accepted");
        let done = twice == Repetition::Harmful && known.carried_out > 0;
        self.rejected_but_done += usize::from(done && matches!(reported, Reported::Rejected(_)));
        let nothing = known.arrived == 0 && known.connections == 0;
        let unjustified = reported.is_unknown() && nothing;
        check(
            unjustified,
            &mut self.unjustified_unknown,
            "unjustified_unknown",
        );
        wrong
    }

    pub(crate) fn are_good(&self) -> bool {
        let bad = [
            self.duplicates,
            self.false_not_sent,
            self.false_accepted,
            self.unjustified_unknown,
            self.followed_redirects,
            self.overdue,
        ];
        bad.iter().all(|count| *count == 0)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.sends += other.sends;
        self.duplicates += other.duplicates;
        self.false_not_sent += other.false_not_sent;
        self.false_accepted += other.false_accepted;
        self.unknown += other.unknown;
        self.unjustified_unknown += other.unjustified_unknown;
        self.rejected_but_done += other.rejected_but_done;
        self.followed_redirects += other.followed_redirects;
        self.overdue += other.overdue;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sends={} duplicates={} false_not_sent={} false_accepted={} unknown={} \
             unjustified_unknown={} rejected_but_done={} followed_redirects={} overdue={} calls={}",
            self.sends,
            self.duplicates,
            self.false_not_sent,
            self.false_accepted,
            self.unknown,
            self.unjustified_unknown,
            self.rejected_but_done,
            self.followed_redirects,
            self.overdue,
            self.calls,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Known, Repetition, Reported};

    fn wrong(reported: Reported, carried_out: usize, arrived: usize) -> Vec<&'static str> {
        let known = Known {
            carried_out,
            arrived,
            ..Known::default()
        };
        let mut counts = Counts::default();
        let wrong = counts.judge(reported, &known, Repetition::Harmful);
        assert_eq!(counts.are_good(), wrong.is_empty());
        wrong
    }

    #[test]
    fn only_contradictions_are_named() {
        assert!(wrong(Reported::Accepted, 1, 1).is_empty());
        assert!(wrong(Reported::Accepted, 1, 2).is_empty());
        assert!(wrong(Reported::NotSent, 0, 0).is_empty());
        assert!(wrong(Reported::Unknown(None), 0, 1).is_empty());
        assert!(wrong(Reported::Unknown(None), 1, 1).is_empty());
        assert!(wrong(Reported::Rejected(Some(400)), 1, 1).is_empty());

        assert_eq!(wrong(Reported::Accepted, 2, 2), ["duplicate"]);
        assert_eq!(wrong(Reported::Unknown(None), 2, 2), ["duplicate"]);
        assert_eq!(wrong(Reported::NotSent, 0, 1), ["false_not_sent"]);
        assert_eq!(wrong(Reported::Accepted, 0, 1), ["false_accepted"]);
        assert_eq!(
            wrong(Reported::Unknown(None), 0, 0),
            ["unjustified_unknown"]
        );
    }
}
