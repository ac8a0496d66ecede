//! Pages, in the shape of Spring Data's.

use http::StatusCode;
use serde::Serialize;

use super::Call;
use crate::{
    limits::Limits,
    dialect::Window,
    reply::{Fault, Reply, json},
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

/// Answers with the page that is asked for; a size beyond the limit is cut down to it.
///
/// `items` is asked to skip and take no more than it has to.
pub(crate) fn page<'a, T: Serialize + 'a>(
    call: &Call,
    limits: &Limits,
    items: impl ExactSizeIterator<Item = &'a T>,
) -> Result<Reply, Fault> {
    let window = call.paging.window(call, limits, items.len())?;
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
    let mut reply = json(StatusCode::OK, &page);
    reply.extensions_mut().insert(window);
    Ok(reply)
}

/// A parameter that is an integer from `least` on.
pub(crate) fn integer(
    call: &Call,
    name: &str,
    least: usize,
    default: usize,
) -> Result<usize, Fault> {
    let Some(text) = call.optional(name)? else {
        return Ok(default);
    };
    // No page beyond what the siblings' 32 bits can tell.
    let value = text
        .parse::<i32>()
        .ok()
        .and_then(|value| usize::try_from(value).ok());
    value.filter(|value| *value >= least).ok_or_else(|| {
        Fault::bad_request(format!(
            "Parameter '{name}' has to be an integer from {least} on"
        ))
    })
}
