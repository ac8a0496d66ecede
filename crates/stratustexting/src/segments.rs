//! How a text is cut into SMS segments, and which character makes it more.
//!
//! A text is sent, and paid for, in segments of 140 bytes. What fits depends on its characters:
//! 160 of the alphabet GSM-7, but 70 as soon as one of them isn't in it. A text of several
//! segments loses some bytes of each to the header that joins them.
//!
//! ```
//! use stratustexting::segments::{Encoding, Segments, gsm_spelling};
//!
//! let text = "We’re open until 6 – see you soon!";
//!
//! let segments = Segments::of(text);
//! assert_eq!(segments.encoding(), Encoding::Ucs2);
//! assert_eq!(segments.unencodable(), Some((2, '’')));
//!
//! let spelling = gsm_spelling(text).expect("each character has a spelling");
//! assert_eq!(spelling, "We're open until 6 - see you soon!");
//! assert_eq!(Segments::of(&spelling).encoding(), Encoding::Gsm7);
//! ```
//!
//! | encoding | a unit is | one segment | each of several |
//! |---|---|---|---|
//! | [`Encoding::Gsm7`] | a septet; `^ { } \ [ ~ ] \| €` and the form feed are two | 160 | 153 |
//! | [`Encoding::Ucs2`] | a code unit of UTF-16; characters above U+FFFF are two | 70 | 67 |
//!
//! Both units of a character stay in one segment, so a text may need more segments than its
//! units divided by 153 or 67.
//!
//! # What is not known
//!
//! The alphabet is the default one of 3GPP TS 23.038 with its extension table, the sizes those
//! of TS 23.040. The national tables, which have Turkish, Spanish or Portuguese letters, aren't
//! supported: few networks use them. Whether the service and its carriers split a text in this
//! way is UNKNOWN. It may replace characters first, and some toll-free routes are said to take
//! 152 septets or 66 code units for each of several segments. So a count is an estimate of the
//! cost, not a bill. A text that is sent as MMS isn't cut into segments at all.
//!
//! The header that joins segments counts up to 255. How long a text the service takes is
//! [UNKNOWN, too](crate::Messages::send_sms), and far less than that.

mod alphabet;
mod spelling;

use std::fmt;

pub use self::spelling::gsm_spelling;

/// How a text is cut into segments; the [module](self) says by which rules.
///
/// Computing it doesn't allocate, and `Debug` shows nothing of the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segments {
    encoding: Encoding,
    count: usize,
    units: usize,
    room: usize,
    unencodable: Option<(usize, char)>,
}

/// The alphabet in which a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// The default alphabet of 3GPP TS 23.038 with its extension table: 7 bits a unit.
    Gsm7,
    /// UTF-16, which every other text needs: 16 bits a unit. The standard's name for it is
    /// UCS-2, which has no surrogate pairs; phones show them as one character all the same.
    Ucs2,
}

impl Encoding {
    /// How many units a text may have to be one segment: 160 or 70.
    #[must_use]
    pub const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// How many units each segment of a longer text has room for: 153 or 67.
    #[must_use]
    pub const fn each(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

impl Segments {
    /// Counts the segments of a text, as it would be sent by
    /// [`send_sms`](crate::Messages::send_sms).
    ///
    /// An empty text is one segment of 0 units, since an empty SMS is an SMS; the SDK refuses
    /// to send it.
    ///
    /// ```
    /// use stratustexting::segments::Segments;
    ///
    /// assert_eq!(Segments::of(&"a".repeat(160)).count(), 1);
    /// assert_eq!(Segments::of(&"a".repeat(161)).count(), 2);
    /// // The bracket takes two septets, and they stay together.
    /// assert_eq!(Segments::of(&"[".repeat(153)).count(), 3);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Self {
        match count_gsm(text) {
            Ok(cut) => Self::new(Encoding::Gsm7, &cut, None),
            Err(unencodable) => {
                let mut cut = Cut::new(Encoding::Ucs2);
                for character in text.chars() {
                    cut.add(character.len_utf16());
                }
                Self::new(Encoding::Ucs2, &cut, Some(unencodable))
            }
        }
    }

    fn new(encoding: Encoding, cut: &Cut, unencodable: Option<(usize, char)>) -> Self {
        let (count, room) = if cut.units <= encoding.single() {
            (1, encoding.single() - cut.units)
        } else {
            (cut.full + 1, encoding.each() - cut.last)
        };
        Self {
            encoding,
            count,
            units: cut.units,
            room,
            unencodable,
        }
    }

    /// The encoding that the text needs.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The number of segments, at least 1.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The length of the text: septets in GSM-7, code units of UTF-16 in UCS-2. The headers of
    /// several segments aren't counted.
    #[must_use]
    pub const fn units(&self) -> usize {
        self.units
    }

    /// How many more units the last segment has room for. A character of two units doesn't fit
    /// into room for one, and one that isn't in GSM-7 changes the encoding of the whole text.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.room
    }

    /// The first character that isn't in GSM-7, and its offset in the text, in bytes; `None` if
    /// the text is GSM-7.
    ///
    /// [`gsm_spelling`] offers the text without such characters.
    #[must_use]
    pub const fn unencodable(&self) -> Option<(usize, char)> {
        self.unencodable
    }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The character is part of somebody's message.
        let offset = self.unencodable.map(|(offset, _)| offset);
        f.debug_struct("Segments")
            .field("encoding", &self.encoding)
            .field("count", &self.count)
            .field("units", &self.units)
            .field("room", &self.room)
            .field("unencodable_at", &offset)
            .finish()
    }
}

/// A text cut as if it needed several segments: only at its end is it known whether it does.
struct Cut {
    each: usize,
    units: usize,
    full: usize,
    last: usize,
}

impl Cut {
    fn new(encoding: Encoding) -> Self {
        Self {
            each: encoding.each(),
            units: 0,
            full: 0,
            last: 0,
        }
    }

    /// Adds a character, whose units stay together. To fill each segment as far as possible
    /// gives the fewest.
    fn add(&mut self, units: usize) {
        self.units += units;
        self.last += units;
        if self.last > self.each {
            self.full += 1;
            self.last = units;
        }
    }
}

/// Cuts a text in GSM-7, or gives its first character that isn't in it.
fn count_gsm(text: &str) -> Result<Cut, (usize, char)> {
    let mut cut = Cut::new(Encoding::Gsm7);
    for (offset, character) in text.char_indices() {
        match alphabet::septets(character) {
            Some(septets) => cut.add(septets),
            None => return Err((offset, character)),
        }
    }
    Ok(cut)
}
