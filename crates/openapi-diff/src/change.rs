//! The result of a comparison: changes, each with a class, and each only once.
//!
//! Many operations can lead to one component, and often it is both sent and received. A
//! change of it is one change of the document, so it is listed once: with the worse of
//! its verdicts, and with all operations that it reaches.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::graph::{Graph, Node, Operations};

/// What a change means to a program that was written against the old document.
///
/// The order is that of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The program goes on working, and nothing is new.
    Documentation,
    /// The program goes on working, and there is something new.
    Additive,
    /// The program can stop working, or do something else than before.
    Breaking,
}

impl Class {
    /// The class in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Documentation => "documentation only",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        }
    }

    /// The class as a value of the JSON output.
    pub fn key(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        }
    }

    /// The exit code of a command that compares: 0, 10 or 20. The gaps leave room for
    /// more, and 1 means an error.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Documentation => 0,
            Self::Additive => 10,
            Self::Breaking => 20,
        }
    }
}

/// Which comparison found a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Side {
    /// The comparison of the documents: what goes over the wire.
    Wire,
    /// The comparison of the code that is generated from them, in this language.
    Code(&'static str),
}

impl Side {
    fn key(self) -> String {
        match self {
            Self::Wire => "wire".to_owned(),
            Self::Code(language) => language.to_lowercase(),
        }
    }
}

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    pub(super) side: Side,
    pub(super) class: Class,
    pub(super) rule: String,
    pub(super) operations: Operations,
    pub(super) pointer: Option<String>,
    /// What changed, under the name that both comparisons use.
    pub(super) subject: String,
    pub(super) sentence: String,
    /// The code before and after.
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

impl Change {
    /// What the change means.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Which comparison found it.
    pub fn side(&self) -> Side {
        self.side
    }

    /// What happened: a stable name.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// A JSON pointer into the new document, or into the old one if the thing is gone.
    /// Generated code has none.
    pub fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }

    /// What happened, for people.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The operations that it reaches; empty if it concerns the whole document.
    pub fn operations(&self) -> &[String] {
        &self.operations
    }

    /// The change as an object of the JSON output.
    pub(super) fn json(&self) -> Value {
        json!({
            "side": self.side.key(),
            "class": self.class.key(),
            "rule": self.rule,
            "operations": &*self.operations,
            "pointer": self.pointer,
            "sentence": self.sentence,
            "before": self.before,
            "after": self.after,
        })
    }

    /// The worst first, then the wire's before the code's, then by pointer.
    pub(super) fn order(&self) -> impl Ord + use<> {
        (
            std::cmp::Reverse(self.class),
            self.side,
            self.pointer.clone(),
            self.rule.clone(),
            self.before.clone(),
            self.after.clone(),
        )
    }
}

/// A change of the generated code, as a caller found it.
#[derive(Clone, Debug)]
pub struct CodeChange {
    /// What it means to a program that uses the code.
    pub class: Class,
    /// What happened: a stable name.
    pub rule: String,
    /// The ids of the operations that it reaches.
    pub operations: Vec<String>,
    /// What changed, by its name in the document if it has one: a changelog doesn't
    /// repeat what the comparison of the wire says about the same thing.
    pub subject: String,
    /// What happened, for people.
    pub sentence: String,
    /// The code before.
    pub before: Option<String>,
    /// The code after.
    pub after: Option<String>,
}

impl CodeChange {
    pub(crate) fn into_change(self, language: &'static str) -> Change {
        Change {
            side: Side::Code(language),
            class: self.class,
            rule: self.rule,
            operations: self.operations.into(),
            pointer: None,
            subject: self.subject,
            sentence: self.sentence,
            before: self.before,
            after: self.after,
        }
    }
}

/// One occurrence of a change on the wire.
pub(super) struct Finding {
    /// Where it is written down: in the new document, or in the old one if it is gone.
    pub(super) pointer: String,
    /// What happened, without the direction: two occurrences of one change agree on it.
    pub(super) what: String,
    pub(super) rule: String,
    pub(super) class: Class,
    pub(super) subject: String,
    pub(super) sentence: String,
    /// The node that led there, if any.
    pub(super) node: Option<Node>,
}

/// The changes on the wire, by pointer and by what happened.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<(String, String), Sighted>);

#[derive(Debug)]
struct Sighted {
    change: Change,
    nodes: Vec<Node>,
}

impl Changes {
    pub(super) fn add(&mut self, finding: Finding) {
        let change = Change {
            side: Side::Wire,
            class: finding.class,
            rule: finding.rule,
            operations: Operations::default(),
            pointer: Some(finding.pointer.clone()),
            subject: finding.subject,
            sentence: finding.sentence,
            before: None,
            after: None,
        };
        let sighted = self
            .0
            .entry((finding.pointer, finding.what))
            .or_insert_with(|| Sighted {
                change: change.clone(),
                nodes: Vec::new(),
            });
        sighted.nodes.extend(finding.node);
        // Of equals the rule's name decides, so that the order of the operations
        // doesn't matter.
        let rank = |change: &Change| (std::cmp::Reverse(change.class), change.rule.clone());
        if rank(&change) < rank(&sighted.change) {
            sighted.change = change;
        }
    }

    /// The changes with the operations that they reach, and the operations that lead to
    /// components, by their pointer.
    pub(super) fn into_list(self, graph: Graph) -> (Vec<Change>, BTreeMap<String, Operations>) {
        let (mut changes, nodes): (Vec<Change>, Vec<Vec<Node>>) = self
            .0
            .into_values()
            .map(|sighted| (sighted.change, sighted.nodes))
            .unzip();
        let (reach, operations) = graph.follow(&nodes);
        for (change, operations) in changes.iter_mut().zip(operations) {
            change.operations = operations;
        }
        (changes, reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(class: Class, direction: &str, node: Node) -> Finding {
        Finding {
            pointer: "#/components/schemas/Thing".to_owned(),
            what: "type-narrowed".to_owned(),
            rule: format!("{direction}-body-type-narrowed"),
            class,
            subject: "Thing".to_owned(),
            sentence: direction.to_owned(),
            node: Some(node),
        }
    }

    #[test]
    fn one_change_is_listed_once_with_the_worse_verdict_and_all_operations() {
        for swapped in [false, true] {
            let mut graph = Graph::default();
            let [read, write] = ["readThing", "writeThing"].map(|id| graph.operation(id));
            let mut findings = vec![
                finding(Class::Documentation, "response", read),
                finding(Class::Breaking, "request", write),
            ];
            if swapped {
                findings.reverse();
            }
            let mut changes = Changes::default();
            findings
                .into_iter()
                .for_each(|finding| changes.add(finding));

            let (list, _) = changes.into_list(graph);

            assert_eq!(list.len(), 1);
            assert_eq!(list[0].class(), Class::Breaking);
            assert_eq!(list[0].rule, "request-body-type-narrowed");
            assert_eq!(list[0].operations(), ["readThing", "writeThing"]);
        }
    }
}
