//! Compares two documents in JSON files and prints the changes; the verdict decides the
//! exit code.
//!
//! ```sh
//! cargo run --release -p openapi-diff --example compare -- old.json new.json
//! ```

use std::{env, error::Error, fs, io::Write, process::ExitCode};

use openapi_diff::{check, compare};
use serde_json::Value;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut paths = env::args().skip(1);
    let (Some(old), Some(new)) = (paths.next(), paths.next()) else {
        return Err("name the old document and the new one".into());
    };
    let comparison = compare(&read(&old)?, &read(&new)?);
    std::io::stdout().write_all(comparison.text().as_bytes())?;
    Ok(ExitCode::from(comparison.class().exit_code()))
}

fn read(path: &str) -> Result<Value, Box<dyn Error>> {
    let document = serde_json::from_slice(&fs::read(path)?)?;
    check(&document).map_err(|reason| format!("{path}: {reason}"))?;
    Ok(document)
}
