//! `stratus completions` and `stratus man`: made from the arguments themselves.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use clap_complete::Shell;

use crate::failure::{Class, Failure, Result};

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell that reads them
    shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Writes the page of every command into this folder, which is made if needed; without it,
    /// the main page goes to standard output
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(crate) fn completions(options: &Completions, mut program: clap::Command) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut program, "stratus", &mut script);
    print(&script)
}

pub(crate) fn man(options: &Man, program: clap::Command) -> Result<ExitCode> {
    let Some(folder) = &options.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(program).render(&mut page)?;
        return print(&page);
    };
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(program, folder))
        .map_err(|error| {
            Failure::new(
                Class::Usage,
                format!("DIR: {} can't be written: {error}", folder.display()),
            )
        })?;
    Ok(ExitCode::SUCCESS)
}

/// A reader that has seen enough isn't an error.
fn print(bytes: &[u8]) -> Result<ExitCode> {
    match io::stdout().write_all(bytes) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
