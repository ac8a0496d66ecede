//! Chooses the dialects: by seeds, and by hand for values that the seeds miss.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;
use stratustexting_sandbox::Dialect;

/// With at least this many dialects, every value of every kind of difference is covered.
const ENOUGH: usize = 20;

/// A dialect and its origin.
#[derive(Clone)]
pub(crate) struct Drawn {
    pub(crate) seed: u64,
    pub(crate) dialect: Dialect,
    /// The values that were set by hand.
    by_hand: Vec<String>,
}

impl Drawn {
    pub(crate) fn of(seed: u64, dialect: Dialect) -> Self {
        Self {
            seed,
            dialect,
            by_hand: Vec::new(),
        }
    }

    /// The values by kind. The paging of a list is the effective one.
    fn values(&self) -> Vec<(String, Value)> {
        values(&self.dialect.page_style(self.dialect.paging()))
    }

    /// This dialect with a value set by hand, if that changes nothing else.
    fn with(&self, kind: &str, value: &Value) -> Option<Self> {
        let mut fields = serde_json::to_value(self.dialect).ok()?;
        fields[kind] = value.clone();
        let dialect: Dialect = serde_json::from_value(fields).ok()?;
        let mut by_hand = self.by_hand.clone();
        by_hand.push(kind.to_owned());
        // A list without a field for a token can't be paged by one.
        (dialect.paging() == dialect.page_style).then_some(Self {
            seed: self.seed,
            dialect,
            by_hand,
        })
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.seed)?;
        if !self.by_hand.is_empty() {
            write!(f, " (by hand: {})", self.by_hand.join(", "))?;
        }
        write!(f, ": {}", self.dialect)
    }
}

/// Draws dialects by consecutive seeds, and sets missing values by hand.
pub(crate) fn draw(first: u64, count: usize) -> anyhow::Result<Vec<Drawn>> {
    let seeds = (0..).map(|n| first.wrapping_add(n)).take(count);
    let mut drawn: Vec<Drawn> = seeds
        .map(|seed| Drawn::of(seed, Dialect::from_seed(seed)))
        .collect();
    let mut next = 0;
    for (kind, value) in differences() {
        let wanted = |(other, found): &(String, Value)| {
            *other == kind && (*found == value || count < ENOUGH && !is_todays(&kind, found))
        };
        if drawn.iter().any(|one| one.values().iter().any(wanted)) {
            continue;
        }
        // In a dialect whose value is the default, or which others have as well; the
        // dialects alternate.
        for _ in 0..drawn.len() {
            let place = next % drawn.len();
            next += 1;
            let free = is_free(&drawn, place, &kind);
            if let Some(changed) = drawn[place].with(&kind, &value).filter(|_| free) {
                drawn[place] = changed;
                break;
            }
        }
    }
    let missing = missing(&drawn);
    anyhow::ensure!(
        count < ENOUGH || missing.is_empty(),
        "no dialect has {missing:?}"
    );
    Ok(drawn)
}

/// Whether a dialect's value of a kind is covered elsewhere.
fn is_free(drawn: &[Drawn], place: usize, kind: &str) -> bool {
    let value = |one: &Drawn| one.values().into_iter().find(|(other, _)| other == kind);
    let own = value(&drawn[place]);
    let is_today = own.as_ref().is_some_and(|(_, own)| is_todays(kind, own));
    is_today || drawn.iter().filter(|one| value(one) == own).count() > 1
}

fn is_todays(kind: &str, value: &Value) -> bool {
    values(&Dialect::none())
        .iter()
        .any(|(other, today)| other == kind && today == value)
}

/// Every difference there is, by its kind.
fn differences() -> Vec<(String, Value)> {
    let today = values(&Dialect::none());
    let each = Dialect::each();
    let all = each.iter().flat_map(values);
    all.filter(|value| !today.contains(value)).collect()
}

fn missing(drawn: &[Drawn]) -> Vec<(String, Value)> {
    let there: BTreeSet<String> = drawn
        .iter()
        .flat_map(Drawn::values)
        .map(|value| format!("{value:?}"))
        .collect();
    let mut all = differences();
    all.retain(|value| !there.contains(&format!("{value:?}")));
    all
}

fn values(dialect: &Dialect) -> Vec<(String, Value)> {
    match serde_json::to_value(dialect) {
        Ok(Value::Object(fields)) => fields.into_iter().collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{draw, is_todays, missing, values};

    #[test]
    fn twenty_have_every_difference_and_fewer_have_every_kind() {
        for seed in [1, 2, 1_000] {
            assert_eq!(missing(&draw(seed, 20).unwrap()), []);
        }
        let few = draw(1, 6).unwrap();
        assert_eq!(few.len(), 6);
        for (kind, _) in values(&few[0].dialect) {
            let differs = few.iter().any(|one| {
                let found = one.values().into_iter().find(|(other, _)| *other == kind);
                found.is_some_and(|(_, value)| !is_todays(&kind, &value))
            });
            assert!(differs, "{kind}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_dialects() {
        let lines = |seed| {
            draw(seed, 20)
                .unwrap()
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let first: Vec<String> = lines(5);

        assert_eq!(first, lines(5));
        assert_ne!(first, lines(6));
    }
}
