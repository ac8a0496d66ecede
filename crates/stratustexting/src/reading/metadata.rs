//! What a page says of its list, under any of several names.
//!
//! How lists page isn't documented. The names here are Spring Data's, and those that other
//! services use for the same things.

use serde_json::{Map, Value};

/// What a page says of its list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PageMetadata {
    /// How many items the list has.
    pub(crate) total_items: Option<u64>,
    /// How many pages the list has.
    pub(crate) total_pages: Option<u64>,
    /// How many items a full page has.
    pub(crate) size: Option<u64>,
    /// The number of this page.
    pub(crate) number: Option<u64>,
    /// Whether it is the last page.
    pub(crate) last: Option<bool>,
    /// Whether there are more pages.
    pub(crate) more: Option<bool>,
    /// The token for the next page.
    pub(crate) token: Option<NextToken>,
}

/// A token for the next page, and its key.
#[derive(Clone, PartialEq)]
pub(crate) struct NextToken {
    pub(crate) key: String,
    pub(crate) token: String,
}

/// A token may hold an item's id, or a number.
impl std::fmt::Debug for NextToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NextToken")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

const TOTAL_ITEMS: [&str; 9] = [
    "totalElements",
    "totalItems",
    "totalCount",
    "totalResults",
    "total",
    "total_elements",
    "total_items",
    "total_count",
    "total_results",
];
const TOTAL_PAGES: [&str; 5] = [
    "totalPages",
    "total_pages",
    "pageCount",
    "page_count",
    "pages",
];
const SIZE: [&str; 6] = [
    "size",
    "pageSize",
    "page_size",
    "perPage",
    "per_page",
    "itemsPerPage",
];
const NUMBER: [&str; 8] = [
    "number",
    "page",
    "pageNumber",
    "page_number",
    "currentPage",
    "current_page",
    "pageIndex",
    "pageNo",
];
const LAST: [&str; 4] = ["last", "isLast", "is_last", "lastPage"];
const MORE: [&str; 7] = [
    "hasNext",
    "has_next",
    "hasMore",
    "has_more",
    "hasNextPage",
    "has_next_page",
    "more",
];
const TOKEN: [&str; 13] = [
    "nextPageToken",
    "next_page_token",
    "nextToken",
    "next_token",
    "nextCursor",
    "next_cursor",
    "cursor",
    "continuationToken",
    "continuation_token",
    "paginationToken",
    "lastEvaluatedKey",
    "lastKey",
    "last_key",
];
/// Objects in which a page may have its metadata.
const WITHIN: [&str; 8] = [
    "page",
    "pageable",
    "pagination",
    "paging",
    "meta",
    "metadata",
    "_meta",
    "pageInfo",
];

impl PageMetadata {
    /// The metadata in an object, and in the objects within it that are known to hold some.
    pub(crate) fn of(fields: &Map<String, Value>) -> Self {
        if fields.is_empty() {
            return Self::default();
        }
        let mut metadata = Self::at(fields);
        for key in WITHIN {
            if let Some(Value::Object(inner)) = fields.get(key) {
                metadata = metadata.or(Self::at(inner));
            }
        }
        metadata
    }

    fn at(fields: &Map<String, Value>) -> Self {
        let links = ["links", "_links"]
            .into_iter()
            .find_map(|key| fields.get(key));
        let next = |fields: &Value| fields.get("next").map(|next| !is_nothing(next));
        let own = fields.get("next").map(|next| !is_nothing(next));
        Self {
            total_items: find(fields, &TOTAL_ITEMS, count),
            total_pages: find(fields, &TOTAL_PAGES, count),
            size: find(fields, &SIZE, count),
            number: find(fields, &NUMBER, count),
            last: find(fields, &LAST, flag),
            more: find(fields, &MORE, flag).or(own).or(links.and_then(next)),
            token: TOKEN
                .into_iter()
                .find_map(|key| token(key, fields.get(key)?)),
        }
    }

    /// Takes the token for the next page from this key; without one there, another token stays.
    pub(crate) fn take_token_from(&mut self, body: &Value, key: &str) {
        let Value::Object(fields) = body else { return };
        let inner = || {
            WITHIN
                .into_iter()
                .filter_map(|key| fields.get(key)?.as_object())
        };
        let found = std::iter::once(fields)
            .chain(inner())
            .find_map(|at| at.get(key));
        if let Some(found) = found {
            self.token = token(key, found);
        }
    }

    /// These, and from the others what these don't say.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            total_items: self.total_items.or(others.total_items),
            total_pages: self.total_pages.or(others.total_pages),
            size: self.size.or(others.size),
            number: self.number.or(others.number),
            last: self.last.or(others.last),
            more: self.more.or(others.more),
            token: self.token.or(others.token),
        }
    }
}

fn token(key: &str, value: &Value) -> Option<NextToken> {
    let token = match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let key = key.to_owned();
    Some(NextToken { key, token })
}

fn find<T>(fields: &Map<String, Value>, keys: &[&str], read: fn(&Value) -> Option<T>) -> Option<T> {
    keys.iter().find_map(|key| read(fields.get(*key)?))
}

fn count(value: &Value) -> Option<u64> {
    let float = |value: f64| {
        let whole = value.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&value);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and in bounds"
        )]
        whole.then_some(value as u64)
    };
    match value {
        Value::Number(number) => number.as_u64().or_else(|| float(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| float(text.parse().ok()?))
        }
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == "" || value == false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(body: Value) -> PageMetadata {
        PageMetadata::of(body.as_object().unwrap())
    }

    #[test]
    fn a_value_is_found_under_each_of_its_names() {
        for body in [
            json!({"totalElements": 3}),
            json!({"total": "3"}),
            json!({"total_count": 3.0}),
            json!({"page": {"totalElements": 3}}),
            json!({"meta": {"total": 3}}),
        ] {
            assert_eq!(metadata(body.clone()).total_items, Some(3), "{body}");
        }
        assert_eq!(metadata(json!({"hasMore": "false"})).more, Some(false));
        assert_eq!(metadata(json!({"next": null})).more, Some(false));
        assert_eq!(
            metadata(json!({"_links": {"next": {"href": "/x"}}})).more,
            Some(true)
        );
        assert_eq!(
            metadata(json!({"size": 4_294_967_296_u64})).size,
            Some(4_294_967_296)
        );
        assert_eq!(metadata(json!({"page": 1})).number, Some(1));
        assert_eq!(
            metadata(json!({"total": -1, "last": 1, "size": "many"})),
            PageMetadata::default()
        );
    }

    #[test]
    fn null_and_empty_text_are_no_token() {
        let found = metadata(json!({"nextPageToken": "abc"})).token.unwrap();
        assert_eq!(
            (found.key.as_str(), found.token.as_str()),
            ("nextPageToken", "abc")
        );
        assert!(!format!("{found:?}").contains("abc"));
        assert!(metadata(json!({"nextPageToken": null})).token.is_none());
        assert!(metadata(json!({"nextPageToken": ""})).token.is_none());
    }
}
