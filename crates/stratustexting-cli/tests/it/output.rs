//! What programs behind a pipe see.

use std::io::{BufRead, BufReader, Read};

use crate::stratus::Stratus;

/// Reads one line, and goes away, as `head -1` does.
async fn first_line(stratus: &Stratus, arguments: &[&str]) -> (i32, String, String) {
    let mut child = stratus.start(arguments);
    drop(child.stdin.take());
    let read = tokio::task::spawn_blocking(move || {
        let mut out = BufReader::with_capacity(64, child.stdout.take().unwrap());
        let (mut line, mut err) = (String::new(), String::new());
        out.read_line(&mut line).unwrap();
        drop(out);
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (child.wait().unwrap().code().unwrap(), line, err)
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_ends_a_list_quietly() {
    let stratus = Stratus::new().await;
    for (arguments, line) in [
        (&["contact", "list"][..], "number        "),
        (&["contact", "export"], "mobile_number,"),
        (&["--json", "contact", "list"], "{\""),
        (&["--json", "contact", "export"], "{\""),
    ] {
        stratus.requests();
        let (code, first, err) = first_line(&stratus, arguments).await;
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(first.starts_with(line), "{first}");
        // All 1,000 are on 50 pages.
        let pages = stratus.requests().len();
        assert!((1..25).contains(&pages), "{pages} pages");
    }
}
