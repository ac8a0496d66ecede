//! A body as a tree that remembers what in it is still the fixture's.
//!
//! `serde_json::Value` can't hold what bodies are spoilt by: a key twice, half of a surrogate
//! pair, a number without bounds. So a scalar is the text that is sent, and beside it stands
//! what it means.

use serde_json::Value;

/// A value within a body.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) form: Form,
    /// Whether it was changed. Of what is in a changed value nothing has to be understood; it
    /// only has to be kept.
    pub(crate) touched: bool,
    /// Whether something of it was taken out.
    pub(crate) lacks: bool,
    pub(crate) place: Place,
    /// Its number in the fixture's list, if it stands in one.
    pub(crate) origin: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum Form {
    Scalar {
        /// What is sent.
        text: Vec<u8>,
        /// What a reader that loses nothing makes of it; none where that isn't compared.
        meaning: Option<Value>,
    },
    List(Vec<Node>),
    Object(Vec<Entry>),
    /// A list of one around a model, which is read as if the list weren't there.
    Around(Box<Node>),
    /// The one item of a page's list without the list around it.
    Alone(Box<Node>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) node: Node,
    /// The same key once more with a value that can't be read, which mustn't displace the
    /// other.
    pub(crate) weak: bool,
}

/// What is known of the place in the fixture that a value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An object that is read as a model.
    Model,
    /// A field of a model that is text, and can't be an object.
    Text,
    /// A list of which the reader leaves items out that can't be read.
    Unaligned,
    Other,
}

impl Node {
    pub(crate) fn of(value: &Value) -> Self {
        let form = match value {
            Value::Array(items) => {
                let item = |(index, item)| Self {
                    origin: Some(index),
                    ..Self::of(item)
                };
                Form::List(items.iter().enumerate().map(item).collect())
            }
            Value::Object(fields) => Form::Object(
                fields
                    .iter()
                    .map(|(key, value)| Entry::new(key, Self::of(value)))
                    .collect(),
            ),
            scalar => Form::Scalar {
                text: scalar.to_string().into_bytes(),
                meaning: Some(scalar.clone()),
            },
        };
        Self {
            form,
            touched: false,
            lacks: false,
            place: Place::Other,
            origin: None,
        }
    }

    /// A value that no fixture has.
    pub(crate) fn new(value: &Value) -> Self {
        Self {
            touched: true,
            ..Self::of(value)
        }
    }

    /// A scalar by its text.
    pub(crate) fn raw(text: impl Into<Vec<u8>>, meaning: Option<Value>) -> Self {
        Self {
            form: Form::Scalar {
                text: text.into(),
                meaning,
            },
            touched: true,
            lacks: false,
            place: Place::Other,
            origin: None,
        }
    }

    /// How many values stand in it.
    pub(crate) fn len(&self) -> usize {
        match &self.form {
            Form::Scalar { .. } => 0,
            Form::List(items) => items.len(),
            Form::Object(entries) => entries.len(),
            Form::Around(_) | Form::Alone(_) => 1,
        }
    }

    pub(crate) fn child(&self, index: usize) -> Option<&Self> {
        match &self.form {
            Form::Scalar { .. } => None,
            Form::List(items) => items.get(index),
            Form::Object(entries) => entries.get(index).map(|entry| &entry.node),
            Form::Around(inner) | Form::Alone(inner) => Some(inner),
        }
    }

    pub(crate) fn child_mut(&mut self, index: usize) -> Option<&mut Self> {
        match &mut self.form {
            Form::Scalar { .. } => None,
            Form::List(items) => items.get_mut(index),
            Form::Object(entries) => entries.get_mut(index).map(|entry| &mut entry.node),
            Form::Around(inner) | Form::Alone(inner) => Some(inner),
        }
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = &Self> {
        (0..self.len()).filter_map(|index| self.child(index))
    }

    pub(crate) fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter()
            .try_fold(self, |node, index| node.child_mut(*index))
    }

    /// Whether it or anything in it was changed.
    pub(crate) fn is_changed(&self) -> bool {
        self.touched
            || self.lacks
            || matches!(self.form, Form::Around(_) | Form::Alone(_))
            || self.children().any(Self::is_changed)
    }

    /// What is in lists of one.
    pub(crate) fn inner(&self) -> &Self {
        match &self.form {
            Form::Around(inner) => inner.inner(),
            _ => self,
        }
    }

    /// Whether nothing of the fixture's value is left in it.
    pub(crate) fn is_replaced(&self) -> bool {
        match &self.form {
            Form::Around(inner) | Form::Alone(inner) => self.touched || inner.is_replaced(),
            _ => self.touched,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.form, Form::Scalar { text, .. } if text == b"null")
    }

    /// The value under a key, if it stands there once, whatever can't be read apart.
    pub(crate) fn only(&self, key: &str) -> Option<&Self> {
        let Form::Object(entries) = &self.form else {
            return None;
        };
        let mut found = entries
            .iter()
            .filter(|entry| entry.key == key && !entry.weak);
        match (found.next(), found.next()) {
            (Some(entry), None) => Some(&entry.node),
            _ => None,
        }
    }

    /// Takes the keys out again that stand there a second time with what can't be read.
    pub(crate) fn drop_weak(&mut self) {
        if let Form::Object(entries) = &mut self.form {
            entries.retain(|entry| !entry.weak);
        }
        for index in 0..self.len() {
            if let Some(child) = self.child_mut(index) {
                child.drop_weak();
            }
        }
    }

    /// Whether a key stands there more than once.
    pub(crate) fn has_twice(&self, key: &str) -> bool {
        let Form::Object(entries) = &self.form else {
            return false;
        };
        entries.iter().filter(|entry| entry.key == key).count() > 1
    }

    /// Whether a key stands more than once in any object of it.
    pub(crate) fn repeats(&self) -> bool {
        let here = match &self.form {
            Form::Object(entries) => entries.iter().any(|entry| self.has_twice(&entry.key)),
            _ => false,
        };
        here || self.children().any(Self::repeats)
    }

    /// What a reader that loses nothing makes of it, the last of equal keys.
    pub(crate) fn meaning(&self) -> Option<Value> {
        match &self.form {
            Form::Scalar { meaning, .. } => meaning.clone(),
            Form::List(items) => items.iter().map(Self::meaning).collect(),
            Form::Object(entries) => {
                let fields = entries
                    .iter()
                    .map(|entry| Some((entry.key.clone(), entry.node.meaning()?)));
                fields.collect::<Option<_>>().map(Value::Object)
            }
            Form::Around(inner) => Some(Value::Array(vec![inner.meaning()?])),
            Form::Alone(inner) => inner.meaning(),
        }
    }

    pub(crate) fn render(&self, text: &mut Vec<u8>) {
        match &self.form {
            Form::Scalar { text: own, .. } => text.extend_from_slice(own),
            Form::List(items) => {
                text.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push(b',');
                    }
                    item.render(text);
                }
                text.push(b']');
            }
            Form::Object(entries) => {
                text.push(b'{');
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        text.push(b',');
                    }
                    text.extend_from_slice(Value::from(entry.key.as_str()).to_string().as_bytes());
                    text.push(b':');
                    entry.node.render(text);
                }
                text.push(b'}');
            }
            Form::Around(inner) => {
                text.push(b'[');
                inner.render(text);
                text.push(b']');
            }
            Form::Alone(inner) => inner.render(text),
        }
    }
}

impl Entry {
    pub(crate) fn new(key: impl Into<String>, node: Node) -> Self {
        Self {
            key: key.into(),
            node,
            weak: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fixture_is_written_as_it_was_read() {
        let value = json!({"a": [1, {"b": null}, "é\n"], "c": true, "d": {}});
        let mut text = Vec::new();

        Node::of(&value).render(&mut text);

        assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), value);
        assert_eq!(Node::of(&value).meaning(), Some(value));
        assert!(!Node::of(&json!([1])).is_changed());
    }

    #[test]
    fn a_change_is_seen_from_above() {
        let mut node = Node::of(&json!({"a": [1, 2]}));
        node.at_mut(&[0, 1]).unwrap().touched = true;

        assert!(node.is_changed() && !node.touched);
        assert!(!node.at_mut(&[0, 0]).unwrap().is_changed());
    }
}
