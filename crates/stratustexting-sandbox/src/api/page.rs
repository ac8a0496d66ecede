//! Pages, in the shape of Spring Data's.

use http::StatusCode;
use serde::Serialize;

use super::Call;
use crate::{
    builder::Limits,
    reply::{Fault, Reply, json},
};

/// The size of a page when none is asked for, Spring Data's.
const DEFAULT_SIZE: usize = 20;

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
    let number = integer(call, "page", 0, 0)?;
    let size = integer(call, "size", 1, DEFAULT_SIZE)?.min(limits.max_page_size);
    let total = items.len();
    let content: Vec<&T> = items.skip(number.saturating_mul(size)).take(size).collect();
    let total_pages = total.div_ceil(size);
    let siblings = Siblings {
        total_elements: total,
        total_pages,
        number,
        size,
        number_of_elements: content.len(),
        first: number == 0,
        last: number + 1 >= total_pages,
        empty: content.is_empty(),
    };
    let page = Page {
        siblings: (!limits.bare_pages).then_some(siblings),
        content,
    };
    Ok(json(StatusCode::OK, &page))
}

fn integer(call: &Call, name: &str, least: usize, default: usize) -> Result<usize, Fault> {
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
