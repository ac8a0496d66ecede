//! Texts are cut into as many segments as others say.
//!
//! Three others count: the vectors that a vendor publishes with its calculator, a library, and
//! a checker that tries every place where a text may be cut.

use std::ops::Range;

use fastrand::Rng;
use sms_splitter::{SplitSms, splitter_options::SplitterOptions};
use stratustexting::segments::{Encoding, Segments, gsm_spelling};

/// `1234567890…`, from one digit of it to another.
fn digits(places: Range<usize>) -> String {
    let digits = places.map(|place| char::from(b'0' + ((place + 1) % 10) as u8));
    digits.collect()
}

fn counted(text: &str) -> (Encoding, usize, usize) {
    let segments = Segments::of(text);
    (segments.encoding(), segments.count(), segments.units())
}

/// The vectors of Twilio's message segment calculator, but for those that replace characters
/// first or are about one country's rules. Units are its sizes of a message, which are in bits.
#[test]
fn the_published_vectors_hold() {
    use Encoding::{Gsm7, Ucs2};
    let wink = "\u{1f61c}";
    let flag = "\u{1f1ee}\u{1f1f9}";
    let rainbow = "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}";
    let accents = "e\u{301}\u{301}\u{301}";
    let smile = "\u{1f600}";
    let basic = [
        (digits(0..160), Gsm7, 1, 1120 / 7),
        (digits(0..161), Gsm7, 2, 1127 / 7),
        (digits(0..307), Gsm7, 3, 2149 / 7),
        (format!("{wink}{}", digits(1..69)), Ucs2, 1, 1120 / 16),
        (format!("{wink}{}", digits(1..70)), Ucs2, 2, 1136 / 16),
        (format!("{wink}{}", digits(1..134)), Ucs2, 3, 2160 / 16),
        (format!("{flag}{}", digits(1..67)), Ucs2, 1, 1120 / 16),
        (format!("{flag}{}", digits(1..68)), Ucs2, 2, 1136 / 16),
        (format!("{rainbow}{}", digits(1..65)), Ucs2, 1, 1120 / 16),
        (format!("{rainbow}{}", digits(1..66)), Ucs2, 2, 1136 / 16),
        (format!("{smile}{}", "]".repeat(68)), Ucs2, 1, 70),
        (format!("{smile}{}", "]".repeat(69)), Ucs2, 2, 71),
        (format!("{accents}{}", "a".repeat(66)), Ucs2, 1, 70),
        (format!("{accents}{}", "a".repeat(67)), Ucs2, 2, 71),
        ("\rabcde\r\n123".to_owned(), Gsm7, 1, 11),
        ("\nabcde\n\n123\n".to_owned(), Gsm7, 1, 12),
    ];
    for (text, encoding, count, units) in basic {
        assert_eq!(counted(&text), (encoding, count, units), "{text}");
    }
    for escaped in "|^€{}[]~\\".chars() {
        for (end, count, bits) in [(158, 1, 1120), (159, 2, 1127)] {
            let text = format!("{escaped}{}", digits(0..end));
            assert_eq!(counted(&text), (Gsm7, count, bits / 7), "{text}");
        }
    }
    for letter in "ÁÚúçíÍóÓ".chars() {
        for (length, count) in [(70, 1), (71, 2)] {
            let text = letter.to_string().repeat(length);
            assert_eq!(counted(&text), (Ucs2, count, length), "{text}");
        }
    }
}

#[test]
fn the_character_that_costs_is_named_with_its_offset() {
    for (text, found) in [
        ("", None),
        ("Äpfel für 5 € [ja]\n", None),
        ("más", Some((1, 'á'))),
        ("¿Qué? – Sí", Some((8, '–'))),
        ("tab\there", Some((3, '\t'))),
        ("`", Some((0, '`'))),
        ("ok 👍🏽", Some((3, '👍'))),
        ("e\u{301}", Some((1, '\u{301}'))),
    ] {
        let segments = Segments::of(text);
        assert_eq!(segments.unencodable(), found, "{text:?}");
        if let Some((offset, character)) = found {
            assert!(text[offset..].starts_with(character));
        }
    }
}

#[test]
fn the_room_is_what_the_last_segment_still_takes() {
    for (text, count, room) in [
        (String::new(), 1, 160),
        ("a".repeat(160), 1, 0),
        ("a".repeat(161), 2, 153 * 2 - 161),
        ("a".repeat(306), 2, 0),
        // One septet of the first segment stays empty, since the euro doesn't fit into it.
        (format!("{}€{}", "a".repeat(152), "a".repeat(10)), 2, 141),
        ("[".repeat(80), 1, 0),
        ("[".repeat(153), 3, 151),
        ("—".repeat(70), 1, 0),
        ("—".repeat(71), 2, 63),
        (format!("{}🙂—", "—".repeat(66)), 1, 1),
        (format!("{}🙂——", "—".repeat(66)), 1, 0),
        (format!("{}🙂———", "—".repeat(66)), 2, 62),
    ] {
        let segments = Segments::of(&text);
        assert_eq!((segments.count(), segments.room()), (count, room), "{text}");
        // A further text of that many units adds no segment, and one more does.
        let unit = if segments.encoding() == Encoding::Gsm7 {
            "a"
        } else {
            "—"
        };
        let full = text + &unit.repeat(room);
        assert_eq!(Segments::of(&full).room(), 0);
        assert_eq!(Segments::of(&full).count(), count);
        assert!(Segments::of(&(full + unit)).count() > count);
    }
}

#[test]
fn debug_shows_nothing_of_the_text() {
    let shown = format!("{:?}", Segments::of("geheim ☎"));

    assert!(!shown.contains('☎') && !shown.contains("geheim"), "{shown}");
    assert!(shown.contains("unencodable_at: Some(7)"), "{shown}");
}

#[test]
fn random_texts_are_cut_as_others_cut_them() {
    compare(8_000, 1);
}

/// `cargo test --workspace --test it -- --ignored --nocapture a_million_random_texts`; as many as
/// `SEGMENTS_TEXTS` says, and a million without it. CONTRIBUTING.md has how long it takes.
#[test]
#[ignore = "the same with a million texts"]
fn a_million_random_texts_are_cut_as_others_cut_them() {
    let texts = std::env::var("SEGMENTS_TEXTS").map_or(1_000_000, |texts| {
        texts.parse().expect("SEGMENTS_TEXTS must be a number")
    });
    compare(texts, 2);
    println!("{texts} random texts: 0 differences");
}

/// Counts texts from a seed by all, and requires that they agree.
fn compare(texts: usize, seed: u64) {
    let mut random = Rng::with_seed(seed);
    // Without the national tables; its summary would leave out how full a part is.
    let splitter = SplitSms::new(SplitterOptions::new(false, false));
    let mut several = [0; 2];
    for number in 0..texts {
        let text = random_text(&mut random);
        let segments = Segments::of(&text);
        let context = || format!("text {number} of seed {seed}: {text:?}, {segments:?}");

        let library = splitter.split(text.clone());
        let is_gsm = segments.encoding() == Encoding::Gsm7;
        assert_eq!(library.character_set == "GSM", is_gsm, "{}", context());
        let units = if is_gsm {
            library.bytes
        } else {
            library.bytes / 2
        };
        assert_eq!(units, segments.units(), "{}", context());
        assert_eq!(library.parts.len(), segments.count(), "{}", context());
        assert_eq!(library.remaining_in_part, segments.room(), "{}", context());

        let sizes: Vec<usize> = text.chars().map(|c| units_of(c, is_gsm)).collect();
        let (single, each) = if is_gsm { (160, 153) } else { (70, 67) };
        assert_eq!(
            fewest(&sizes, single, each),
            segments.count(),
            "{}",
            context()
        );
        several[usize::from(is_gsm)] += usize::from(segments.count() > 1);

        if let Some(spelling) = gsm_spelling(&text) {
            let spelled = Segments::of(&spelling);
            assert_eq!(spelled.encoding(), Encoding::Gsm7, "{}", context());
        }
    }
    // Enough of them were cut for this to mean something.
    assert!(several.iter().all(|&cut| cut > texts / 10), "{several:?}");
}

/// A text around the lengths where a segment is full, mostly of one kind of characters.
fn random_text(random: &mut Rng) -> String {
    const PLAIN: &str = "abcXYZ 0123@£$¥èØ\nÅΔΩñ§¿à";
    const ESCAPED: &str = "^{}\\[~]|€\x0c";
    const WIDE: &str = "áçÊ“—…\u{a0}\t`Жあ中\u{feff}\u{301}";
    const PAIRS: &str = "🙂👍🏽🇮🇹𝄞\u{10ffff}";
    let kinds = [PLAIN, ESCAPED, WIDE, PAIRS].map(|kind| kind.chars().collect::<Vec<_>>());
    let weights = match random.u8(..10) {
        0..3 => [10, 1, 0, 0],
        3..5 => [1, 3, 0, 0],
        5..7 => [10, 1, 2, 1],
        7 => [0, 0, 1, 3],
        8 => [1, 1, 1, 1],
        _ => [1, 0, 0, 0],
    };
    let length = match random.u8(..8) {
        0 => random.usize(..20),
        1 => random.usize(..480),
        2..4 => random.usize(60..75),
        4..6 => random.usize(130..165),
        6 => random.usize(70..90),
        _ => random.usize(300..320),
    };
    // Each kind as often as its weight says.
    let mut choice: Vec<&[char]> = Vec::new();
    for (kind, weight) in kinds.iter().zip(weights) {
        choice.extend(std::iter::repeat_n(kind.as_slice(), weight));
    }
    (0..length)
        .map(|_| {
            let kind = choice[random.usize(..choice.len())];
            kind[random.usize(..kind.len())]
        })
        .collect()
}

/// What a character takes, by the words of the standards rather than by a table.
fn units_of(character: char, is_gsm: bool) -> usize {
    match character {
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\x0c' if is_gsm => 2,
        _ if is_gsm => 1,
        _ => character.len_utf16(),
    }
}

/// The fewest segments for characters of these sizes, each whole in one segment: of all places
/// where the last one may begin, the best.
fn fewest(sizes: &[usize], single: usize, each: usize) -> usize {
    if sizes.iter().sum::<usize>() <= single {
        return 1;
    }
    let mut fewest = vec![0];
    for end in 1..=sizes.len() {
        let mut best = usize::MAX;
        let mut filled = 0;
        for begin in (0..end).rev() {
            filled += sizes[begin];
            if filled > each {
                break;
            }
            best = best.min(fewest[begin] + 1);
        }
        fewest.push(best);
    }
    fewest[sizes.len()]
}
