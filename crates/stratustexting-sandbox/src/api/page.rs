//! Pages, in the shape of Spring Data's.

use http::StatusCode;
use serde::Serialize;

use super::ApiRequest;
use crate::{
    dialect::Window,
    limits::Limits,
    response::{ApiError, Response, json},
};

#[derive(Serialize)]
struct Page<'a, T> {
    content: Vec<&'a T>,
    #[serde(flatten)]
    siblings: Option<Siblings>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Siblings {
    total_elements: usize,
    total_pages: usize,
    number: usize,
    size: usize,
    number_of_elements: usize,
    first: bool,
    last: bool,
    empty: bool,
}

/// Responds with the requested page; a size above the limit is reduced to it.
///
/// Only the items of the page are visited.
pub(crate) fn page<'a, T: Serialize + 'a>(
    request: &ApiRequest,
    limits: &Limits,
    items: impl ExactSizeIterator<Item = &'a T>,
) -> Result<Response, ApiError> {
    let window = request.paging.window(request, limits, items.len())?;
    let content: Vec<&T> = items.skip(window.start()).take(window.size).collect();
    let Window {
        number,
        size,
        total,
        ..
    } = window;
    let siblings = Siblings {
        total_elements: total,
        total_pages: window.pages(),
        number,
        size,
        number_of_elements: content.len(),
        first: number == 0,
        last: window.is_last(),
        empty: content.is_empty(),
    };
    let page = Page {
        siblings: (!limits.bare_pages).then_some(siblings),
        content,
    };
    let mut response = json(StatusCode::OK, &page);
    response.extensions_mut().insert(window);
    Ok(response)
}

/// A parameter that is an integer of at least `min`.
pub(crate) fn integer(
    request: &ApiRequest,
    name: &str,
    min: usize,
    default: usize,
) -> Result<usize, ApiError> {
    let Some(text) = request.optional(name)? else {
        return Ok(default);
    };
    // No page beyond what the 32 bits of `number` can hold.
    let value = text
        .parse::<i32>()
        .ok()
        .and_then(|value| usize::try_from(value).ok());
    value.filter(|value| *value >= min).ok_or_else(|| {
        ApiError::bad_request(format!(
            "Parameter '{name}' must be an integer of at least {min}"
        ))
    })
}
