//! What a caller's own extensions (`x-…`) mean.

use serde_json::Value;

use crate::{
    rules::Rule,
    spec::{Place, Spec},
    wire::Wire,
};

/// Gives extensions of a document a meaning. Without one, a changed extension is
/// documentation (`extension-changed`).
///
/// `()` knows none.
pub trait Extensions {
    /// The rule under which a change of this key is listed wherever it stands; `None` where it
    /// is the usual one.
    fn rule(&self, key: &str) -> Option<Rule> {
        let _ = key;
        None
    }

    /// Whether changes of this key are listed by [`operation`](Self::operation) or
    /// [`document`](Self::document), and so by nothing else.
    fn is_judged(&self, key: &str) -> bool {
        let _ = key;
        false
    }

    /// Compares the extensions of an operation that both documents have.
    fn operation(&self, old: &Place<'_>, new: &Place<'_>, found: &mut Findings<'_, '_>) {
        let _ = (old, new, found);
    }

    /// Compares the extensions of the documents.
    fn document(&self, old: &Spec, new: &Spec, found: &mut Findings<'_, '_>) {
        let _ = (old, new, found);
    }
}

impl Extensions for () {}

/// Where an [`Extensions`] lists what it finds.
pub struct Findings<'f, 'a> {
    wire: &'f mut Wire<'a>,
    subject: &'f str,
}

impl std::fmt::Debug for Findings<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Findings");
        shown
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl<'f, 'a> Findings<'f, 'a> {
    pub(crate) fn new(wire: &'f mut Wire<'a>, subject: &'f str) -> Self {
        Self { wire, subject }
    }

    /// The operation's id, or what the document is called in sentences.
    pub fn subject(&self) -> &str {
        self.subject
    }

    /// Lists a change at a place. `subject` names what changed, and `sentence` tells people.
    pub fn add(&mut self, rule: Rule, pointer: String, subject: &str, sentence: String) {
        self.wire.say(rule, pointer, subject, sentence);
    }

    /// Whether both sides are lists, or aren't there. Where not, and they differ, that is
    /// listed, and nothing more can be said.
    pub fn are_lists(
        &mut self,
        old: Option<&Place<'_>>,
        new: Option<&Place<'_>>,
        subject: &str,
    ) -> bool {
        self.wire.is_readable(old, new, Value::is_array, subject)
    }
}
