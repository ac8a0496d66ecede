//! Other answers than those that were inferred.
//!
//! What the real service answers is inferred for the most part, so it may differ from
//! what the sandbox answers. A [`Dialect`] is one way in which it may: a value for each
//! kind of difference. **None of them is attested.** They are guesses at what services of
//! this kind do, for finding out whether a program gets along with them.
//!
//! ```
//! use stratustexting_sandbox::{Dialect, Sandbox, dialect::{Ids, PageStyle}};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! // One difference, or two.
//! let by_hand = Dialect::none().ids(Ids::Number).page_style(PageStyle::Cursor);
//! // About half of the kinds, the same ones for the same seed.
//! let drawn = Dialect::from_seed(7);
//!
//! let sandbox = Sandbox::builder().dialect(by_hand).start().await?;
//! sandbox.set_dialect(drawn);
//! # Ok::<(), stratustexting_sandbox::StartError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | kind | what it is about |
//! |---|---|
//! | [`Ids`], [`PhoneNumbers`], [`Times`], [`Booleans`], [`Counts`] | the types of single values |
//! | [`Tags`], [`Items`], [`Media`], [`Parties`], [`ConsentLevels`] | lists and objects within an item |
//! | [`ListEnvelope`], [`ObjectEnvelope`] | what stands around them |
//! | [`PageFacts`], [`PageStyle`] | how pages are asked for, and where a list ends |
//! | [`SuccessStatus`], [`Text`] | the status, and how JSON is written |
//! | [`Events`] | what is posted to callbacks |
//! | [`ExpiredToken`], [`RefusedRefresh`], [`Failures`] | how something is refused |
//! | [`Paths`] | where the contact group is |
//!
//! A dialect changes how things are said, never what happened: the ledger, the contacts
//! and the messages that were sent are the same in all of them. It loses nothing either:
//! in each, a client that is lenient enough can read every item of every list. Answers
//! that a test scripted are given as they were scripted, and the gateway's refusals are
//! the same in all dialects but for that of a token.

mod batch;
mod body;
mod event;
mod kinds;
mod numbers;
mod page;
mod paths;
mod refusal;
mod request;
mod speaker;
mod status;
mod talk;
mod text;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::kinds::{
    Booleans, ConsentLevels, Counts, Events, ExpiredToken, Failures, Ids, Items, ListEnvelope,
    Media, ObjectEnvelope, PageFacts, PageStyle, Parties, Paths, PhoneNumbers, RefusedRefresh,
    SuccessStatus, Tags, Text, Times,
};
pub(crate) use self::{
    batch::deliver,
    page::{Paging, Window},
    speaker::Speaker,
    talk::Talk,
};

macro_rules! dialect {
    ($($(#[$doc:meta])* $field:ident: $kind:ident,)*) => {
        /// How a service answers: a value for each kind of difference. None is attested.
        ///
        /// It is made by [`none`](Self::none) or [`from_seed`](Self::from_seed), and changed
        /// by a setter for each kind. As text it lists what differs; as JSON it has a key
        /// per kind, of which any may be missing.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct Dialect {
            $($(#[$doc])* pub $field: $kind,)*
        }

        impl Dialect {
            /// Draws a dialect. The same seed gives the same one, in every version that has
            /// the same values.
            ///
            /// Each kind is drawn for itself: every second time it is as today, and
            /// otherwise any other value is as likely as any. A kind that is added later
            /// changes nothing about the others. Only a [`ListEnvelope::Bare`] list is
            /// never paged by a token, for which it has no place.
            #[must_use]
            pub fn from_seed(seed: u64) -> Self {
                let mut drawn = Self {
                    $($field: draw(seed, stringify!($field), $kind::ALL),)*
                };
                drawn.page_style = drawn.paging();
                drawn
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $field(mut self, $field: $kind) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            /// Each difference alone: a dialect for each value of each kind that isn't
            /// today's, in the order of the kinds.
            #[must_use]
            pub fn each() -> Vec<Self> {
                let mut each = Vec::new();
                $(each.extend($kind::ALL[1..].iter().map(|value| Self::none().$field(*value)));)*
                each
            }

            /// The kinds that differ, each with the value's name.
            fn differences(&self) -> Vec<(&'static str, &'static str)> {
                let all = [$((
                    stringify!($field),
                    self.$field.name(),
                    self.$field == $kind::default(),
                ),)*];
                let differ = all.into_iter().filter(|(_, _, is_default)| !is_default);
                differ.map(|(field, name, _)| (field, name)).collect()
            }
        }
    };
}

dialect! {
    /// What ids are.
    ids: Ids,
    /// What phone numbers look like.
    phone_numbers: PhoneNumbers,
    /// What times look like.
    times: Times,
    /// What booleans are.
    booleans: Booleans,
    /// What the counts about a page are.
    counts: Counts,
    /// What `tags` of a contact is.
    tags: Tags,
    /// What stands among the items of a page.
    items: Items,
    /// What `media` of a message is.
    media: Media,
    /// What `from` and `to` of a message are.
    parties: Parties,
    /// What `consentLevel` of a contact is.
    consent_levels: ConsentLevels,
    /// Where the items of a page stand.
    list_envelope: ListEnvelope,
    /// Where a single object stands.
    object_envelope: ObjectEnvelope,
    /// What is said about a page.
    page_facts: PageFacts,
    /// How pages are asked for; see [`paging`](Self::paging), too.
    page_style: PageStyle,
    /// The status of a success.
    success_status: SuccessStatus,
    /// How JSON is written.
    text: Text,
    /// What is posted to callbacks.
    events: Events,
    /// How a token is refused that isn't good any more.
    expired_token: ExpiredToken,
    /// How a refresh token is refused.
    refused_refresh: RefusedRefresh,
    /// How the application refuses a request.
    failures: Failures,
    /// Where the contact group is; see [`paths`](Self::paths), too.
    path_style: Paths,
}

impl Dialect {
    /// Today's answers.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether these are today's answers.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// How pages are asked for in the end: as [`page_style`](Self::page_style) says, but by
    /// numbers where a list has no place for a token.
    #[must_use]
    pub fn paging(&self) -> PageStyle {
        match (self.list_envelope, self.page_style) {
            (ListEnvelope::Bare, PageStyle::PageToken | PageStyle::Cursor) => PageStyle::FromZero,
            (_, style) => style,
        }
    }

    /// The operations whose method or path isn't that of the document: `operationId`,
    /// method, and path below the base URL.
    #[must_use]
    pub fn paths(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self.path_style {
            Paths::Nouns => &[],
            Paths::Verbs => &paths::VERBS,
        }
    }
}

/// What differs from today's answers, in a line.
impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let differences = self.differences();
        if differences.is_empty() {
            return f.write_str("none");
        }
        for (index, (kind, value)) in differences.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{kind}: {value}")?;
        }
        Ok(())
    }
}

/// Today's value every second time, otherwise one of the others. It is made of the hash
/// alone, so that no library's generator of random numbers can change it.
fn draw<T: Copy>(seed: u64, kind: &str, values: &[T]) -> T {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(kind);
    let hash = hash.finalize();
    let (today, others) = (values[0], &values[1..]);
    let place = usize::from(u16::from_be_bytes([hash[1], hash[2]]));
    match hash[0] & 1 {
        0 => today,
        _ => others[place % others.len()],
    }
}
