//! The default alphabet of 3GPP TS 23.038 (section 6.2.1) and its extension table (6.2.1.1).

/// The default alphabet above ASCII. U+00C7 stands for the code 0x09: older tables have the
/// small letter there, and phones show the capital.
const BEYOND_ASCII: &str = "¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ";

/// What of ASCII is in the default alphabet: the printing characters but for those of the
/// extension table and the grave accent, the line feed and the carriage return.
const fn is_basic(ascii: u8) -> bool {
    match ascii {
        b'\n' | b'\r' => true,
        b'`' => false,
        b' '..=b'~' => !is_extended(ascii),
        _ => false,
    }
}

/// What of ASCII is in the extension table; the page break is there, too.
const fn is_extended(ascii: u8) -> bool {
    matches!(
        ascii,
        b'\x0c' | b'^' | b'{' | b'}' | b'\\' | b'[' | b'~' | b']' | b'|'
    )
}

/// Septets of each ASCII character; 0 for those that aren't in the alphabet.
const ASCII: [u8; 128] = {
    let mut septets = [0; 128];
    let mut ascii = 0;
    while ascii < 128 {
        septets[ascii] = if is_basic(ascii as u8) {
            1
        } else if is_extended(ascii as u8) {
            2
        } else {
            0
        };
        ascii += 1;
    }
    septets
};

/// How many septets a character takes: 1, or 2 with the escape before it. `None` if the
/// alphabet doesn't have it.
pub(super) fn septets(character: char) -> Option<usize> {
    match ASCII.get(character as usize) {
        Some(0) => None,
        Some(&septets) => Some(usize::from(septets)),
        None if character == '€' => Some(2),
        None => BEYOND_ASCII.contains(character).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::septets;

    /// The table as the standard prints it, code by code, without the escape at 0x1b.
    const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENSION: &str = "\x0c^{}\\[~]|€";

    #[test]
    fn the_alphabet_is_the_standards_and_nothing_else() {
        let basic = DEFAULT.chars().map(|character| (character, 1));
        let extended = EXTENSION.chars().map(|character| (character, 2));
        let standard: BTreeMap<char, usize> = basic.chain(extended).collect();
        assert_eq!(standard.len(), 127 + 10);

        for character in '\0'..=char::MAX {
            let expected = standard.get(&character).copied();
            assert_eq!(septets(character), expected, "{character:?}");
        }
    }
}
