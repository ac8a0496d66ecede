//! The kinds of difference, and the values of each. The first value is the default, which
//! is the inferred response.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($(
        $(#[$kind_doc:meta])*
        $kind:ident {
            $(#[$first_doc:meta])* $first:ident = $first_name:literal,
            $($(#[$doc:meta])* $value:ident = $name:literal,)*
        }
    )*) => {$(
        $(#[$kind_doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema, Serialize,
        )]
        #[non_exhaustive]
        pub enum $kind {
            $(#[$first_doc])*
            #[default]
            #[serde(rename = $first_name)]
            $first,
            $($(#[$doc])* #[serde(rename = $name)] $value,)*
        }

        impl $kind {
            /// All values, the default first.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$value,)*];

            /// The value's name, in reports and in the control API.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    Self::$first => $first_name,
                    $(Self::$value => $name,)*
                }
            }
        }
    )*};
}

kinds! {
    /// The type of ids: of contacts, messages, organizations and so on, and the `uuid` of
    /// events.
    ///
    /// Each number stands for one id. A client can send it instead of the id, in a path, in
    /// a body or in an event filter; the id itself still works.
    Ids {
        /// Text.
        Text = "text",
        /// `7`.
        Number = "number",
    }

    /// The form of phone numbers. The paths and bodies of the contact operations accept it,
    /// too; a send doesn't.
    PhoneNumbers {
        /// `"+12025550123"`.
        E164 = "e164",
        /// `12025550123`.
        Number = "number",
        /// `"12025550123"`.
        WithoutPlus = "without_plus",
    }

    /// The form of times.
    Times {
        /// `lastUpdated` as epoch milliseconds, all others in ISO 8601.
        Mixed = "mixed",
        /// `1774951200123`.
        EpochMillis = "epoch_millis",
        /// `"1774951200123"`.
        EpochMillisText = "epoch_millis_text",
        /// `"2026-03-31T10:00:00.123Z"`.
        Iso = "iso",
        /// `"2026-03-31T10:00:00.123"`, which is in UTC.
        IsoWithoutOffset = "iso_without_offset",
    }

    /// The type of booleans, including those of pages. Requests may have `active` of a consent
    /// in the same form.
    Booleans {
        /// `true`.
        Plain = "plain",
        /// `"true"`.
        Text = "text",
    }

    /// The type of the counts of a page.
    Counts {
        /// `1`.
        Integer = "integer",
        /// `"1"`.
        Text = "text",
        /// `1.0`.
        Float = "float",
        /// `size` is 4,294,967,296, which doesn't fit into 32 bits; the others are right.
        HugeSize = "huge_size",
    }

    /// The type of a contact's `tags`. Requests may have the same form.
    Tags {
        /// `["vip", "new"]`.
        List = "list",
        /// `"vip,new"`.
        OneText = "one_text",
        /// `[{"name": "vip"}]`.
        Objects = "objects",
        /// `["vip", null]`.
        NullElement = "null_element",
    }

    /// What is among the items of a page.
    Items {
        /// Items only.
        Whole = "whole",
        /// All of them, and `null` after the first. A page without items has no `null`.
        NullElement = "null_element",
    }

    /// The type of a message's `media`.
    Media {
        /// A list of objects.
        List = "list",
        /// An object with the list: `{"count": 1, "files": […]}`.
        Object = "object",
    }

    /// The type of a message's `from` and `to`.
    Parties {
        /// A phone number.
        Plain = "plain",
        /// An object: `{"phoneNumber": "+12025550123"}`.
        Objects = "objects",
    }

    /// The type of a contact's `consentLevel`. Requests may have the same form.
    ConsentLevels {
        /// `"Promotional"`.
        Text = "text",
        /// `3`: counted from 1, in the order conversational, informational, promotional.
        Number = "number",
        /// `{"name": "Promotional"}`.
        Object = "object",
    }

    /// The envelope of a page's items.
    ListEnvelope {
        /// `{"content": […]}`, with the facts about the page beside it.
        Content = "content",
        /// `{"data": […]}`.
        Data = "data",
        /// `{"items": […]}`.
        Items = "items",
        /// `{"results": […]}`.
        Results = "results",
        /// `[…]`. There is no field for facts about the page, nor for a token.
        Bare = "bare",
        /// `{"data": {"content": […], …}}`.
        Nested = "nested",
        /// Spring's newer form, `{"content": […], "page": {…}}`: of the facts, `page` has `size`, `number`, `totalElements` and `totalPages`.
        PagedModel = "paged_model",
        /// `{"_embedded": {"contacts": […]}, "page": {…}}`, with the resource's name.
        Hal = "hal",
    }

    /// The envelope of a single object, including the response to a send.
    ObjectEnvelope {
        /// No envelope.
        Plain = "plain",
        /// `{"data": {…}}`.
        Data = "data",
        /// `[{…}]`.
        Array = "array",
    }

    /// The facts about a page.
    PageFacts {
        /// All of Spring's: `totalElements`, `totalPages`, `number`, `size`,
        /// `numberOfElements`, `first`, `last`, `empty`.
        All = "all",
        /// None.
        None = "none",
        /// `totalElements` only.
        TotalElements = "total_elements",
        /// `total` only.
        Total = "total",
        /// `totalCount` only.
        TotalCount = "total_count",
        /// `last` only.
        Last = "last",
        /// `hasMore` only.
        HasMore = "has_more",
        /// `hasNext` only.
        HasNext = "has_next",
        /// All, but each page claims to be the last one, and `totalPages` is one too many. The
        /// list ends where the items end, and `totalElements` is right.
        Contradicting = "contradicting",
    }

    /// How pages are requested, and what happens at the end.
    PageStyle {
        /// By number from 0; after the last page come empty ones.
        FromZero = "from_zero",
        /// By number from 1; page 0 is page 1.
        FromOne = "from_one",
        /// By number from 1; page 0 is rejected with 400.
        FromOneOnly = "from_one_only",
        /// By number from 0; after the last page comes the last page again, for ever.
        LastRepeated = "last_repeated",
        /// All items in one page, whatever the request says.
        Everything = "everything",
        /// By `nextPageToken` of the previous response, sent as `pageToken`; a number is
        /// ignored. The last page has none. A token always returns the same page.
        PageToken = "page_token",
        /// By `nextCursor` of the previous response, sent as `cursor`; a number is ignored. The
        /// last page has `null`. A cursor always returns the same page.
        Cursor = "cursor",
    }

    /// The status of a success.
    SuccessStatus {
        /// 200, and 204 for a deleted subscription.
        Plain = "plain",
        /// 201 for operations that create, upserts included, and 202 for sends.
        Created = "created",
        /// 204 without a body for operations that update, except upserts.
        NoContent = "no_content",
    }

    /// How JSON is encoded. An event to a callback is never compressed, nor sent as HTML.
    Text {
        /// In UTF-8, as `application/json`.
        Plain = "plain",
        /// After a byte order mark.
        ByteOrderMark = "byte_order_mark",
        /// Compressed by gzip, as `content-encoding` says, though the request doesn't accept it.
        Gzip = "gzip",
        /// As `text/html`.
        NamedHtml = "named_html",
        /// In ISO 8859-1, without saying so; letters that it doesn't have are escaped.
        Latin1 = "latin1",
        /// With the escape `\ud83d`, half of a character, at the end of a text.
        LoneSurrogate = "lone_surrogate",
        /// With a key twice in its object, both times with the same value.
        DuplicateKey = "duplicate_key",
    }

    /// What is posted to callbacks. The message's id is always `messageInfo.messageId`.
    Events {
        /// An event.
        Plain = "plain",
        /// An event whose ids, `uuid` and times are numbers.
        Numbers = "numbers",
        /// An event whose `messageInfo` contains objects with their own ids.
        Nested = "nested",
        /// A list of all events that wait for the callback, even if there is only one. While
        /// one list is in flight, events wait for the next.
        Batch = "batch",
        /// A list of one event.
        ArrayOfOne = "array_of_one",
    }

    /// How an expired token is rejected.
    ExpiredToken {
        /// 401.
        Unauthorized = "unauthorized",
        /// 403 with `x-amzn-errortype: ExpiredTokenException`.
        ForbiddenErrorType = "forbidden_error_type",
        /// 403 with `WWW-Authenticate: Bearer error="invalid_token"`.
        ForbiddenChallenge = "forbidden_challenge",
    }

    /// How a refresh token is rejected, always with 400.
    RefusedRefresh {
        /// `{"error": "invalid_grant"}`.
        InvalidGrant = "invalid_grant",
        /// `{"error": "invalid_token"}`.
        InvalidToken = "invalid_token",
        /// `{"error": "INVALID_GRANT"}`.
        UpperCase = "upper_case",
        /// `invalid_request`, with the description `refresh token revoked`.
        InvalidRequest = "invalid_request",
        /// `error=invalid_grant`, as a form.
        Form = "form",
        /// `{"error": "invalid_grant"}` after a byte order mark.
        ByteOrderMark = "byte_order_mark",
    }

    /// How the application rejects a request.
    Failures {
        /// With an error status, and a body of Spring's form.
        Status = "status",
        /// With 200 and `{"success": false, "message": …}`.
        SuccessFalse = "success_false",
    }

    /// The paths of the contact operations.
    Paths {
        /// The document's.
        Nouns = "nouns",
        /// Such as `/contact/getallcontacts`; the document's are unknown routes. See
        /// [`Dialect::paths`](crate::Dialect::paths).
        Verbs = "verbs",
    }
}
