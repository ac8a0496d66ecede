//! `stratus contact export`

use std::process::ExitCode;

use csv::Writer;

use super::csv::{COLUMNS, record};
use crate::{
    context::Context,
    failure::{Class, Failure, Result},
    list::{ListOptions, each_page},
};

pub(super) async fn run(options: &ListOptions, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let contacts = context.client()?.contacts().list();
    if output.is_json() {
        each_page(contacts, options, |page| {
            page.iter().try_for_each(|contact| output.object(contact))
        })
        .await?;
        return Ok(ExitCode::SUCCESS);
    }
    output.bytes(&rows([COLUMNS.map(str::to_owned)])?)?;
    each_page(contacts, options, |page| {
        output.bytes(&rows(page.iter().map(record))?)
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}

fn rows(records: impl IntoIterator<Item = [String; 9]>) -> Result<Vec<u8>> {
    let failed = || Failure::new(Class::Other, "a contact can't be written as CSV");
    let mut writer = Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).map_err(|_| failed())?;
    }
    writer.into_inner().map_err(|_| failed())
}
