//! `cargo xtask page`: lets Chromium drive the sandbox's page.
//!
//! `xtask/page/steps.mjs` has what a person does there. Afterwards every view is looked at on
//! wide and narrow screens, in light and dark: nothing may be wider than the screen, and
//! axe-core must find nothing that keeps somebody out. The pictures stay in `target/page`.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, program, sandbox::Sandbox, workspace::Workspace};

/// Where `.ci/page-tools` installs what drives the browser.
const TOOLS: &str = "target/ci-tools/page";

const PROGRAM: &str = "xtask/page/drive.mjs";

/// The browser's names, in Debian and elsewhere.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The browser, if it isn't at a usual place.
    #[arg(long, value_name = "FILE")]
    browser: Option<String>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    ensure!(
        workspace.path(TOOLS).join("node_modules").is_dir(),
        "what drives the browser isn't installed; .ci/page-tools installs it"
    );
    let installed = BROWSERS.into_iter().find(|path| Path::new(path).is_file());
    let browser = options.browser.as_deref().or(installed);
    let browser = browser.context("there is no Chromium; --browser says where it is")?;
    let pictures = Workspace::target() + "/page";
    let folder = workspace.path(&pictures);
    // Old ones would look like this run's.
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {pictures}"))?;
    }
    fs::create_dir_all(&folder)?;
    let stratus = program::build(workspace, "stratus")?;
    let sandbox = Sandbox::start_with(workspace, &["--allow-machine-subscriptions"])?;

    let status = CommandLine::new("node", &[PROGRAM])
        .argument(stratus.to_string_lossy())
        .argument(folder.to_string_lossy())
        .argument(browser)
        .with("PAGE_TOOLS", workspace.path(TOOLS).to_string_lossy())
        .locally()
        // The credentials, which are no business of the list of processes.
        .run_with_input(workspace, &sandbox.line)?;

    ensure!(
        status.success(),
        "the page failed; its pictures are in {pictures}"
    );
    println!("The pictures are in {pictures}.");
    Ok(())
}
