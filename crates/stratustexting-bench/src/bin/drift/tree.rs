//! A body as a tree that tracks which values are still the fixture's.
//!
//! `serde_json::Value` can't represent broken bodies: a duplicate key, half of a
//! surrogate pair, a number out of range. So a scalar is the text that is sent,
//! together with its meaning.

use serde_json::Value;

/// A value of a body.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) form: Form,
    /// Whether it was changed. Nothing in a changed value must be understood; it must
    /// only be kept.
    pub(crate) touched: bool,
    /// Whether a part of it was removed.
    pub(crate) lacks: bool,
    pub(crate) read_as: ReadAs,
    /// Its index in the fixture's list, if it is in one.
    pub(crate) origin: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum Form {
    Scalar {
        /// The text that is sent.
        text: Vec<u8>,
        /// Its meaning to a lossless reader; `None` if that isn't compared.
        meaning: Option<Value>,
    },
    List(Vec<Node>),
    Object(Vec<Entry>),
    /// A list of one model, which is read as that model.
    Around(Box<Node>),
    /// The only item of a page's list, without the list.
    Alone(Box<Node>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) node: Node,
    /// The same key again with an unreadable value, which mustn't replace the other.
    pub(crate) weak: bool,
}

/// How the SDK reads the fixture's value here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadAs {
    /// As a model.
    Model,
    /// As the text of a field, which can't be an object.
    Text,
    /// As a list without its unreadable items.
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
            read_as: ReadAs::Other,
            origin: None,
        }
    }

    /// A value that isn't the fixture's.
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
            read_as: ReadAs::Other,
            origin: None,
        }
    }

    /// The number of values in it.
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

    /// The value inside lists of one item.
    pub(crate) fn inner(&self) -> &Self {
        match &self.form {
            Form::Around(inner) => inner.inner(),
            _ => self,
        }
    }

    /// Whether nothing of the fixture's value is left.
    pub(crate) fn is_replaced(&self) -> bool {
        match &self.form {
            Form::Around(inner) | Form::Alone(inner) => self.touched || inner.is_replaced(),
            _ => self.touched,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.form, Form::Scalar { text, .. } if text == b"null")
    }

    /// The value of a key, if the key is unique apart from unreadable values.
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

    /// Removes duplicate keys with an unreadable value.
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

    /// Whether a key is duplicate.
    pub(crate) fn has_twice(&self, key: &str) -> bool {
        let Form::Object(entries) = &self.form else {
            return false;
        };
        entries.iter().filter(|entry| entry.key == key).count() > 1
    }

    /// Whether any object in it has a duplicate key.
    pub(crate) fn repeats(&self) -> bool {
        let here = match &self.form {
            Form::Object(entries) => entries.iter().any(|entry| self.has_twice(&entry.key)),
            _ => false,
        };
        here || self.children().any(Self::repeats)
    }

    /// Its meaning to a lossless reader, which uses the last of duplicate keys.
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
