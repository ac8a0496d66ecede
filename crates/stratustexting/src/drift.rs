//! Reporting that the service differs from the document.
//!
//! A difference that costs nothing is no error, so nobody would look at it. But a service that
//! changes a type may be about to change more. So each difference is counted, and the first at
//! each path is logged at WARN: the operation, the path, what was expected and what was found,
//! never the value.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use stratustexting_client::lenient::Diagnostic;

static COUNT: AtomicU64 = AtomicU64::new(0);
static TOLD: Mutex<BTreeSet<(String, String)>> = Mutex::new(BTreeSet::new());

/// The number of paths that are remembered. A service that differs in more has had its warnings.
const PATHS: usize = 1_000;

/// The number of differences between the service and the document, in all responses and events
/// that this process has read. Items of a list that differ in the same way count once.
///
/// It only grows: a program with metrics can export it as a counter.
///
/// ```
/// use stratustexting::{differences, webhook::Event};
///
/// let before = differences();
/// // The document has text here.
/// Event::from_slice(br#"{"messageInfo": {"messageId": 17}}"#)?;
///
/// assert_eq!(differences(), before + 1);
/// # Ok::<(), stratustexting::Error>(())
/// ```
#[must_use]
pub fn differences() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// Counts differences, and logs those that are new.
pub(crate) fn tell(what: &str, diagnostics: &[Diagnostic]) {
    if diagnostics.is_empty() {
        return;
    }
    let count = u64::try_from(diagnostics.len()).unwrap_or(u64::MAX);
    COUNT.fetch_add(count, Ordering::Relaxed);
    for diagnostic in diagnostics {
        let pattern = diagnostic.pattern();
        let is_new = {
            let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
            told.len() < PATHS && told.insert((what.to_owned(), pattern.clone()))
        };
        if is_new {
            tracing::warn!(
                operation = what,
                path = pattern,
                expected = diagnostic.expected(),
                found = %diagnostic.found(),
                "the service differs from the document"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use stratustexting_client::{lenient, types::Contact};
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Log {
        type Writer = Self;
        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn each_place_is_told_once_and_counted_each_time() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
        let contact = lenient::from_slice::<Contact>(br#"{"id":17,"tags":"canary"}"#).unwrap();
        let before = differences();

        tracing::subscriber::with_default(subscriber, || {
            tell("an operation of this test", &contact.diagnostics);
            tell("an operation of this test", &contact.diagnostics);
        });

        // Other tests count meanwhile.
        assert!(differences() >= before + 4);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.matches("WARN").count(), 2, "{log}");
        assert!(
            log.contains("path=\"tags\"") && !log.contains("canary"),
            "{log}"
        );
    }
}
