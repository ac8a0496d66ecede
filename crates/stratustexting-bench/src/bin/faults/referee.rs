//! Whether what the SDK said of a call agrees with what the server knows of it.
//!
//! The server's side is the sandbox's: the requests that arrived whole or in part, the
//! operations that were carried out, and the messages that were sent.

use std::{collections::HashMap, fmt, ops::AddAssign};

use anyhow::ensure;
use stratustexting::{Error, SendOutcome};
use stratustexting_sandbox::Sandbox;

/// What the SDK said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Told {
    /// It was taken.
    Accepted,
    /// Nothing of it left.
    NotSent,
    /// The service said no, with this status.
    Rejected(Option<u16>),
    /// It may have been carried out; the status, if there was an answer.
    Unknown(Option<u16>),
}

impl Told {
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

impl fmt::Display for Told {
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

/// What the server knows of the requests of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) carried_out: usize,
    /// Requests of which at least a byte arrived.
    pub(crate) arrived: usize,
    /// Connections that there were, and that the sandbox ended before a byte of a request
    /// was read from them: reset when they were new, or closed while they were idle. That
    /// one of them was this call's can't be shown, nor ruled out.
    pub(crate) connections: usize,
    /// What the requests met.
    pub(crate) faults: Vec<String>,
}

/// All that the server knows, by the call: by the text of a message, which is another
/// one for each send, or by the operation.
pub(crate) struct Server {
    by_text: HashMap<String, Known>,
    by_operation: HashMap<String, Known>,
    pub(crate) connections: usize,
}

impl Server {
    /// # Errors
    ///
    /// When the sandbox contradicts itself.
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
        // Texts are letters and digits, so that they show as they are.
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

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Calls of any operation.
    pub(crate) calls: usize,
    /// Those of them that send a message.
    pub(crate) sends: usize,
    /// Calls whose operation must not be carried out twice, and was.
    pub(crate) duplicates: usize,
    /// Calls that were told not to be sent, of which at least a byte arrived.
    pub(crate) false_not_sent: usize,
    /// Calls that were told to be accepted, and weren't carried out.
    pub(crate) false_accepted: usize,
    /// Sends of which the SDK couldn't say it.
    pub(crate) unknown: usize,
    /// Calls of which it couldn't, though not a byte arrived, nor was there a connection
    /// that the sandbox ended. No harm, but a send that could have been repeated.
    pub(crate) unjustified_unknown: usize,
    /// Calls that must not be done twice, of which the service said no after it had carried
    /// them out. That it lied can't be seen; that the SDK believes it is what is counted.
    pub(crate) rejected_but_done: usize,
    /// Requests that arrived where redirects led.
    pub(crate) followed_redirects: usize,
    /// Calls that took much longer than their deadline.
    pub(crate) overdue: usize,
}

/// Whether doing a call twice does harm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Twice {
    Harmless,
    Harmful,
}

impl Counts {
    /// Holds one call's outcome against what the server knows, and names what is wrong.
    pub(crate) fn judge(&mut self, told: Told, known: &Known, twice: Twice) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        let mut check = |is_wrong: bool, count: &mut usize, name| {
            if is_wrong {
                *count += 1;
                wrong.push(name);
            }
        };
        let duplicate = twice == Twice::Harmful && known.carried_out > 1;
        check(duplicate, &mut self.duplicates, "duplicate");
        let not_sent = told == Told::NotSent && known.arrived > 0;
        check(not_sent, &mut self.false_not_sent, "false_not_sent");
        let accepted = told == Told::Accepted && known.carried_out == 0;
        check(accepted, &mut self.false_accepted, "false_accepted");
        let done = twice == Twice::Harmful && known.carried_out > 0;
        self.rejected_but_done += usize::from(done && matches!(told, Told::Rejected(_)));
        let nothing = known.arrived == 0 && known.connections == 0;
        let unjustified = told.is_unknown() && nothing;
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
    use super::{Counts, Known, Told, Twice};

    fn wrong(told: Told, carried_out: usize, arrived: usize) -> Vec<&'static str> {
        let known = Known {
            carried_out,
            arrived,
            ..Known::default()
        };
        let mut counts = Counts::default();
        let wrong = counts.judge(told, &known, Twice::Harmful);
        assert_eq!(counts.are_good(), wrong.is_empty());
        wrong
    }

    #[test]
    fn what_disagrees_is_named_and_nothing_else() {
        assert!(wrong(Told::Accepted, 1, 1).is_empty());
        assert!(wrong(Told::Accepted, 1, 2).is_empty());
        assert!(wrong(Told::NotSent, 0, 0).is_empty());
        assert!(wrong(Told::Unknown(None), 0, 1).is_empty());
        assert!(wrong(Told::Unknown(None), 1, 1).is_empty());
        assert!(wrong(Told::Rejected(Some(400)), 1, 1).is_empty());

        assert_eq!(wrong(Told::Accepted, 2, 2), ["duplicate"]);
        assert_eq!(wrong(Told::Unknown(None), 2, 2), ["duplicate"]);
        assert_eq!(wrong(Told::NotSent, 0, 1), ["false_not_sent"]);
        assert_eq!(wrong(Told::Accepted, 0, 1), ["false_accepted"]);
        assert_eq!(wrong(Told::Unknown(None), 0, 0), ["unjustified_unknown"]);
    }
}
