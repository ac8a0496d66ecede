//! How a list ended, and whether anything may be missing.

use std::fmt;

/// Why a list ended; from [`Pager::end`](crate::Pager::end).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The service said so: by the last page, the number of pages, or the number of items.
    Reported,
    /// A page was shorter than the size that the service reports, and nothing says that
    /// there are more pages.
    ShortPage,
    /// A page was empty, or the service had no page with that number, and nothing says that
    /// there are more pages.
    EmptyPage,
    /// The list is a single response, as the caller said
    /// ([`Paging::Single`](crate::Paging)).
    Single,
    /// Every page has the same items: the service ignores the page's number, or doesn't page
    /// at all. No end is marked, so it isn't known whether there are more items.
    PageIgnored,
    /// A page came again instead of another, whose items may be missing.
    PageRepeated {
        /// The number of the page that came again.
        page: u32,
    },
    /// The service contradicts itself on whether there are more pages.
    Contradiction,
    /// The service says that there are more items than came.
    TooFew {
        /// How many came.
        came: u64,
        /// How many there are, as the service says.
        total: u64,
    },
    /// The service pages by a token, and doesn't take it in any parameter that was tried.
    TokenNotTaken {
        /// The key of the token.
        key: String,
    },
}

impl End {
    /// Whether all items of the list came, as far as is known. Otherwise some may be missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(
            self,
            Self::Reported | Self::ShortPage | Self::EmptyPage | Self::Single
        )
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported => f.write_str("the service says that the list ends here"),
            Self::ShortPage => f.write_str("the last page is shorter than a full one"),
            Self::EmptyPage => f.write_str("the service has no more pages"),
            Self::Single => f.write_str("the list is a single response"),
            Self::PageIgnored => f.write_str(
                "every page has the same items and no end is marked: the service ignores the \
                 page's number",
            ),
            Self::PageRepeated { page } => {
                write!(f, "page {page} has the items of an earlier page")
            }
            Self::Contradiction => {
                f.write_str("the service contradicts itself on whether there are more pages")
            }
            Self::TooFew { came, total } => {
                write!(
                    f,
                    "the service says that there are {total} items, and {came} came"
                )
            }
            Self::TokenNotTaken { key } => write!(
                f,
                "the service pages by the token `{key}`, and takes it in no parameter that was tried"
            ),
        }
    }
}
