//! What is said of a text before it is sent. The text itself is shown on a terminal and by
//! `--dry-run` only: standard error is often kept in a log.

use stratustexting::{
    PhoneNumber,
    segments::{Segments, gsm_spelling},
};

use crate::{
    failure::Result,
    output::Output,
    sending::{NotGsm, Shown, ShownSegments, encoding},
};

/// How many characters the service takes is unknown; the SDK warns of more than these.
const LONG: usize = 1_000;

pub(super) fn shown(text: &str, segments: &Segments) -> ShownSegments {
    let spelling = cheaper(text, segments);
    ShownSegments {
        encoding: encoding(segments),
        count: segments.count(),
        units: segments.units(),
        room: segments.room(),
        not_gsm: not_gsm(text, segments),
        gsm_count: spelling.as_deref().map(|it| Segments::of(it).count()),
        gsm_spelling: spelling,
    }
}

/// The first character that makes the text UCS-2.
fn not_gsm(text: &str, segments: &Segments) -> Option<NotGsm> {
    let (offset, character) = segments.unencodable()?;
    let before = text.get(..offset).unwrap_or_default();
    Some(NotGsm {
        character,
        code_point: format!("U+{:04X}", u32::from(character)),
        position: before.chars().count() + 1,
    })
}

/// The text as `--gsm` sends it, if that is another.
fn cheaper(text: &str, segments: &Segments) -> Option<String> {
    segments.unencodable()?;
    gsm_spelling(text).map(Into::into)
}

pub(super) fn count(segments: &Segments) -> String {
    match segments.count() {
        1 => "1 segment".to_owned(),
        count => format!("{count} segments"),
    }
}

/// Encoding and segments in a line, and why it isn't GSM-7.
pub(super) fn notice(text: &str, segments: &Segments) -> String {
    let mut notice = format!(
        "{} in {}: {} units, room for {} more",
        count(segments),
        encoding(segments),
        segments.units(),
        segments.room(),
    );
    if text.chars().count() > LONG {
        notice += "\nmore than 1,000 characters may be more than the service takes";
    }
    if let Some(not_gsm) = not_gsm(text, segments) {
        notice += &format!(
            "\nGSM-7 lacks {:?} ({}), character {} of the text",
            not_gsm.character, not_gsm.code_point, not_gsm.position,
        );
        notice += &match cheaper(text, segments) {
            Some(spelling) => format!("; with --gsm it is {}", count(&Segments::of(&spelling))),
            None => "; the text has no spelling without such characters".to_owned(),
        };
    }
    notice
}

/// The question on a terminal.
pub(super) fn question(
    text: &str,
    segments: &Segments,
    from: &PhoneNumber,
    to: &PhoneNumber,
) -> String {
    let offer = cheaper(text, segments).map(|spelling| format!("With --gsm: {spelling}\n"));
    format!(
        "{}Send {} from {} to {}?",
        offer.unwrap_or_default(),
        count(segments),
        from.as_str(),
        to.as_str(),
    )
}

/// What `--dry-run` shows.
pub(super) fn show(message: &Shown, output: &Output) -> Result<()> {
    if output.is_json() {
        return output.object(message);
    }
    let spelling = message
        .segments
        .as_ref()
        .and_then(|segments| segments.gsm_spelling.clone());
    let facts = serde_json::json!({
        "operation": message.operation,
        "from": message.from,
        "to": message.to,
        "agent": message.agent,
        "text": message.text,
        "with_--gsm": spelling,
    });
    output.show(
        &facts,
        &["operation", "from", "to", "agent", "text", "with_--gsm"],
    )?;
    output.say("Nothing was sent.")
}
