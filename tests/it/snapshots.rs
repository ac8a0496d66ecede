//! Snapshots of the generated code, to be reviewed like any other change.
//!
//! Each document has three: the outline, for people; the report, which says what the
//! normaliser hid from the generator; and the full text, which shows what the outline
//! leaves out. The second document uses each generator feature that we rely on, so that
//! the effect of a new generator version is separate from that of a new document.

use crate::support::{assert_snapshot, generated, outline};

const CLIENT: &str = include_str!(concat!(env!("OUT_DIR"), "/generated.rs"));
const CLIENT_REPORT: &str = include_str!(concat!(env!("OUT_DIR"), "/report.txt"));
const FEATURES: &str = include_str!("../fixtures/features.json");

#[test]
fn client_outline() {
    let what = "the outline of the client, a line per type, field, value, operation and fact";
    assert_snapshot("client-outline", what, &outline(CLIENT));
}

#[test]
fn client_report() {
    let what = "what the normaliser changed in openapi.json before the generator saw it";
    assert_snapshot("client-report", what, CLIENT_REPORT);
}

#[test]
fn client_source() {
    assert_snapshot(
        "client-source",
        "the generated source of the client",
        CLIENT,
    );
}

#[test]
fn features() {
    let generated = generated(FEATURES).expect("the fixture is generated");

    let what = "the outline of the fixture with one of each feature";
    assert_snapshot("features-outline", what, &outline(&generated.source));
    let what = "what the normaliser changed in the fixture";
    assert_snapshot("features-report", what, &generated.report.to_string());
    let what = "the generated source of the fixture";
    assert_snapshot("features-source", what, &generated.source);
}

#[test]
fn the_compiled_source_is_reproducible() {
    let again = generated(crate::support::OPENAPI).expect("openapi.json is generated");

    assert!(
        again.source == CLIENT,
        "two runs of the generator differ, or the build script didn't run again"
    );
}
