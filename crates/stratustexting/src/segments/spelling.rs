//! The same text in other characters, so that it costs less.

use std::{borrow::Cow, iter::Peekable, str::Chars};

use super::{alphabet::septets, count_gsm};

/// Spells a text in GSM-7, so that [`Segments`](super::Segments) of 160 or 153 characters carry
/// it instead of 70 or 67: an offer to the person who wrote it, who should read it before it is
/// sent. A text in GSM-7 comes back as it is.
///
/// - Quotes, dashes, bullets, spaces, ellipses, ligatures, full-width letters and signs such as
///   `½`, `×` or `™` become what a typewriter has: `'`, `-`, `*`, `...`, `fi`, `1/2`, `x`, `(TM)`.
/// - A letter with an accent that GSM-7 lacks loses it, as `Á` or `ç` does. That can change a
///   word, and much of a Vietnamese text. An accent that is a character of its own first joins
///   its letter: `e` and U+0301 become `é`.
/// - Greek capitals that look like Latin ones become these, as the standard means it. Small
///   Greek letters have no spelling.
/// - Characters that show nothing and change nothing, such as a byte order mark or a zero-width
///   space, are left out. Often one of them, pasted along with a number, is all that makes a
///   text expensive.
///
/// The result may have more characters than the text, so compare the
/// [counts](super::Segments::count).
///
/// `None` if a character has no spelling that means the same: an emoji, `°`, `µ`, a Cyrillic
/// letter, the `²` of `10²`. Nothing that shows is ever left out.
///
/// ```
/// use stratustexting::segments::gsm_spelling;
///
/// assert_eq!(gsm_spelling("“À bientôt…”").unwrap(), "\"A bientot...\"");
/// assert_eq!(gsm_spelling("1½ hours").unwrap(), "1 1/2 hours");
/// assert_eq!(gsm_spelling("Thanks 🙂"), None);
/// ```
#[must_use]
pub fn gsm_spelling(text: &str) -> Option<Cow<'_, str>> {
    let Err((offset, _)) = count_gsm(text) else {
        return Some(Cow::Borrowed(text));
    };
    let mut spelled = String::with_capacity(text.len());
    spelled.push_str(&text[..offset]);
    let mut rest = text[offset..].chars().peekable();
    while let Some(character) = rest.next() {
        spell(character, &mut rest, &mut spelled)?;
    }
    Some(Cow::Owned(spelled))
}

/// Appends the spelling of a character; `None` if it has none.
fn spell(character: char, rest: &mut Peekable<Chars<'_>>, spelled: &mut String) -> Option<()> {
    if septets(character).is_some() {
        spelled.push(character);
        return Some(());
    }
    match character {
        '\u{300}'..='\u{331}' => return accent(character, spelled),
        '¼' | '½' | '¾' | '⅓' | '⅔' | '⅛' | '⅜' | '⅝' | '⅞' => {
            // "1½" isn't "11/2", nor "½2" "1/22".
            if spelled.ends_with(char::is_numeric) {
                spelled.push(' ');
            }
            spelled.push_str(sign(character)?);
            if rest.peek().is_some_and(|next| next.is_numeric()) {
                spelled.push(' ');
            }
        }
        // Full-width forms are the characters of ASCII in the same order.
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = char::from_u32(u32::from(character) - 0xfee0)?;
            return spell(ascii, rest, spelled);
        }
        _ => match base_letter(character) {
            Some(letter) => spelled.push(letter),
            None => spelled.push_str(sign(character)?),
        },
    }
    Some(())
}

/// Joins an accent to the letter before it, or leaves it off if GSM-7 doesn't have the two. On
/// anything but a letter it means something else.
fn accent(accent: char, spelled: &mut String) -> Option<()> {
    let letter = spelled.chars().next_back().filter(|c| c.is_alphabetic())?;
    if let Some((_, _, joined)) = JOINED.iter().find(|&&(l, a, _)| (l, a) == (letter, accent)) {
        spelled.pop();
        spelled.push(*joined);
    }
    Some(())
}

/// The letter of ASCII that is left of one with an accent.
fn base_letter(character: char) -> Option<char> {
    let row = LETTERS.iter().find(|(_, with)| with.contains(character));
    row.map(|&(letter, _)| letter)
}

fn sign(character: char) -> Option<&'static str> {
    Some(match character {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '‵' | '`' | '´' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ˈ'
        | '❛' | '❜' => "'",
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '‶' | 'ʺ' | '❝' | '❞' | '〝' | '〞' => {
            "\""
        }
        '‐' | '\u{2011}' | '‒' | '–' | '—' | '―' | '−' | '﹘' | '﹣' => "-",
        '…' => "...",
        '‥' => "..",
        '․' => ".",
        '•' | '‣' | '▪' | '●' | '◦' | '∙' | '∗' | '⁎' => "*",
        '‼' => "!!",
        '⁇' => "??",
        '⁈' => "?!",
        '⁉' => "!?",
        '⁄' | '∕' | '÷' => "/",
        '¦' | '∣' => "|",
        '∼' | '˜' => "~",
        '×' => "x",
        '±' => "+/-",
        '≤' => "<=",
        '≥' => ">=",
        '→' => "->",
        '←' => "<-",
        '¼' => "1/4",
        '½' => "1/2",
        '¾' => "3/4",
        '⅓' => "1/3",
        '⅔' => "2/3",
        '⅛' => "1/8",
        '⅜' => "3/8",
        '⅝' => "5/8",
        '⅞' => "7/8",
        '©' => "(c)",
        '®' => "(R)",
        '™' => "(TM)",
        '№' => "No.",
        '₤' => "£",
        // The sign of the unit, which Unicode makes equal to the letter.
        '\u{2126}' => "Ω",
        '\u{212b}' => "Å",
        '\u{212a}' => "K",
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        // Marks for text that runs from right to left aren't among these: without them digits
        // would change places.
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{202a}' | '\u{202c}' | '\u{2060}' | '\u{2066}'
        | '\u{2068}' | '\u{2069}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}' => "",
        'Œ' => "OE",
        'œ' => "oe",
        'Ĳ' => "IJ",
        'ĳ' => "ij",
        'ẞ' => "SS",
        'Þ' => "Th",
        'þ' => "th",
        'ŉ' => "'n",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        'Α' | 'Ά' => "A",
        'Β' => "B",
        'Ε' | 'Έ' => "E",
        'Ζ' => "Z",
        'Η' | 'Ή' => "H",
        'Ι' | 'Ί' | 'Ϊ' => "I",
        'Κ' => "K",
        'Μ' => "M",
        'Ν' => "N",
        'Ο' | 'Ό' => "O",
        'Ρ' => "P",
        'Τ' => "T",
        'Υ' | 'Ύ' | 'Ϋ' => "Y",
        'Χ' => "X",
        'Ώ' => "Ω",
        _ => return None,
    })
}

/// The letters of GSM-7 that have an accent: letter, accent, both.
const JOINED: [(char, char, char); 18] = [
    ('A', '\u{308}', 'Ä'),
    ('A', '\u{30a}', 'Å'),
    ('C', '\u{327}', 'Ç'),
    ('E', '\u{301}', 'É'),
    ('N', '\u{303}', 'Ñ'),
    ('O', '\u{308}', 'Ö'),
    ('U', '\u{308}', 'Ü'),
    ('a', '\u{300}', 'à'),
    ('a', '\u{308}', 'ä'),
    ('a', '\u{30a}', 'å'),
    ('e', '\u{300}', 'è'),
    ('e', '\u{301}', 'é'),
    ('i', '\u{300}', 'ì'),
    ('n', '\u{303}', 'ñ'),
    ('o', '\u{300}', 'ò'),
    ('o', '\u{308}', 'ö'),
    ('u', '\u{300}', 'ù'),
    ('u', '\u{308}', 'ü'),
];

/// A letter of ASCII, and what has it as its base in Unicode's canonical decomposition but
/// isn't in GSM-7; with strokes and dots that aren't decomposed. Latin-1, Latin Extended-A and
/// -B, Latin Extended Additional.
const LETTERS: [(char, &str); 50] = [
    ('A', "ÀÁÂÃĀĂĄǍǞǠǺȀȂȦḀẠẢẤẦẨẪẬẮẰẲẴẶ"),
    ('a', "áâãāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ('B', "ḂḄḆ"),
    ('b', "ḃḅḇ"),
    ('C', "ĆĈĊČḈ"),
    ('c', "çćĉċčḉ"),
    ('D', "ĎḊḌḎḐḒÐĐ"),
    ('d', "ďḋḍḏḑḓðđ"),
    ('E', "ÈÊËĒĔĖĘĚȄȆȨḔḖḘḚḜẸẺẼẾỀỂỄỆ"),
    ('e', "êëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ('F', "Ḟ"),
    ('f', "ḟ"),
    ('G', "ĜĞĠĢǦǴḠ"),
    ('g', "ĝğġģǧǵḡ"),
    ('H', "ĤȞḢḤḦḨḪĦ"),
    ('h', "ĥȟḣḥḧḩḫẖħ"),
    ('I', "ÌÍÎÏĨĪĬĮİǏȈȊḬḮỈỊ"),
    ('i', "íîïĩīĭįǐȉȋḭḯỉịı"),
    ('J', "Ĵ"),
    ('j', "ĵǰ"),
    ('K', "ĶǨḰḲḴ"),
    ('k', "ķǩḱḳḵ"),
    ('L', "ĹĻĽḶḸḺḼĿŁ"),
    ('l', "ĺļľḷḹḻḽŀł"),
    ('M', "ḾṀṂ"),
    ('m', "ḿṁṃ"),
    ('N', "ŃŅŇǸṄṆṈṊ"),
    ('n', "ńņňǹṅṇṉṋ"),
    ('O', "ÒÓÔÕŌŎŐƠǑǪǬȌȎȪȬȮȰṌṎṐṒỌỎỐỒỔỖỘỚỜỞỠỢ"),
    ('o', "óôõōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ('P', "ṔṖ"),
    ('p', "ṕṗ"),
    ('R', "ŔŖŘȐȒṘṚṜṞ"),
    ('r', "ŕŗřȑȓṙṛṝṟ"),
    ('S', "ŚŜŞŠȘṠṢṤṦṨ"),
    ('s', "śŝşšșṡṣṥṧṩſ"),
    ('T', "ŢŤȚṪṬṮṰŦ"),
    ('t', "ţťțṫṭṯṱẗŧ"),
    ('U', "ÙÚÛŨŪŬŮŰŲƯǓǕǗǙǛȔȖṲṴṶṸṺỤỦỨỪỬỮỰ"),
    ('u', "úûũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ('V', "ṼṾ"),
    ('v', "ṽṿ"),
    ('W', "ŴẀẂẄẆẈ"),
    ('w', "ŵẁẃẅẇẉẘ"),
    ('X', "ẊẌ"),
    ('x', "ẋẍ"),
    ('Y', "ÝŶŸȲẎỲỴỶỸ"),
    ('y', "ýÿŷȳẏẙỳỵỷỹ"),
    ('Z', "ŹŻŽẐẒẔ"),
    ('z', "źżžẑẓẕ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_shows_is_left_out_and_the_rest_is_gsm() {
        for character in '\0'..='\u{1ffff}' {
            let text = format!("a{character}b");
            let Some(spelled) = gsm_spelling(&text) else {
                continue;
            };
            assert!(count_gsm(&spelled).is_ok(), "{character:?} as {spelled:?}");
            let left_out = spelled == "ab";
            let shows = !crate::invisible::shows_nothing(character);
            let is_accent = ('\u{300}'..='\u{331}').contains(&character);
            assert!(!left_out || !shows || is_accent, "{character:?}");
        }
    }

    #[test]
    fn a_character_that_is_in_the_alphabet_stays_as_it_is() {
        let all: String = ('\0'..='\u{ffff}')
            .filter(|&c| septets(c).is_some())
            .collect();

        assert!(matches!(gsm_spelling(&all), Some(Cow::Borrowed(same)) if same == all));
        // Behind one that isn't, too.
        let spelled = gsm_spelling(&format!("…{all}")).unwrap().into_owned();
        assert_eq!(spelled, format!("...{all}"));
    }

    #[test]
    fn what_people_type_and_paste_has_a_spelling() {
        for (text, spelling) in [
            ("", ""),
            ("“It’s ‘ready’”", "\"It's 'ready'\""),
            ("10–12 — today…", "10-12 - today..."),
            (
                "Call\u{a0}\u{202a}+12025550123\u{202c}\u{feff}",
                "Call +12025550123",
            ),
            ("a\tb\u{2028}c", "a b\nc"),
            ("ÁÀÂÃ ÉÈ ÍÓÚ Çç Ññ áíóú", "AAAA ÉE IOU Çc Ññ aiou"),
            ("Łódź, Şişli, Đà Nẵng", "Lodz, Sisli, Dà Nang"),
            (
                "cafe\u{301}, man\u{303}ana, U\u{308}ber, C\u{327}a",
                "café, mañana, Über, Ça",
            ),
            ("e\u{301}\u{301}\u{301} a\u{301} ç\u{301}", "é a c"),
            ("o\u{323}\u{302}", "o"),
            ("Œuvre, ﬁne, STRAẞE, Þór", "OEuvre, fine, STRASSE, Thor"),
            ("½ 1½ 1½2 (¾)", "1/2 1 1/2 1 1/2 2 (3/4)"),
            ("½２", "1/2 2"),
            ("5 × 3 ÷ 2 ± 1 − 4", "5 x 3 / 2 +/- 1 - 4"),
            ("Acme™ © 2026 ®", "Acme(TM) (c) 2026 (R)"),
            ("• one\n• two", "* one\n* two"),
            ("ＡＢＣ１２３｀", "ABC123'"),
            ("ΑΘΗΝΑ ΆΏ", "AΘHNA AΩ"),
        ] {
            assert_eq!(gsm_spelling(text).as_deref(), Some(spelling), "{text:?}");
        }
    }

    #[test]
    fn what_would_mean_something_else_has_none() {
        for text in [
            "Thanks 🙂",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "10²",
            "20 µg",
            "21 °C",
            "Привет",
            "αθήνα",
            "你好",
            // Not equal, and a text that is read from right to left.
            "a =\u{338} b",
            "a =\u{301} b",
            "\u{301}a",
            "\u{202e}321",
            "\u{200f}12 34",
            "a\0b",
            "\u{1b}",
            "\u{fffd}",
        ] {
            assert_eq!(gsm_spelling(text), None, "{text:?}");
        }
    }
}
