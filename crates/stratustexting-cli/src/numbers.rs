//! Numbers as people write them.

use stratustexting::PhoneNumber;

use crate::failure::{Failure, Result};

/// Reads a number of a region, or with its country's code. `field` is the argument's name.
pub(crate) fn read(field: &str, written: &str, region: Option<&str>) -> Result<PhoneNumber> {
    let read = match region {
        Some(region) => PhoneNumber::parse_in(written, region).and_then(TryInto::try_into),
        None => written.parse(),
    };
    read.map_err(|error: stratustexting::Error| {
        let hint = match region {
            None => ". Or say where it is from: --region US",
            Some(_) => "",
        };
        Failure::usage(format!("{field}: {error}{hint}"))
    })
}

/// The error if no country has this code.
pub(crate) fn check_region(region: &str) -> stratustexting::Result<()> {
    // The number doesn't matter: an unknown region is found before.
    match PhoneNumber::parse_in("2025550123", region) {
        Err(error) if error.field() == Some("region") => Err(error),
        _ => Ok(()),
    }
}
