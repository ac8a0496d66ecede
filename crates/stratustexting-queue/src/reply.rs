//! Automatic replies: whom they must not go to, and what the customer may have meant.
//!
//! A program that replies to texts can text itself, or another program, for ever; and it may
//! not text who has said STOP. [`Delivery::automatic_reply`](crate::inbox::Delivery::automatic_reply)
//! decides for one event, and [`Inbox::is_opted_out`](crate::inbox::Inbox::is_opted_out) for any
//! other text. This module has what both go by.

mod keyword;
mod limits;
mod number;
mod reaction;

pub(crate) use self::number::digits;
pub use self::{
    keyword::Keyword,
    limits::{Limit, Refusal, ReplyLimits},
    reaction::is_reaction,
};
