//! Ids and secrets; the same seed gives the same ones.

use std::iter;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Ids {
    random: fastrand::Rng,
    made: u32,
    process: u64,
}

/// Where the ids go on, in a file.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredIds {
    random: u64,
    made: u32,
    process: u64,
}

/// 2026-01-01, in seconds. Real ids begin with the time of their creation. Here it is
/// fixed, since otherwise the same seed would give other ids each time.
const FIRST_SECOND: u32 = 0x6955_B900;

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let process = random.u64(..1 << 40);
        Self {
            random,
            made: 0,
            process,
        }
    }

    /// A second stream for the same seed, whose objects have other counters: a dialect makes
    /// numbers of the counters, and no two of those may be equal.
    pub(crate) fn second(seed: u64) -> Self {
        Self {
            made: 0x80_0000,
            ..Self::new(!seed)
        }
    }

    pub(crate) fn stored(&self) -> StoredIds {
        StoredIds {
            random: self.random.get_seed(),
            made: self.made,
            process: self.process,
        }
    }

    /// An object's id: 24 hexadecimal digits, as far as the service's are known.
    pub(crate) fn object(&mut self) -> String {
        self.made += 1;
        let second = FIRST_SECOND.wrapping_add(self.made);
        format!(
            "{second:08x}{:010x}{:06x}",
            self.process,
            self.made & 0xff_ffff
        )
    }

    /// A random UUID (version 4).
    pub(crate) fn uuid(&mut self) -> String {
        let bits = self.random.u128(..);
        let bits = bits & !(0xf << 76) | (0x4 << 76);
        let bits = bits & !(0x3 << 62) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        parts.join("-")
    }

    /// Lower-case letters and digits.
    pub(crate) fn alphanumeric(&mut self, length: usize) -> String {
        let random = &mut self.random;
        iter::repeat_with(|| {
            let letter = random.u8(..36);
            char::from(if letter < 10 {
                b'0' + letter
            } else {
                b'a' + letter - 10
            })
        })
        .take(length)
        .collect()
    }

    /// A string in the form of a signed token. The signature is random: the sandbox looks
    /// tokens up, and nothing else should trust them.
    pub(crate) fn token(&mut self, claims: &Value) -> String {
        let signature = self.alphanumeric(43);
        let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        format!("{header}.{claims}.{signature}")
    }

    pub(crate) fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }
}

impl From<StoredIds> for Ids {
    fn from(stored: StoredIds) -> Self {
        Self {
            random: fastrand::Rng::with_seed(stored.random),
            made: stored.made,
            process: stored.process,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Ids, StoredIds};

    #[test]
    fn stored_ids_go_on_where_they_were() {
        let mut ids = Ids::new(3);
        let id = ids.uuid();
        ids.token(&id.into());
        let stored = serde_json::to_string(&ids.stored()).unwrap_or_default();
        let mut again = Ids::from(
            serde_json::from_str::<StoredIds>(&stored).unwrap_or_else(|_| unreachable!()),
        );

        assert_eq!(again.object(), ids.object());
        assert_eq!(again.uuid(), ids.uuid());
        assert_eq!(again.alphanumeric(9), ids.alphanumeric(9));
    }

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        let some = |seed| {
            let mut ids = Ids::new(seed);
            [ids.object(), ids.object(), ids.uuid(), ids.alphanumeric(9)]
        };

        assert_eq!(some(7), some(7));
        assert!(some(7).iter().zip(some(8)).all(|(a, b)| *a != b));
    }

    #[test]
    fn ids_have_the_documented_forms() {
        let mut ids = Ids::new(1);

        for _ in 0..1_000 {
            let (object, uuid) = (ids.object(), ids.uuid());
            assert!(object.len() == 24 && object.chars().all(|c| c.is_ascii_hexdigit()));
            assert_eq!(uuid.len(), 36);
            assert_eq!(&uuid[14..15], "4");
            assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        }
    }
}
