//! Responses that differ from the inferred ones.
//!
//! Most of the real service's responses are inferred, so it may respond differently from
//! the sandbox. A [`Dialect`] is one way in which it may differ: a value for each kind of
//! difference. **None of them is attested.** They are guesses at what services of this kind
//! do, to test whether a program can handle them.
//!
//! ```
//! use stratustexting_sandbox::{Dialect, Sandbox, dialect::{Ids, PageStyle}};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! // One difference, or two.
//! let by_hand = Dialect::none().ids(Ids::Number).page_style(PageStyle::Cursor);
//! // About half of the kinds differ; the same seed gives the same dialect.
//! let drawn = Dialect::from_seed(7);
//!
//! let sandbox = Sandbox::builder().dialect(by_hand).start().await?;
//! sandbox.set_dialect(drawn);
//! # Ok::<(), stratustexting_sandbox::SandboxError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | kind | subject |
//! |---|---|
//! | [`Ids`], [`PhoneNumbers`], [`Times`], [`Booleans`], [`Counts`] | the types of single values |
//! | [`Tags`], [`Items`], [`Media`], [`Parties`], [`ConsentLevels`] | lists and objects within an item |
//! | [`ListEnvelope`], [`ObjectEnvelope`] | the envelope of lists and objects |
//! | [`PageFacts`], [`PageStyle`] | how pages are requested, and where a list ends |
//! | [`SuccessStatus`], [`Text`] | the status, and how JSON is encoded |
//! | [`Events`] | what is posted to callbacks |
//! | [`ExpiredToken`], [`RefusedRefresh`], [`Failures`] | how requests are rejected |
//! | [`Paths`] | the paths of the contact operations |
//!
//! A dialect changes how things are said, never what happened: the ledger, the contacts
//! and the sent messages are the same in all of them. It loses nothing either: in each, a
//! lenient client can read every item of every list. Scripted responses aren't changed, and
//! the gateway's rejections are the same in all dialects, except that of a token.

mod batch;
mod body;
mod event;
mod kinds;
mod numbers;
mod page;
mod paths;
mod rejection;
mod request;
mod state;
mod status;
mod text;
mod translation;

use std::fmt;

use schemars::JsonSchema;
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
    state::DialectState,
    translation::Translation,
};

macro_rules! dialect {
    ($($(#[$doc:meta])* $field:ident: $kind:ident,)*) => {
        /// How a service responds: a value for each kind of difference. None is attested.
        ///
        /// Create it with [`none`](Self::none) or [`from_seed`](Self::from_seed), and change
        /// it with a setter for each kind. As text it lists what differs; as JSON it has a
        /// key per kind, all of which are optional.
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema, Serialize,
        )]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct Dialect {
            $($(#[$doc])* pub $field: $kind,)*
        }

        impl Dialect {
            /// Draws a random dialect. The same seed gives the same one, in every version that
            /// has the same values.
            ///
            /// Each kind is drawn independently: half of the time it has the default value,
            /// otherwise all other values are equally likely. Kinds that are added later
            /// don't affect the others. Only a [`ListEnvelope::Bare`] list is never paged by
            /// a token, since it has no field for one.
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

            /// Each difference alone: a dialect for each value of each kind that isn't the
            /// default, in the order of the kinds.
            #[must_use]
            pub fn each() -> Vec<Self> {
                let mut each = Vec::new();
                $(each.extend($kind::ALL[1..].iter().map(|value| Self::none().$field(*value)));)*
                each
            }

            /// The kinds that differ, each with its value's name.
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
    /// The type of ids.
    ids: Ids,
    /// The form of phone numbers.
    phone_numbers: PhoneNumbers,
    /// The form of times.
    times: Times,
    /// The type of booleans.
    booleans: Booleans,
    /// The type of the counts of a page.
    counts: Counts,
    /// The type of a contact's `tags`.
    tags: Tags,
    /// What is among the items of a page.
    items: Items,
    /// The type of a message's `media`.
    media: Media,
    /// The type of a message's `from` and `to`.
    parties: Parties,
    /// The type of a contact's `consentLevel`.
    consent_levels: ConsentLevels,
    /// The envelope of a page's items.
    list_envelope: ListEnvelope,
    /// The envelope of a single object.
    object_envelope: ObjectEnvelope,
    /// The facts about a page.
    page_facts: PageFacts,
    /// How pages are requested; see also [`paging`](Self::paging).
    page_style: PageStyle,
    /// The status of a success.
    success_status: SuccessStatus,
    /// How JSON is encoded.
    text: Text,
    /// What is posted to callbacks.
    events: Events,
    /// How an expired token is rejected.
    expired_token: ExpiredToken,
    /// How a refresh token is rejected.
    refused_refresh: RefusedRefresh,
    /// How the application rejects a request.
    failures: Failures,
    /// The paths of the contact operations; see also [`paths`](Self::paths).
    path_style: Paths,
}

impl Dialect {
    /// The inferred responses, which are the default.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether nothing differs from the inferred responses.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// How pages are requested in effect: as [`page_style`](Self::page_style) says, but by
    /// number where a list has no field for a token.
    #[must_use]
    pub fn paging(&self) -> PageStyle {
        match (self.list_envelope, self.page_style) {
            (ListEnvelope::Bare, PageStyle::PageToken | PageStyle::Cursor) => PageStyle::FromZero,
            (_, style) => style,
        }
    }

    /// The operations whose method or path differs from the document: `operationId`, method,
    /// and path below the base URL.
    #[must_use]
    pub fn paths(&self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self.path_style {
            Paths::Nouns => &[],
            Paths::Verbs => &paths::VERBS,
        }
    }
}

/// What differs from the inferred responses, in one line.
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

/// The default value half of the time, otherwise one of the others. It depends on the hash
/// alone, so that another version of a random number generator can't change it.
fn draw<T: Copy>(seed: u64, kind: &str, values: &[T]) -> T {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(kind);
    let hash = hash.finalize();
    let (default, others) = (values[0], &values[1..]);
    let index = usize::from(u16::from_be_bytes([hash[1], hash[2]]));
    match hash[0] & 1 {
        0 => default,
        _ => others[index % others.len()],
    }
}
