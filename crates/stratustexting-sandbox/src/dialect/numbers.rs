//! The numbers that stand for ids.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// A mapping in both directions: a number in a request means the id that it was shown for.
///
/// A number depends on its id and not on the order in which ids are shown, so that the
/// same sandbox shows the same numbers whatever was requested before.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    by_id: HashMap<String, u64>,
    ids: HashMap<u64, String>,
}

impl Numbers {
    /// The number that stands for an id from now on.
    pub(super) fn of(&mut self, id: &str) -> u64 {
        if let Some(number) = self.by_id.get(id) {
            return *number;
        }
        let mut number = counter_of(id).unwrap_or_else(|| hash(id));
        while self.ids.contains_key(&number) {
            number = hash(&format!("{id}/{number}"));
        }
        self.by_id.insert(id.to_owned(), number);
        self.ids.insert(number, id.to_owned());
        number
    }

    /// The id that a number was shown for.
    pub(super) fn id(&self, number: u64) -> Option<&str> {
        self.ids.get(&number).map(String::as_str)
    }

    /// The id that a string means, if it is such a number.
    pub(super) fn id_of_text(&self, text: &str) -> Option<&str> {
        self.id(text.parse().ok()?)
    }
}

/// The counter at the end of the sandbox's own ids: a small number.
fn counter_of(id: &str) -> Option<u64> {
    let is_sandbox_id = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let counter = id.get(18..).filter(|_| is_sandbox_id)?;
    u64::from_str_radix(counter, 16).ok()
}

/// A number above all counters that a double can still hold exactly.
fn hash(id: &str) -> u64 {
    let hash = Sha256::digest(id);
    let number = hash[..8]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    number >> 12 | 1 << 51
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn a_number_means_the_id_that_it_was_shown_for() {
        let mut numbers = Numbers::default();
        let mine = "6955b9072a3b4c5d6e000007";
        // Of another process, with the same counter.
        let other = "6955b907ffffffffff000007";

        let shown = [mine, other, "some-uuid"].map(|id| numbers.of(id));

        assert_eq!(shown[0], 7);
        assert!(shown[1] != 7 && shown[1] < 1 << 53);
        assert_eq!(numbers.id(shown[0]), Some(mine));
        assert_eq!(numbers.id_of_text(&shown[1].to_string()), Some(other));
        assert_eq!(numbers.id(shown[2]), Some("some-uuid"));
        assert_eq!(numbers.of(other), shown[1]);
        assert_eq!(numbers.id(8), None);
        assert_eq!(numbers.id_of_text(mine), None);
    }
}
