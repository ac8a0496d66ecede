//! One page of a list.

use std::fmt;

use stratustexting_client::types;

use crate::response::Response;

/// One page of a list: its items, and what the service says of it.
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many items the list has in all, if the service says so.
    pub total_items: Option<u64>,
    /// How many pages the list has, if the service says so.
    pub total_pages: Option<u32>,
    /// How many items the service puts on a full page, if it says so; it may be less
    /// than what was asked for.
    pub size: Option<u32>,
    /// Whether the service says that this is the last page.
    pub last: Option<bool>,
}

impl<T> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items.len())
            .field("total_items", &self.total_items)
            .field("total_pages", &self.total_pages)
            .field("size", &self.size)
            .field("last", &self.last)
            .finish()
    }
}

macro_rules! page_of {
    ($($model:ident of $item:ident),*) => {
        $(impl From<Response<types::$model>> for Page<types::$item> {
            fn from(response: Response<types::$model>) -> Self {
                let page = response.into_inner();
                Self {
                    items: page.content.unwrap_or_default(),
                    // A count below zero is no count.
                    total_items: page.total_elements.and_then(|n| n.try_into().ok()),
                    total_pages: page.total_pages.and_then(|n| n.try_into().ok()),
                    size: page.size.and_then(|n| n.try_into().ok()),
                    last: page.last,
                }
            }
        })*
    };
}

page_of!(
    ContactPage of Contact,
    CustomConsentPage of CustomConsent,
    SubscriptionPage of Subscription,
    SitePage of Site
);
