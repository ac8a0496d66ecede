//! The words by which a customer ends texts, has them begin again, or asks for help.

/// What a text means that consists of one of the agreed words.
///
/// The words are those of the carriers' and the FCC's rules in the United States, with their
/// kin in Spanish, French, Portuguese and German. Whether the service itself acts on them is
/// UNKNOWN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keyword {
    /// No more texts: STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT.
    Stop,
    /// Texts again: START, UNSTOP, SUBSCRIBE, OPTIN.
    Start,
    /// Who is this, and how does it end: HELP, INFO.
    Help,
}

const WORDS: [(Keyword, &[&str]); 3] = [
    (
        Keyword::Stop,
        &[
            "stop",
            "stopall",
            "unsubscribe",
            "cancel",
            "end",
            "quit",
            "revoke",
            "optout",
            // Spanish.
            "alto",
            "baja",
            "cancelar",
            "detener",
            "parar",
            "pare",
            // French.
            "arret",
            "arrêt",
            "arreter",
            "arrêter",
            "desabonner",
            "désabonner",
            // Portuguese, beside `parar` and `cancelar`.
            "sair",
            // German.
            "abmelden",
            "stopp",
        ],
    ),
    (
        Keyword::Start,
        &[
            "start",
            "unstop",
            "subscribe",
            "optin",
            "iniciar",
            "empezar",
            "anmelden",
        ],
    ),
    (
        Keyword::Help,
        &["help", "info", "ayuda", "aide", "ajuda", "hilfe"],
    ),
];

impl Keyword {
    /// The meaning of a text, if it has one of the words and nothing else.
    ///
    /// Case, spaces, hyphens and punctuation don't count. A word within a sentence is none: a
    /// person must read that.
    ///
    /// ```
    /// use stratustexting_queue::reply::Keyword;
    ///
    /// assert_eq!(Keyword::of(" Stop! "), Some(Keyword::Stop));
    /// assert_eq!(Keyword::of("Opt-out."), Some(Keyword::Stop));
    /// assert_eq!(Keyword::of("Please stop by at noon"), None);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        // A text of many words isn't read to its end.
        let mut word = String::new();
        for letter in text.chars().filter(|letter| letter.is_alphanumeric()) {
            if word.len() > LONGEST {
                return None;
            }
            word.extend(letter.to_lowercase());
        }
        let (keyword, _) = WORDS
            .iter()
            .find(|(_, words)| words.contains(&word.as_str()))?;
        Some(*keyword)
    }
}

/// More bytes than any of the words has.
const LONGEST: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_however_it_is_written() {
        for text in [
            "STOP",
            "stop",
            "Stop.",
            "\"STOP\"",
            "  stop\n",
            "S T O P",
            "stop all",
            "STOP-ALL",
            "Unsubscribe",
            "opt out",
            "OPT-OUT",
            "Arrêt",
            "ARRÊT",
            "\u{200b}stop\u{200b}",
            "STOP 🛑",
        ] {
            assert_eq!(Keyword::of(text), Some(Keyword::Stop), "{text:?}");
        }
        for text in ["Start", "UNSTOP", "subscribe!"] {
            assert_eq!(Keyword::of(text), Some(Keyword::Start), "{text:?}");
        }
        for text in ["help", "Info?", "AYUDA"] {
            assert_eq!(Keyword::of(text), Some(Keyword::Help), "{text:?}");
        }
    }

    #[test]
    fn a_sentence_is_no_word() {
        for text in [
            "",
            " ",
            "🛑",
            "don't stop",
            "stop by",
            "the end",
            "I need help",
            "stopping",
            "12",
            &"stop ".repeat(10_000),
        ] {
            assert_eq!(Keyword::of(text), None, "{text:?}");
        }
    }

    #[test]
    fn each_word_is_found() {
        for (keyword, words) in WORDS {
            for word in words {
                assert!(word.len() <= LONGEST);
                assert_eq!(Keyword::of(word), Some(keyword), "{word}");
                assert_eq!(Keyword::of(&word.to_uppercase()), Some(keyword), "{word}");
            }
        }
    }
}
