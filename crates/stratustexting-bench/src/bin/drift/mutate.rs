//! One to three changes of a body, by chance.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    dress::{Dress, Envelope, Writing},
    odd,
    seeds::Seed,
    tree::{Entry, Form, Node, Place},
    ways::Way,
};

/// A body that was changed.
#[derive(Debug)]
pub(crate) struct Mutated {
    pub(crate) root: Node,
    pub(crate) dress: Dress,
    /// Whether it says that it failed.
    pub(crate) failed: bool,
    /// Whether it may be taken to say so.
    pub(crate) doubtful: bool,
    /// What was done, for people.
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

/// Keys under which services put what was asked for.
const WRAPPINGS: [&str; 8] = [
    "data", "items", "results", "list", "records", "response", "payload", "body",
];

/// What only a failure says.
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
        dress: Dress::default(),
        failed: false,
        doubtful: false,
        changes: Vec::new(),
    };
    for _ in 0..rng.usize(1..=3) {
        if rng.u8(..100) < 25 {
            mutated.dress(seed.way, rng);
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
        let said = mutated.root.only(key);
        said.is_some_and(
            |node| matches!(&node.form, Form::Scalar { text: own, .. } if own == text.as_bytes()),
        )
    });
    mutated
}

impl Mutated {
    /// Whether what was asked for has to be looked for in the body. It is JSON before it is
    /// a model then, and of equal keys JSON has the last.
    fn is_searched(&self, way: Way) -> bool {
        let content = self.root.only("content");
        let alone = content.is_some_and(|content| matches!(content.form, Form::Alone(_)));
        let several = matches!(way, Way::Event) && !matches!(self.root.form, Form::Object(_));
        self.dress.envelope.is_some() || alone || several
    }

    fn dress(&mut self, way: Way, rng: &mut Rng) {
        let change = match rng.u8(..10) {
            0..4 => {
                let Some(envelope) = envelope(way, rng) else {
                    return self.change(way, rng);
                };
                self.dress.envelope = Some(envelope);
                format!("{envelope:?}")
            }
            4..7 => {
                let all = [
                    Writing::ByteOrderMark,
                    Writing::Latin,
                    Writing::WideLittle,
                    Writing::WideBig,
                ];
                self.dress.writing = all[rng.usize(..all.len())];
                format!("{:?}", self.dress.writing)
            }
            7 if way.unpacks() => {
                self.dress.packed = true;
                "packed".to_owned()
            }
            // A number that is cut may be a number.
            _ if matches!(self.root.form, Form::Scalar { .. }) => return,
            _ => {
                self.dress.cut = Some(rng.usize(..=1_000));
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

    /// A field that is missing, or an item.
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

    /// A field that nobody knows; of a send, now and then one that speaks of a failure.
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
        // In the value that was picked, or beside it.
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

    /// A key twice: with a value that can't be read, which mustn't cost the other, or with
    /// any.
    fn repeat(&mut self, path: &[usize], rng: &mut Rng) -> Option<String> {
        let (parent, index) = self.parent(path)?;
        let Form::Object(entries) = &mut parent.form else {
            return None;
        };
        let entry = entries.get_mut(index)?;
        let key = entry.key.clone();
        let weak = entry.node.place == Place::Text && !entry.node.touched && rng.bool();
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

    /// One level deeper.
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

    /// A list of one in the place of what it holds, or the other way round.
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
        let is_model = node.place == Place::Model && !node.touched;
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

    /// One more item in a list.
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

/// Any value of a body; the body itself now and then.
fn pick(root: &Node, rng: &mut Rng) -> Vec<usize> {
    fn collect(node: &Node, path: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        for (index, child) in node.children().enumerate() {
            // A second value that can't be read has to stay so.
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

/// Names a place by its keys.
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
        // An operation's one object may be named by what it is.
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
    fn the_same_seed_changes_the_same() {
        let seeds = seeds::all().unwrap();
        let bodies = |from: u64| -> Vec<_> {
            let mut rng = Rng::with_seed(from);
            let all = seeds.iter().map(|seed| mutate(seed, &mut rng));
            all.map(|mutated| mutated.dress.render(&mutated.root))
                .collect()
        };

        assert_eq!(bodies(1), bodies(1));
        assert_ne!(bodies(1), bodies(2));
    }

    #[test]
    fn a_failure_is_said_only_where_it_is_noted() {
        let seeds = seeds::all().unwrap();
        let send = seeds
            .iter()
            .find(|seed| seed.name == "operations/sendSms.json");
        let mut rng = Rng::with_seed(1);
        let mut failed = 0;
        for _ in 0..200 {
            let mutated = mutate(send.unwrap(), &mut rng);
            let said = mutated
                .changes
                .iter()
                .any(|change| change.starts_with("a failure"));
            assert!(said || !mutated.failed);
            failed += usize::from(mutated.failed);
        }
        assert!(failed > 0);
    }
}
