//! Where the next page of a list is, so that another walk can go on from there.

use serde::{Deserialize, Serialize};

/// Where the next page is. Its form as JSON must stay: programs store it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct PagePosition {
    /// The number by which the next page is requested.
    pub(super) page: u32,
    /// The number of the first page, if it is known.
    pub(super) first: Option<u32>,
    /// How many items came before, if that is known.
    pub(super) seen: Option<u64>,
    /// How many came before that couldn't be read. They may be no items of the list.
    #[serde(default)]
    pub(super) unreadable: u64,
    /// The token by which the next page is requested.
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
    /// The parameters that may take the token of a key, the likeliest first.
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
