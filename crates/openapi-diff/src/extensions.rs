//! What a caller's own extensions (`x-…`) mean.

use serde_json::Value;

use crate::{
    rules::Rule,
    spec::{Element, Spec},
    wire::Wire,
};

/// Gives extensions of a document a meaning. Without one, a changed extension is
/// documentation (`extension-changed`).
///
/// `()` knows none.
pub trait Extensions {
    /// The rule under which a change of this key is listed wherever it stands; `None`
    /// for the usual rule.
    fn rule(&self, key: &str) -> Option<Rule> {
        let _ = key;
        None
    }

    /// Whether [`operation`](Self::operation) or [`document`](Self::document) lists
    /// changes of this key, so that nothing else does.
    fn is_judged(&self, key: &str) -> bool {
        let _ = key;
        false
    }

    /// Compares the extensions of an operation that both documents have.
    fn operation(&self, old: &Element<'_>, new: &Element<'_>, found: &mut Findings<'_, '_>) {
        let _ = (old, new, found);
    }

    /// Compares the extensions of the documents.
    fn document(&self, old: &Spec, new: &Spec, found: &mut Findings<'_, '_>) {
        let _ = (old, new, found);
    }
}

impl Extensions for () {}

/// Collects what an [`Extensions`] finds.
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

    /// The operation's id, or the name of the document in sentences.
    pub fn subject(&self) -> &str {
        self.subject
    }

    /// Lists a change. `subject` names what changed, and `sentence` is for people.
    pub fn add(&mut self, rule: Rule, pointer: String, subject: &str, sentence: String) {
        self.wire.add(rule, pointer, subject, sentence);
    }

    /// Whether both sides are lists, or absent. If they aren't and differ, that is
    /// listed, and nothing more can be said.
    pub fn are_lists(
        &mut self,
        old: Option<&Element<'_>>,
        new: Option<&Element<'_>>,
        subject: &str,
    ) -> bool {
        self.wire.is_readable(old, new, Value::is_array, subject)
    }
}
