//! Where a walk is, so that another can go on from there.

use serde::{Deserialize, Serialize};

/// Where a walk is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Place {
    /// The number that the next page is asked for by.
    pub(super) page: u32,
    /// The number of the first page, where it is known.
    pub(super) first: Option<u32>,
    /// How many items came before, where that is known.
    pub(super) seen: Option<u64>,
    /// How many there were that could not be read: items of the list, or no items at all.
    #[serde(default)]
    pub(super) unreadable: u64,
    /// The token that the next page is asked for by.
    pub(super) token: Option<Token>,
}

/// A token for the next page, with the query parameter that takes it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Token {
    pub(super) parameter: String,
    pub(super) token: String,
}

/// A token may hold an item's id, or a number.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token")
            .field("parameter", &self.parameter)
            .finish_non_exhaustive()
    }
}

impl Token {
    /// The parameters that may take a token back that stood under a key, the likeliest first.
    pub(super) fn parameters(key: &str) -> Vec<String> {
        let mut names = vec![key.to_owned()];
        for prefix in ["next_", "next"] {
            if let Some(rest) = key.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
                let mut characters = rest.chars();
                let first = characters.next().into_iter().flat_map(char::to_lowercase);
                names.insert(0, first.chain(characters).collect());
                break;
            }
        }
        names
    }
}
