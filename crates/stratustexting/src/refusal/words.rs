//! Whether a sentence says something about a token.
//!
//! No server documents its sentences, so they are read for two words that stand together:
//! the token, and the verdict on it. A sentence about something else may have both words, and
//! must not count. So a sentence is read no further than the next thing it may be about.

/// The words for a token.
const TOKENS: [&str; 3] = ["token", "jwt", "tokens"];

/// A token followed by one of these is something else, such as a token endpoint.
const NOT_A_TOKEN: [&str; 14] = [
    "endpoint",
    "type",
    "request",
    "url",
    "uri",
    "exchange",
    "hint",
    "auth",
    "authentication",
    "method",
    "parameter",
    "format",
    "header",
    "bucket",
];

/// After one of these words, a sentence speaks of something else.
const SOMETHING_ELSE: [&str; 16] = [
    "parameter",
    "missing",
    "required",
    "client",
    "endpoint",
    "header",
    "type",
    "scope",
    "method",
    "but",
    "secret",
    "credentials",
    "account",
    "subscription",
    "key",
    "certificate",
];

/// The words that may stand between "expired" and "token".
const BETWEEN: [&str; 21] = [
    ",",
    "or",
    "and",
    "the",
    "a",
    "an",
    "your",
    "this",
    "refresh",
    "access",
    "bearer",
    "security",
    "session",
    "jwt",
    "incoming",
    "provided",
    "supplied",
    "given",
    "authorization",
    "auth",
    "authentication",
];

/// Before a verdict, these make it the contrary, or void.
const DENIALS: [&str; 9] = [
    "not", "isnt", "hasnt", "never", "if", "unless", "until", "whether", "when",
];

/// How many words a verdict may stand behind its token.
const REACH: usize = 10;

/// A verdict on tokens that a sentence may have.
pub(super) struct Saying {
    /// A word before "token" that makes it another kind of token.
    pub(super) others: &'static [&'static str],
    /// Each a word, or words in a row.
    pub(super) verdicts: &'static [&'static [&'static str]],
}

impl Saying {
    /// Whether a text says it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let sentences = text.split(['.', ';', '!', '?', '\n']);
        sentences.map(words).any(|words| self.is_said(&words))
    }

    /// Whether a text says it of a refresh token, so called.
    pub(super) fn is_in_of_refresh(&self, text: &str) -> bool {
        let sentences = text.split(['.', ';', '!', '?', '\n']).map(words);
        let named = |words: &Vec<String>| words.windows(2).any(|two| two == ["refresh", "token"]);
        sentences.filter(named).any(|words| self.is_said(&words))
    }

    fn is_said(&self, words: &[String]) -> bool {
        let is = |word: &str, of: &[&str]| of.contains(&word);
        let tokens = words.iter().enumerate().filter(|(at, word)| {
            let before = at.checked_sub(1).and_then(|before| words.get(before));
            is(word, &TOKENS)
                && !before.is_some_and(|before| is(before, self.others))
                && !words
                    .get(at + 1)
                    .is_some_and(|after| is(after, &NOT_A_TOKEN))
        });
        tokens
            .map(|(at, _)| at)
            .any(|at| self.is_said_after(words, at) || self.is_said_before(words, at))
    }

    fn is_said_after(&self, words: &[String], token: usize) -> bool {
        let rest = words.get(token + 1..).unwrap_or_default();
        let end = |word: &String| SOMETHING_ELSE.contains(&word.as_str());
        let end = rest.iter().position(end);
        let reach = end.unwrap_or(rest.len()).min(REACH);
        (0..reach).any(|at| {
            // A verdict right before another thing is about that thing.
            let verdict = self.verdict(words, token + 1 + at);
            verdict.is_some_and(|length| Some(at + length) != end)
        })
    }

    fn is_said_before(&self, words: &[String], token: usize) -> bool {
        (0..token).any(|at| {
            let after = self.verdict(words, at).map(|length| at + length);
            let between = after.and_then(|after| words.get(after..token));
            between.is_some_and(|between| {
                let verdict = |word: &str| self.verdicts.contains(&[word].as_slice());
                let skipped = |word: &String| BETWEEN.contains(&word.as_str()) || verdict(word);
                between.iter().all(skipped)
            })
        })
    }

    /// The number of words of the verdict that begins here, if one does.
    fn verdict(&self, words: &[String], at: usize) -> Option<usize> {
        let before = words.get(at.saturating_sub(2)..at).unwrap_or_default();
        if before.iter().any(|word| DENIALS.contains(&word.as_str())) {
            return None;
        }
        let rest = words.get(at..)?;
        let found = self.verdicts.iter().find(|verdict| {
            rest.len() >= verdict.len() && rest.iter().zip(**verdict).all(|(a, b)| a == b)
        });
        found.map(|verdict| verdict.len())
    }
}

/// The words of a sentence, in small letters. A comma is one of them: "the token is invalid,
/// client" isn't about an invalid client.
fn words(sentence: &str) -> Vec<String> {
    let sentence = sentence.to_lowercase().replace(['\'', '’'], "");
    let sentence = sentence.replace(',', " , ");
    let words = sentence.split(|c: char| !c.is_alphanumeric() && c != ',');
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: Saying = Saying {
        others: &["page"],
        verdicts: &[&["bad"], &["not", "good"]],
    };

    #[test]
    fn a_verdict_on_a_token_is_found_on_both_sides_of_it() {
        for text in [
            "token bad",
            "The TOKEN, which you sent, is bad.",
            "It failed. Your token isn't new; it's a token that is not good",
            "bad token",
            "Bad, or bad refresh_token",
            "a bad access token",
            "the token is bad, client",
        ] {
            assert!(BAD.is_in(text), "{text}");
        }
    }

    #[test]
    fn a_verdict_on_something_else_does_not_count() {
        for text in [
            "",
            "token",
            "bad",
            "the token. bad",
            "the page token is bad",
            "a bad token endpoint",
            "the token parameter is bad",
            "the token of a bad client",
            "the token is fine but the client is bad",
            "the token is not bad",
            "the token isn't yet bad",
            "if the token is not so good",
            "a bad request for a token",
            "token one two three four five six seven eight nine ten bad",
        ] {
            assert!(!BAD.is_in(text), "{text}");
        }
        assert!(BAD.is_in_of_refresh("The refresh-token is bad"));
        assert!(!BAD.is_in_of_refresh("The token is bad. Refresh a token"));
    }
}
