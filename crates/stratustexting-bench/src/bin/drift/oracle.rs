//! What must arrive from a changed body.
//!
//! Nothing here depends on how the SDK reads. Unchanged values must arrive as they do
//! from the fixture, whatever was changed around them. Changed values must be written
//! back: as they came, or as the same value of another type.

use serde_json::Value;

use crate::{
    envelope::Envelope,
    mutate::Mutated,
    seeds::Seed,
    tree::{Entry, Form, Node, ReadAs},
    view::MODEL,
    ways::{Arrived, Way},
};

/// A failure and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// An unchanged value didn't arrive as before.
    LostSibling,
    /// A changed value isn't written back.
    LostRaw,
    /// A value arrived that wasn't sent.
    Invented,
    /// An item is neither there nor counted.
    LostItem,
}

type Checked = Result<(), Failure>;

/// Compares the values that arrived with those that were sent.
pub(crate) fn check(seed: &Seed, mutated: &Mutated, arrived: &Arrived) -> Checked {
    let (Some(before), root) = (&seed.before, &mutated.root) else {
        return Ok(());
    };
    let now = (&arrived.view, &arrived.written);
    match seed.way {
        Way::Event => {
            let items = match &root.form {
                Form::List(items) if !root.touched => items.as_slice(),
                Form::Around(inner) => std::slice::from_ref(inner.as_ref()),
                _ => std::slice::from_ref(root),
            };
            if !root.touched {
                count(items, arrived, "body")?;
                list(items, &before.view, now, "body")?;
            }
            Ok(())
        }
        Way::Page(..) => page(mutated, before, arrived),
        _ if root.touched => Ok(()),
        _ => value(root, &before.view, now, "body"),
    }
}

/// Whether a body must be read: it has some unchanged part of the requested data.
pub(crate) fn must_be_read(seed: &Seed, mutated: &Mutated) -> bool {
    let Some(before) = &seed.before else {
        return false;
    };
    let root = mutated.root.inner();
    if mutated.failed || mutated.root.is_replaced() {
        return false;
    }
    match seed.way {
        Way::Model(_) | Way::Event => true,
        Way::Send(_) => {
            let plain =
                mutated.wrapper.envelope.is_none() && !matches!(mutated.root.form, Form::Around(_));
            plain
                && !mutated.doubtful
                && !root.has_twice("result")
                && is_there(root, &before.view, "result")
        }
        Way::Object(_, operation) => {
            // A list inside another value isn't read as an object.
            let listed = matches!(mutated.root.form, Form::Around(_));
            let mut promise = operation.promise.iter();
            !(listed && mutated.wrapper.envelope.is_some())
                && promise.any(|key| is_there(root, &before.view, key))
        }
        Way::Page(..) => {
            let Some(content) = root.only("content").filter(|content| !content.touched) else {
                return false;
            };
            let Some(items) = before.view["content"].as_array() else {
                return false;
            };
            let is_whole = |item: &Node| {
                let before = item.origin.and_then(|origin| items.get(origin));
                let item = item.inner();
                let is_read = |before: &Value| {
                    let mut fields = typed(before);
                    before.is_object() && fields.any(|(key, _)| is_there(item, before, key))
                };
                !item.touched && before.is_some_and(is_read)
            };
            let empty = content.len() == 0 && items.is_empty();
            // A single item without an envelope isn't a list.
            let nothing = mutated.wrapper.envelope == Some(Envelope::Bare)
                && matches!(content.form, Form::Alone(_));
            content.read_as != ReadAs::Unaligned
                && !nothing
                && (empty || content.children().any(is_whole))
        }
    }
}

/// Whether a send's body says plainly that the message was accepted.
pub(crate) fn says_accepted(mutated: &Mutated) -> bool {
    let root = &mutated.root;
    let plain = matches!(root.form, Form::Object(_)) && !root.has_twice("result");
    let result = root.only("result").and_then(Node::meaning);
    plain
        && !mutated.failed
        && mutated.wrapper.envelope.is_none()
        && matches!(result, Some(Value::String(text)) if !text.trim().is_empty())
}

/// Compares a fixture with its unchanged result: each value is typed or written back.
pub(crate) fn check_fixture(seed: &Seed) -> Checked {
    let Some(before) = &seed.before else {
        return Ok(());
    };
    let sent = match seed.way {
        Way::Page(..) => seed.root.only("content").and_then(Node::meaning),
        _ => seed.root.meaning(),
    };
    let written = match (seed.way, &before.written) {
        (Way::Page(..), written) => written.get("content"),
        (Way::Event, Value::Array(events)) if seed.root.origin.is_some() => events.first(),
        (_, written) => Some(written),
    };
    if sent.is_some_and(|sent| !is_kept(&sent, written)) {
        return failed(FailureKind::LostRaw, "body");
    }
    Ok(())
}

fn page(mutated: &Mutated, before: &Arrived, arrived: &Arrived) -> Checked {
    let root = &mutated.root;
    if root.touched {
        return Ok(());
    }
    if mutated.wrapper.envelope != Some(Envelope::Bare) {
        for (key, fact) in typed(&before.view).filter(|(key, _)| *key != "content") {
            let same = arrived.view.get(key) == Some(fact);
            let is_whole = root.only(key).is_some_and(|node| !node.is_changed());
            if is_whole && !root.has_twice(key) && !same {
                return failed(FailureKind::LostSibling, &format!("body.{key}"));
            }
        }
    }
    let Some(content) = root.only("content") else {
        return Ok(());
    };
    // A wrapped value may be read as a list of one item.
    if content.is_replaced() || root.has_twice("content") {
        return Ok(());
    }
    let items = match &content.form {
        Form::List(items) => items.as_slice(),
        Form::Alone(item) => std::slice::from_ref(item.as_ref()),
        _ => return Ok(()),
    };
    let now = (&arrived.view["content"], &arrived.written["content"]);
    if matches!(content.form, Form::List(_)) {
        count(items, arrived, "body.content")?;
    }
    if content.read_as == ReadAs::Unaligned {
        return unaligned(content, &before.view["content"], now.0, "body.content");
    }
    list(items, &before.view["content"], now, "body.content")
}

fn count(items: &[Node], arrived: &Arrived, path: &str) -> Checked {
    if arrived.count == Some(items.len()) {
        Ok(())
    } else {
        failed(FailureKind::LostItem, path)
    }
}

/// The typed value now, and the value that is written back.
type Now<'a> = (&'a Value, &'a Value);

fn value(node: &Node, before: &Value, now: Now<'_>, path: &str) -> Checked {
    if node.touched {
        return kept(node, Some(now.1), path);
    }
    match &node.form {
        Form::Scalar { .. } if before == now.0 => Ok(()),
        Form::Scalar { .. } => failed(FailureKind::LostSibling, path),
        Form::Object(entries) => fields(node, entries, before, now, path),
        _ if node.read_as == ReadAs::Unaligned => unaligned(node, before, now.0, path),
        Form::List(items) => list(items, before, now, path),
        Form::Around(inner) | Form::Alone(inner) if inner.touched => kept(node, Some(now.1), path),
        Form::Around(inner) | Form::Alone(inner) => value(inner, before, now, path),
    }
}

fn fields(
    node: &Node,
    entries: &[Entry],
    before: &Value,
    (view, written): Now<'_>,
    path: &str,
) -> Checked {
    for entry in entries.iter().filter(|entry| !entry.weak) {
        let key = entry.key.as_str();
        let path = format!("{path}.{key}");
        let Some(child) = node.only(key) else {
            // The key is duplicate, and either value may count.
            continue;
        };
        let back = written.get(key);
        if child.touched {
            if !node.has_twice(key) {
                kept(child, back, &path)?;
            }
            continue;
        }
        let aside = format!("+{key}");
        match (before.get(key), view.get(key)) {
            (Some(before), Some(now)) => {
                value(child, before, (now, back.unwrap_or(&Value::Null)), &path)?;
            }
            // A list of which nothing is readable any more.
            (Some(_), None) if child.len() > 0 && child.children().all(is_gone) => {
                kept(child, back, &path)?;
            }
            (Some(_), None) => return failed(FailureKind::LostSibling, &path),
            (None, Some(_)) if !child.is_changed() => return failed(FailureKind::Invented, &path),
            (None, _) => kept(child, back, &path)?,
        }
        if !child.is_changed() && before.get(&aside) != view.get(&aside) && !node.has_twice(key) {
            return failed(FailureKind::LostSibling, &path);
        }
    }
    let invented = typed(view).find(|(key, _)| !entries.iter().any(|entry| entry.key == *key));
    match invented {
        Some((key, _)) => failed(FailureKind::Invented, &format!("{path}.{key}")),
        None => Ok(()),
    }
}

/// In a list with unreadable items it isn't known which of the others are which.
fn unaligned(node: &Node, before: &Value, now: &Value, path: &str) -> Checked {
    if node.is_changed() || before == now {
        Ok(())
    } else {
        failed(FailureKind::LostSibling, path)
    }
}

/// The fixture's items must be there in order; any other items come from the changed
/// ones.
fn list(items: &[Node], before: &Value, (view, written): Now<'_>, path: &str) -> Checked {
    let (Some(before), Some(view)) = (before.as_array(), view.as_array()) else {
        return failed(FailureKind::LostSibling, path);
    };
    let solid = |values: &'_ [Value]| -> Vec<Value> {
        values
            .iter()
            .filter(|value| !value.is_null())
            .cloned()
            .collect()
    };
    let view = solid(view);
    let written = solid(written.as_array().map_or(&[], Vec::as_slice));
    let sent: Vec<&Node> = items.iter().filter(|item| !item.is_null()).collect();
    let mut next = 0;
    for (index, item) in sent.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let back = |at: usize| {
            let at = if written.len() == sent.len() {
                index
            } else {
                at
            };
            written.get(at).unwrap_or(&Value::Null)
        };
        if item.is_replaced() {
            if written.len() == sent.len() {
                kept(item, written.get(index), &path)?;
            }
            continue;
        }
        let Some(expected) = item.origin.and_then(|origin| before.get(origin)) else {
            continue;
        };
        let mut first = None;
        let found = (next..view.len()).find(|at| {
            let checked = value(item, expected, (&view[*at], back(*at)), &path);
            match checked {
                Ok(()) => true,
                Err(failure) => {
                    first.get_or_insert(failure);
                    false
                }
            }
        });
        match (found, first) {
            (Some(at), _) => next = at + 1,
            (None, Some(failure)) => return Err(failure),
            (None, None) => return failed(FailureKind::LostSibling, &path),
        }
    }
    Ok(())
}

/// Whether a changed value is written back.
fn kept(node: &Node, written: Option<&Value>, path: &str) -> Checked {
    let is_kept = match node.meaning() {
        // Which of two values counts depends on which is readable.
        _ if node.repeats() => true,
        Some(sent) => is_kept(&sent, written),
        None => written.is_some(),
    };
    if is_kept {
        Ok(())
    } else {
        failed(FailureKind::LostRaw, path)
    }
}

/// Whether two values mean the same, whatever their type. A missing null loses nothing.
fn is_kept(sent: &Value, written: Option<&Value>) -> bool {
    let Some(written) = written else {
        return sent.is_null();
    };
    match (sent, written) {
        (Value::Object(sent), Value::Object(written)) => {
            sent.iter()
                .all(|(key, sent)| is_kept(sent, written.get(key)))
                && written.keys().all(|key| sent.contains_key(key))
        }
        (Value::Array(items), Value::Array(back)) => {
            let solid = |values: &'_ [Value]| -> Vec<Value> {
                values
                    .iter()
                    .filter(|value| !value.is_null())
                    .cloned()
                    .collect()
            };
            let (items, back) = (solid(items), solid(back));
            let mut pairs = items.iter().zip(&back);
            items.len() == back.len() && pairs.all(|(sent, back)| is_kept(sent, Some(back)))
        }
        (Value::Array(items), Value::Object(_)) => {
            matches!(items.as_slice(), [one] if is_kept(one, Some(written)))
        }
        _ if sent == written => true,
        _ => is_same_scalar(sent, written),
    }
}

/// Whether two scalars are the same value, written differently.
fn is_same_scalar(sent: &Value, written: &Value) -> bool {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_ascii_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let (Some(one), Some(other)) = (text(sent), text(written)) else {
        return false;
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
    match (sent, written) {
        (Value::Bool(flag), _) if written.is_number() => other == u8::from(*flag).to_string(),
        (_, Value::Bool(flag)) if sent.is_number() => one == u8::from(*flag).to_string(),
        _ if one == other => true,
        (Value::String(_), Value::String(_)) => false,
        _ => match (number(&one), number(&other)) {
            // Beyond `EXACT` only the same digits are the same.
            (Some(a), Some(b)) => a == b && (a.abs() <= EXACT || is_float(&one)),
            _ => false,
        },
    }
}

fn is_float(text: &str) -> bool {
    text.contains(['.', 'e', 'E'])
}

/// The typed fields of a view.
fn typed(view: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = view.as_object().into_iter().flatten();
    let fields = fields.map(|(key, value)| (key.as_str(), value));
    fields.filter(|(key, _)| *key != MODEL && !key.starts_with('+'))
}

/// Whether nothing of an item is readable.
fn is_gone(item: &Node) -> bool {
    item.is_replaced() || item.is_null()
}

/// Whether a typed field of the fixture is there unchanged.
fn is_there(node: &Node, before: &Value, key: &str) -> bool {
    let child = node.only(key);
    before.get(key).is_some() && child.is_some_and(|child| !child.is_changed() && !child.is_null())
}

fn failed(kind: FailureKind, path: &str) -> Checked {
    Err(Failure {
        kind,
        path: path.to_owned(),
    })
}
