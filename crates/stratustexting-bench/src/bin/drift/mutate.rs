//! One to three random changes of a body.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    envelope::{Envelope, Wrapper, Writing},
    odd,
    seeds::Seed,
    tree::{Entry, Form, Node, ReadAs},
    ways::Way,
};

/// A body that was changed.
#[derive(Debug)]
pub(crate) struct Mutated {
    pub(crate) root: Node,
    pub(crate) wrapper: Wrapper,
    /// Whether it reports a failure.
    pub(crate) failed: bool,
    /// Whether it may be read as reporting a failure.
    pub(crate) doubtful: bool,
    /// The changes, for people.
    pub(crate) changes: Vec<String>,
}

/// Names that mean nothing to the SDK.
const UNKNOWN: [&str; 8] = [
    "newField",
    "x-trace",
    "_type",
    "@odata.etag",
    "ça",
    "zz",
    "legacyRef",
    "v2",
];

/// Keys under which services put the data.
const WRAPPINGS: [&str; 8] = [
    "data", "items", "results", "list", "records", "response", "payload", "body",
];

/// Fields that only a failure has.
const FAILURES: [(&str, &str); 8] = [
    ("success", "false"),
    ("success", "\"false\""),
    ("ok", "0"),
    ("error", "\"quota\""),
    ("error", "{\"code\":5}"),
    ("errors", "[\"quota\"]"),
    ("status", "500"),
    ("statusCode", "\"FAILED\""),
];

/// Changes a seed's body.
pub(crate) fn mutate(seed: &Seed, rng: &mut Rng) -> Mutated {
    let mut mutated = Mutated {
        root: seed.root.clone(),
        wrapper: Wrapper::default(),
        failed: false,
        doubtful: false,
        changes: Vec::new(),
    };
    for _ in 0..rng.usize(1..=3) {
        if rng.u8(..100) < 25 {
            mutated.wrapper(seed.way, rng);
        } else {
            mutated.change(seed.way, rng);
        }
    }
    if mutated.is_searched(seed.way) {
        mutated.root.drop_weak();
    }
    let is_odd = |entry: &Entry| {
        let is_failure = FAILURES.iter().any(|(key, _)| *key == entry.key);
        is_failure && entry.node.is_changed()
    };
    mutated.doubtful = match &mutated.root.inner().form {
        Form::Object(entries) => entries.iter().any(is_odd),
        _ => false,
    };
    mutated.failed = FAILURES.iter().any(|(key, text)| {
        let found = mutated.root.only(key);
        found.is_some_and(
            |node| matches!(&node.form, Form::Scalar { text: own, .. } if own == text.as_bytes()),
        )
    });
    mutated
}

impl Mutated {
    /// Whether the data must be searched in the body. It is parsed as JSON before it is
    /// read as a model then, and JSON keeps the last of duplicate keys.
    fn is_searched(&self, way: Way) -> bool {
        let content = self.root.only("content");
        let alone = content.is_some_and(|content| matches!(content.form, Form::Alone(_)));
        let several = matches!(way, Way::Event) && !matches!(self.root.form, Form::Object(_));
        self.wrapper.envelope.is_some() || alone || several
    }

    fn wrapper(&mut self, way: Way, rng: &mut Rng) {
        let change = match rng.u8(..10) {
            0..4 => {
                let Some(envelope) = envelope(way, rng) else {
                    return self.change(way, rng);
                };
                self.wrapper.envelope = Some(envelope);
                format!("{envelope:?}")
            }
            4..7 => {
                let all = [
                    Writing::ByteOrderMark,
                    Writing::Latin,
                    Writing::WideLittle,
                    Writing::WideBig,
                ];
                self.wrapper.writing = all[rng.usize(..all.len())];
                format!("{:?}", self.wrapper.writing)
            }
            7 if way.unpacks() => {
                self.wrapper.packed = true;
                "packed".to_owned()
            }
            // A truncated number may still be a number.
            _ if matches!(self.root.form, Form::Scalar { .. }) => return,
            _ => {
                self.wrapper.cut = Some(rng.usize(..=1_000));
                "cut".to_owned()
            }
        };
        self.changes.push(change);
    }

    fn change(&mut self, way: Way, rng: &mut Rng) {
        let path = pick(&self.root, rng);
        let place = place(&self.root, &path);
        let kind = match rng.u8(..100) {
            0..22 => self.replace(&path, odd::plain(rng)),
            22..32 => self.replace(&path, odd::any(rng)),
            32..40 => self.replace(&path, (Node::new(&Value::Null), "null")),
            40..47 => self.remove(&path),
            47..60 => self.add(&path, way, rng),
            60..69 => self.repeat(&path, rng),
            69..78 => self.wrap(&path, rng),
            78..86 => self.one_or_many(&path, way),
            _ => self.insert(&path, rng),
        };
        if let Some(kind) = kind {
            self.changes.push(format!("{kind} at {place}"));
        }
    }

    fn at(&mut self, path: &[usize]) -> Option<&mut Node> {
        self.root.at_mut(path)
    }

    fn parent(&mut self, path: &[usize]) -> Option<(&mut Node, usize)> {
        let (index, parent) = path.split_last()?;
        Some((self.root.at_mut(parent)?, *index))
    }

    fn replace(&mut self, path: &[usize], (with, kind): odd::Odd) -> Option<String> {
        let node = self.at(path)?;
        *node = Node {
            origin: node.origin,
            ..with
        };
        Some(kind.to_owned())
    }

    /// Removes a field or an item.
    fn remove(&mut self, path: &[usize]) -> Option<String> {
        let (parent, index) = self.parent(path)?;
        parent.lacks = true;
        match &mut parent.form {
            Form::List(items) if index < items.len() => drop(items.remove(index)),
            Form::Object(entries) if index < entries.len() => drop(entries.remove(index)),
            _ => return None,
        }
        Some("missing".to_owned())
    }

    /// Adds an unknown field; to a send sometimes one that reports a failure.
    fn add(&mut self, path: &[usize], way: Way, rng: &mut Rng) -> Option<String> {
        if matches!(way, Way::Send(_)) && rng.bool() {
            let (key, text) = FAILURES[rng.usize(..FAILURES.len())];
            if let Form::Object(entries) = &mut self.root.form {
                let meaning = serde_json::from_str(text).ok();
                entries.push(Entry::new(key, Node::raw(text, meaning)));
                return Some("a failure".to_owned());
            }
        }
        let (value, kind) = odd::any(rng);
        let key = UNKNOWN[rng.usize(..UNKNOWN.len())];
        // In the picked value, or beside it.
        let path = match self.at(path)?.form {
            Form::Object(_) => path,
            _ => path.split_last()?.1,
        };
        let Form::Object(entries) = &mut self.at(path)?.form else {
            return None;
        };
        if entries.iter().any(|entry| entry.key == key) {
            return None;
        }
        let place = rng.usize(..=entries.len());
        entries.insert(place, Entry::new(key, value));
        Some(format!("unknown field, {kind},"))
    }

    /// Duplicates a key: with an unreadable value, which mustn't cost the other, or
    /// with any value.
    fn repeat(&mut self, path: &[usize], rng: &mut Rng) -> Option<String> {
        let (parent, index) = self.parent(path)?;
        let Form::Object(entries) = &mut parent.form else {
            return None;
        };
        let entry = entries.get_mut(index)?;
        let key = entry.key.clone();
        let weak = entry.node.read_as == ReadAs::Text && !entry.node.touched && rng.bool();
        let (node, kind) = if weak {
            let value = [Value::Null, json!({"value": null}), json!([[]])];
            (Node::new(&value[rng.usize(..value.len())]), "unreadable")
        } else {
            entry.node.touched = true;
            odd::plain(rng)
        };
        let place = rng.usize(..=entries.len());
        entries.insert(place, Entry { key, node, weak });
        Some(format!("twice, {kind},"))
    }

    /// Wraps a value in an object.
    fn wrap(&mut self, path: &[usize], rng: &mut Rng) -> Option<String> {
        let keys = ["value", "data", "id", "$"];
        let key = keys[rng.usize(..keys.len())];
        let node = self.at(path)?;
        let wrapped = Node {
            origin: node.origin,
            ..Node::new(&json!({}))
        };
        let inner = std::mem::replace(node, wrapped);
        node.form = Form::Object(vec![Entry::new(key, inner)]);
        Some("deeper".to_owned())
    }

    /// Replaces a value by a list of it, or a list of one by its item.
    fn one_or_many(&mut self, path: &[usize], way: Way) -> Option<String> {
        let is_content = matches!(way, Way::Page(..))
            && matches!(&self.root.form, Form::Object(entries)
                if matches!(path, [index] if entries.get(*index).is_some_and(|e| e.key == "content")));
        let node = self.at(path)?;
        if let Form::List(items) = &mut node.form {
            if items.len() != 1 {
                return None;
            }
            let item = items.pop()?;
            if is_content && !node.touched {
                node.form = Form::Alone(Box::new(item));
            } else {
                *node = Node {
                    touched: true,
                    origin: node.origin,
                    ..item
                };
            }
            return Some("single".to_owned());
        }
        let is_model = node.read_as == ReadAs::Model && !node.touched;
        if is_model && matches!(node.form, Form::Object(_)) {
            let outer = Node {
                form: Form::List(Vec::new()),
                ..*node
            };
            let inner = std::mem::replace(node, outer);
            node.form = Form::Around(Box::new(inner));
        } else {
            let outer = Node {
                origin: node.origin,
                ..Node::new(&json!([]))
            };
            let inner = std::mem::replace(node, outer);
            node.form = Form::List(vec![inner]);
        }
        Some("list of one".to_owned())
    }

    /// Adds an item to a list.
    fn insert(&mut self, path: &[usize], rng: &mut Rng) -> Option<String> {
        let (item, kind) = odd::any(rng);
        let path = match self.at(path)?.form {
            Form::List(_) => path,
            _ => path.split_last()?.1,
        };
        let Form::List(items) = &mut self.at(path)?.form else {
            return None;
        };
        let place = rng.usize(..=items.len());
        items.insert(place, item);
        Some(format!("one more item, {kind},"))
    }
}

/// Picks any value of a body, sometimes the body itself.
fn pick(root: &Node, rng: &mut Rng) -> Vec<usize> {
    fn collect(node: &Node, path: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        for (index, child) in node.children().enumerate() {
            // The unreadable value of a duplicate key must stay unreadable.
            if matches!(&node.form, Form::Object(entries) if entries[index].weak) {
                continue;
            }
            path.push(index);
            all.push(path.clone());
            collect(child, path, all);
            path.pop();
        }
    }
    let mut all = Vec::new();
    collect(root, &mut Vec::new(), &mut all);
    if all.is_empty() || rng.u8(..100) < 4 {
        return Vec::new();
    }
    all.swap_remove(rng.usize(..all.len()))
}

/// Names a path by its keys.
fn place(root: &Node, path: &[usize]) -> String {
    let mut name = "body".to_owned();
    let mut node = root;
    for index in path {
        match &node.form {
            Form::Object(entries) => {
                name.push('.');
                name.push_str(entries.get(*index).map_or("?", |entry| &entry.key));
            }
            Form::List(_) => name.push_str(&format!("[{index}]")),
            _ => name.push_str("[]"),
        }
        match node.child(*index) {
            Some(child) => node = child,
            None => break,
        }
    }
    name
}

fn envelope(way: Way, rng: &mut Rng) -> Option<Envelope> {
    let mut key = || WRAPPINGS[rng.usize(..WRAPPINGS.len())];
    let (outer, inner) = (key(), key());
    Some(match (way, rng.u8(..7)) {
        (Way::Page(..), 0 | 1) => Envelope::Renamed(outer),
        (Way::Page(..), 2) => Envelope::Bare,
        (Way::Page(..), 3) => Envelope::Within(outer, inner),
        (Way::Page(..), 4) => Envelope::Within("_embedded", "contacts"),
        (Way::Page(..) | Way::Object(..) | Way::Send(_), 5) => Envelope::Around(outer),
        (Way::Page(..) | Way::Object(..) | Way::Send(_), _) => Envelope::Twice(outer, inner),
        (Way::Model(_) | Way::Event, _) => return None,
    })
    .map(|envelope| match (way, envelope) {
        // The single object of an operation may be under its type's name.
        (Way::Object(..), Envelope::Around(_)) if rng.bool() => Envelope::Successful("thing"),
        (_, Envelope::Around(key)) if rng.bool() => Envelope::Successful(key),
        (_, envelope) => envelope,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;

    #[test]
    fn the_same_seed_makes_the_same_changes() {
        let seeds = seeds::all().unwrap();
        let bodies = |from: u64| -> Vec<_> {
            let mut rng = Rng::with_seed(from);
            let all = seeds.iter().map(|seed| mutate(seed, &mut rng));
            all.map(|mutated| mutated.wrapper.render(&mutated.root))
                .collect()
        };

        assert_eq!(bodies(1), bodies(1));
        assert_ne!(bodies(1), bodies(2));
    }

    #[test]
    fn a_failure_is_only_added_where_it_is_noted() {
        let seeds = seeds::all().unwrap();
        let send = seeds
            .iter()
            .find(|seed| seed.name == "operations/sendSms.json");
        let mut rng = Rng::with_seed(1);
        let mut failed = 0;
        for _ in 0..200 {
            let mutated = mutate(send.unwrap(), &mut rng);
            let found = mutated
                .changes
                .iter()
                .any(|change| change.starts_with("a failure"));
            assert!(found || !mutated.failed);
            failed += usize::from(mutated.failed);
        }
        assert!(failed > 0);
    }
}
