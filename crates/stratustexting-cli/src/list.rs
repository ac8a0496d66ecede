//! Lists of the service: they begin at once, however long they are.

use std::process::ExitCode;

use clap::Args;
use futures::TryStreamExt;
use serde::Serialize;
use stratustexting::Pager;

use crate::{
    failure::Result,
    output::{Output, Table},
};

/// The options of all lists.
#[derive(Debug, Args)]
pub(crate) struct ListOptions {
    /// Ends after so many; all, if it isn't given
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// How many to request at a time; the service may give fewer
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: Option<u32>,
    /// Takes a list that the service doesn't mark as complete for a complete one
    #[arg(long)]
    accept_incomplete: bool,
}

/// Hands out the items page by page, and requests no page that isn't needed.
pub(crate) async fn each_page<T>(
    pager: Pager<T>,
    options: &ListOptions,
    mut page: impl FnMut(Vec<T>) -> Result<()>,
) -> Result<()>
where
    T: Serialize + Send + Unpin + 'static,
{
    let mut left = options.limit.unwrap_or(usize::MAX);
    let pager = pager.accept_incomplete(options.accept_incomplete);
    let pager = match options.page_size {
        Some(size) => pager.page_size(size),
        None => pager,
    };
    let mut pages = pager.pages();
    while left > 0 {
        let Some(mut next) = pages.try_next().await? else {
            break;
        };
        next.items.truncate(left);
        left -= next.items.len();
        page(next.items)?;
    }
    Ok(())
}

/// Prints a list as a table of these columns, an item being one row or several; or as JSON.
pub(crate) async fn print<T>(
    pager: Pager<T>,
    options: &ListOptions,
    output: &Output,
    head: &[&str],
    rows: impl Fn(&T) -> Vec<Vec<String>>,
) -> Result<ExitCode>
where
    T: Serialize + Send + Unpin + 'static,
{
    let mut table = Table::new(output, head);
    let printed = each_page(pager, options, |items| {
        if output.is_json() {
            return items.iter().try_for_each(|item| output.object(item));
        }
        let rows: Vec<_> = items.iter().flat_map(&rows).collect();
        table.rows(&rows)
    });
    printed.await?;
    if table.is_empty() {
        output.note("there are none");
    }
    Ok(ExitCode::SUCCESS)
}

/// A cell of a field that may be absent.
pub(crate) fn cell(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
