//! How a list ended, and whether anything may be missing.

use std::fmt;

/// Why a list ended; from [`Pager::end`](super::Pager::end).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The service said that this was all: the last page, the number of pages or of items.
    Said,
    /// A page was shorter than the size that the service reports, and nothing says that
    /// there is more.
    ShortPage,
    /// A page was empty, or the service knew no page of that number, and nothing says that
    /// there is more.
    EmptyPage,
    /// There is one response with everything, as the caller said
    /// ([`Paging::Single`](crate::Paging)).
    Single,
    /// Every page has the same items: the service ignores the page's number, or doesn't page
    /// at all. Whether there are more items isn't known, since no end is marked.
    PageIgnored,
    /// A page came again in the place of another, whose items may be missing.
    PageRepeated {
        /// The number of the page that came again.
        page: u32,
    },
    /// The service contradicts itself on whether there is more.
    Contradiction,
    /// The service says that there are more items than came.
    TooFew {
        /// How many came.
        came: u64,
        /// How many there are, by what the service says.
        total: u64,
    },
    /// The service pages by a token, and doesn't take it back under any name that was tried.
    TokenNotTaken {
        /// The key that the token stood under.
        key: String,
    },
}

impl End {
    /// Whether all items of the list came, by all that is known. Otherwise some may be
    /// missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(
            self,
            Self::Said | Self::ShortPage | Self::EmptyPage | Self::Single
        )
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said => f.write_str("the service says that this is all"),
            Self::ShortPage => f.write_str("the last page is shorter than a full one"),
            Self::EmptyPage => f.write_str("there is no page after the last"),
            Self::Single => f.write_str("there is one response with everything"),
            Self::PageIgnored => f.write_str(
                "every page has the same items and no end is marked: the service ignores the \
                 page's number",
            ),
            Self::PageRepeated { page } => {
                write!(f, "page {page} has the items of an earlier page")
            }
            Self::Contradiction => {
                f.write_str("the service contradicts itself on whether there is more")
            }
            Self::TooFew { came, total } => {
                write!(
                    f,
                    "the service says that there are {total} items, and {came} came"
                )
            }
            Self::TokenNotTaken { key } => write!(
                f,
                "the service pages by `{key}`, and takes it back under no name that was tried"
            ),
        }
    }
}
