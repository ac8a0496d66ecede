//! The kinds of difference, and what each of them can be. The first value of each is
//! today's answer.

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
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
        #[non_exhaustive]
        pub enum $kind {
            $(#[$first_doc])*
            #[default]
            #[serde(rename = $first_name)]
            $first,
            $($(#[$doc])* #[serde(rename = $name)] $value,)*
        }

        impl $kind {
            /// All values, today's first.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$value,)*];

            /// The value's name, in reports and over the control API.
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
    /// What ids are: of contacts, messages, organizations and so on, and the `uuid` of events.
    ///
    /// Each number stands for one id. Where a client sends one that it was shown, in a path,
    /// in a body or in an event filter, it means that id; the id itself means it, too.
    Ids {
        /// Text.
        Text = "text",
        /// `7`.
        Number = "number",
    }

    /// What phone numbers look like. A number of that form is also understood in the
    /// paths and the bodies of the contact group, but not in a send.
    PhoneNumbers {
        /// `"+12025550123"`.
        E164 = "e164",
        /// `12025550123`.
        Number = "number",
        /// `"12025550123"`.
        WithoutPlus = "without_plus",
    }

    /// What times look like.
    Times {
        /// `lastUpdated` as epoch milliseconds, all others as in ISO 8601.
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

    /// What booleans are, those about pages among them. `active` of a consent is also taken so.
    Booleans {
        /// `true`.
        Plain = "plain",
        /// `"true"`.
        Text = "text",
    }

    /// What the counts about a page are.
    Counts {
        /// `1`.
        Integer = "integer",
        /// `"1"`.
        Text = "text",
        /// `1.0`.
        Float = "float",
        /// `size` is 4,294,967,296, which fits no 32 bits; the others are right.
        HugeSize = "huge_size",
    }

    /// What `tags` of a contact is. What was shown is also taken in a request.
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

    /// What stands among the items of a page.
    Items {
        /// Items only.
        Whole = "whole",
        /// All of them, and `null` behind the first. A page without items has none.
        NullElement = "null_element",
    }

    /// What `media` of a message is.
    Media {
        /// A list of objects.
        List = "list",
        /// An object that has the list: `{"count": 1, "files": […]}`.
        Object = "object",
    }

    /// What `from` and `to` of a message are.
    Parties {
        /// A phone number.
        Plain = "plain",
        /// An object: `{"phoneNumber": "+12025550123"}`.
        Objects = "objects",
    }

    /// What `consentLevel` of a contact is. What was shown is also taken in a request.
    ConsentLevels {
        /// `"Promotional"`.
        Text = "text",
        /// `3`: from 1 on, in the order conversational, informational, promotional.
        Number = "number",
        /// `{"name": "Promotional"}`.
        Object = "object",
    }

    /// Where the items of a page stand.
    ListEnvelope {
        /// `{"content": […]}`, with the facts about the page beside it.
        Content = "content",
        /// `{"data": […]}`.
        Data = "data",
        /// `{"items": […]}`.
        Items = "items",
        /// `{"results": […]}`.
        Results = "results",
        /// `[…]`. There is no place for facts about the page, nor for a token.
        Bare = "bare",
        /// `{"data": {"content": […], …}}`.
        Nested = "nested",
        /// Spring's newer form, `{"content": […], "page": {…}}`: of the facts that there
        /// were, `page` has `size`, `number`, `totalElements` and `totalPages`.
        PagedModel = "paged_model",
        /// `{"_embedded": {"contacts": […]}, "page": {…}}`, with the resource's name.
        Hal = "hal",
    }

    /// Where a single object stands, that of an answer to a send among them.
    ObjectEnvelope {
        /// Nothing is around it.
        Plain = "plain",
        /// `{"data": {…}}`.
        Data = "data",
        /// `[{…}]`.
        Array = "array",
    }

    /// What is said about a page.
    PageFacts {
        /// All that Spring says: `totalElements`, `totalPages`, `number`, `size`,
        /// `numberOfElements`, `first`, `last`, `empty`.
        All = "all",
        /// Nothing.
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
        /// All, but each page claims to be the last one, and `totalPages` is one more than
        /// there are. The end is where the items end, and `totalElements` is right.
        Contradicting = "contradicting",
    }

    /// How pages are asked for, and what happens at the end.
    PageStyle {
        /// By number from 0; behind the last page are empty ones.
        FromZero = "from_zero",
        /// By number from 1; page 0 is page 1.
        FromOne = "from_one",
        /// By number from 1; page 0 is refused with 400.
        FromOneOnly = "from_one_only",
        /// By number from 0; behind the last page comes the last page, for ever.
        LastRepeated = "last_repeated",
        /// Whatever is asked for, all items are in one page.
        Everything = "everything",
        /// By `nextPageToken` of the answer before, which is asked for as `pageToken`; a
        /// number is ignored. The last page has none. A token always brings the same page.
        PageToken = "page_token",
        /// By `nextCursor` of the answer before, which is asked for as `cursor`; a number
        /// is ignored. The last page has `null`. A cursor always brings the same page.
        Cursor = "cursor",
    }

    /// The status of a success.
    SuccessStatus {
        /// 200, and 204 for a subscription that is deleted.
        Plain = "plain",
        /// 201 for what creates, upserts among it, and 202 for sends.
        Created = "created",
        /// 204 without a body for what updates, upserts excepted.
        NoContent = "no_content",
    }

    /// How JSON is written. Of these, an event to a callback is never compressed and never
    /// called HTML.
    Text {
        /// In UTF-8, as `application/json`.
        Plain = "plain",
        /// Behind a byte order mark.
        ByteOrderMark = "byte_order_mark",
        /// Compressed by gzip, which `content-encoding` says, though nobody asked.
        Gzip = "gzip",
        /// As `text/html`.
        NamedHtml = "named_html",
        /// In ISO 8859-1, which nothing says; letters that it doesn't have are escaped.
        Latin1 = "latin1",
        /// With the escape `\ud83d`, half of a character, at the end of a text.
        LoneSurrogate = "lone_surrogate",
        /// With a key that stands twice in its object, both times with the same value.
        DuplicateKey = "duplicate_key",
    }

    /// What is posted to callbacks. The message's id is always `messageInfo.messageId`.
    Events {
        /// An event.
        Plain = "plain",
        /// An event whose ids, `uuid` and times are numbers.
        Numbers = "numbers",
        /// An event whose `messageInfo` has objects within it that have ids, too.
        Nested = "nested",
        /// A list of all events that wait for the callback, also when that is one. While
        /// one list is on its way, events wait for the next.
        Batch = "batch",
        /// A list of one event.
        ArrayOfOne = "array_of_one",
    }

    /// How a token is refused that isn't good any more.
    ExpiredToken {
        /// 401.
        Unauthorized = "unauthorized",
        /// 403 with `x-amzn-errortype: ExpiredTokenException`.
        ForbiddenErrorType = "forbidden_error_type",
        /// 403 with `WWW-Authenticate: Bearer error="invalid_token"`.
        ForbiddenChallenge = "forbidden_challenge",
    }

    /// How a refresh token is refused, always with 400.
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
        /// `{"error": "invalid_grant"}` behind a byte order mark.
        ByteOrderMark = "byte_order_mark",
    }

    /// How the application refuses a request.
    Failures {
        /// By its status, with an error of Spring's form.
        Status = "status",
        /// By 200 with `{"success": false, "message": …}`.
        SuccessFalse = "success_false",
    }

    /// The paths of the contact group.
    Paths {
        /// Those of the document.
        Nouns = "nouns",
        /// Such as `/contact/getallcontacts`; the document's are unknown routes. See
        /// [`Dialect::paths`](crate::Dialect::paths).
        Verbs = "verbs",
    }
}
