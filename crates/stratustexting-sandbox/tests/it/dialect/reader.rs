//! A client that knows the dialect: it decodes the JSON, finds the items, and reads page
//! after page until there is nothing new.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{RequestBuilder, Response, header};
use serde_json::Value;
use stratustexting_sandbox::{
    Dialect,
    dialect::{ListEnvelope, PageStyle},
};

use crate::support::Api;

/// Status, and body as JSON, however it is encoded.
pub(super) async fn lenient(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, body(response).await)
}

async fn body(response: Response) -> Value {
    let is_compressed = response.headers().contains_key(header::CONTENT_ENCODING);
    let mut bytes = response.bytes().await.unwrap().to_vec();
    if is_compressed {
        let mut plain = Vec::new();
        GzDecoder::new(&*bytes).read_to_end(&mut plain).unwrap();
        bytes = plain;
    }
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
    let text = text.trim_start_matches('\u{feff}');
    let text = text.replace("\\ud83d\"", "\\ufffd\"");
    serde_json::from_str(&text).unwrap_or_default()
}

/// All items of a list.
pub(super) async fn all(api: &Api, dialect: Dialect, path: &str, size: usize) -> Vec<Value> {
    let style = dialect.paging();
    let mut page = match style {
        PageStyle::FromOne | PageStyle::FromOneOnly => 1,
        _ => 0,
    };
    let mut token = None::<String>;
    let mut items = Vec::new();
    let mut before = Vec::new();
    loop {
        let mut request = api.request("GET", path).query(&[("size", size)]);
        request = match (style, &token) {
            (PageStyle::PageToken, Some(token)) => request.query(&[("pageToken", token)]),
            (PageStyle::Cursor, Some(token)) => request.query(&[("cursor", token)]),
            _ => request.query(&[("page", page)]),
        };
        let (status, body) = lenient(request).await;
        assert_eq!(status, 200, "{dialect}");
        let found = items_of(dialect, &body);
        if found.is_empty() || found == before {
            return items;
        }
        items.extend(found.iter().cloned());
        before = found;
        page += 1;
        token = match style {
            PageStyle::PageToken | PageStyle::Cursor => match next(dialect, &body) {
                Some(token) => Some(token),
                None => return items,
            },
            _ => None,
        };
    }
}

/// The items of a page, without nulls.
pub(super) fn items_of(dialect: Dialect, body: &Value) -> Vec<Value> {
    let list = match dialect.list_envelope {
        ListEnvelope::Content | ListEnvelope::PagedModel => &body["content"],
        ListEnvelope::Data => &body["data"],
        ListEnvelope::Items => &body["items"],
        ListEnvelope::Results => &body["results"],
        ListEnvelope::Bare => body,
        ListEnvelope::Nested => &body["data"]["content"],
        ListEnvelope::Hal => body["_embedded"]
            .as_object()
            .and_then(|embedded| embedded.values().next())
            .unwrap_or(&Value::Null),
        other => panic!("the reader doesn't know {other:?}"),
    };
    let list = list
        .as_array()
        .unwrap_or_else(|| panic!("{dialect}: no list"));
    list.iter()
        .filter(|item| !item.is_null())
        .cloned()
        .collect()
}

fn next(dialect: Dialect, body: &Value) -> Option<String> {
    let holder = match dialect.list_envelope {
        ListEnvelope::Nested => &body["data"],
        _ => body,
    };
    let key = match dialect.paging() {
        PageStyle::PageToken => "nextPageToken",
        _ => "nextCursor",
    };
    holder[key].as_str().map(str::to_owned)
}

/// The digits of a contact's number, whatever its form.
pub(super) fn digits(contact: &Value) -> String {
    let number = contact["mobileNumber"].to_string();
    number.chars().filter(char::is_ascii_digit).collect()
}
