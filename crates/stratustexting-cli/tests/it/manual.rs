//! The help, `stratus completions` and `stratus man`

use std::fs;

use crate::home::{Running, command, empty};

#[tokio::test(flavor = "multi_thread")]
async fn the_help_fits_a_screen_and_has_every_command() {
    let folder = empty();
    let pages = command(&folder, &["man", "pages"]);
    Running::start(pages).end().await.assert_code(0);
    let commands: Vec<String> = fs::read_dir(folder.path().join("pages"))
        .unwrap()
        .filter_map(|page| {
            let name = page.unwrap().file_name().into_string().unwrap();
            let name = name.strip_prefix("stratus-")?.strip_suffix(".1")?;
            (!name.contains('-')).then(|| name.to_owned())
        })
        .collect();
    assert!(commands.len() > 5, "{commands:?}");
    for arguments in [&["--help"][..], &["-h"], &["help"], &[]] {
        let done = Running::start(command(&folder, arguments)).end().await;
        let help = done.out + &done.err;

        assert!(help.lines().count() <= 24, "{help}");
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{help}");
        for command in &commands {
            let mut words = help.split([' ', ',', '\n']);
            assert!(words.any(|word| word == command), "{command}: {help}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_a_page_and_a_completion() {
    let folder = empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let done = Running::start(command(&folder, &["completions", shell]))
            .end()
            .await;
        let script = &done.assert_code(0).out;
        assert!(
            script.contains("trigger") && script.contains("forward-to"),
            "{shell}"
        );
    }
    Running::start(command(&folder, &["completions"]))
        .end()
        .await
        .assert_code(2);
    let page = Running::start(command(&folder, &["man"])).end().await;
    assert!(page.assert_code(0).out.contains(".TH stratus 1"));
    assert!(
        page.out.contains("unknown: somebody may have been texted"),
        "the exit codes"
    );
    Running::start(command(&folder, &["man", "a/b"]))
        .end()
        .await
        .assert_code(0);
    let page = fs::read_to_string(folder.path().join("a/b/stratus-trigger-text.1")).unwrap();
    assert!(page.contains("media"));
    let wrong = Running::start(command(&folder, &["man", "/dev/null/a"]))
        .end()
        .await;
    assert!(wrong.assert_code(2).err.contains("DIR"), "{}", wrong.err);
}
