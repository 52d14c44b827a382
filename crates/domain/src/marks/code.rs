//! Click codes: what a text says of the click that began it, visibly in brackets or framed in characters nobody sees.
//!
//! ```text
//! visible   Quero o plano anual [7K3PQX]        six letters or twelve, the last a checksum
//! framed    M L L d d d ... d d d M             M: U+2060; L: how many letters; three digits a letter
//! ```
//! The digits of a frame are U+2061 to U+2064 for 0 to 3. They belong to no script and to no emoji, unlike the joiners and
//! direction marks that others use, and nothing but a whole frame around a valid code is taken. Source: contract.md, "Links";
//! reference/meta-platform.md 7.2.

/// The letters of click codes: digits and capitals without those that people confuse (`0 O 1 I L`). 31 of them, a prime,
/// so that the checksum finds every single wrong letter and every swap of two.
pub(super) const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Letters of a click code, the checksum included: of one that follows the clock, and of one that is drawn.
pub(super) const LENGTH: usize = 6;
const LENGTH_DRAWN: usize = 12;
const LENGTHS: [usize; 2] = [LENGTH, LENGTH_DRAWN];
/// How many click codes of six letters there are: the last follows from the others.
pub const CODES: u64 = 31 * 31 * 31 * 31 * 31;

/// Where a frame begins and ends.
const MARK: char = '\u{2060}';
/// Digits of the length in a frame, and of each letter.
const LENGTH_DIGITS: usize = 2;
const LETTER_DIGITS: usize = 3;

/// The first valid click code of `text`, upper case: in brackets anywhere, case-insensitive (`[ABC123]`), else framed. Numbers in
/// brackets and mistyped codes are not taken. Always of the raw text: clean-up takes frames away.
#[must_use]
pub fn click_code(text: &str) -> Option<String> {
    bracketed(text)
        .find_map(|(_, code)| valid(code))
        .or_else(|| framed(text))
}

/// `text` without its click codes in brackets.
pub(super) fn without_codes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for (start, code) in bracketed(text).filter(|(_, code)| valid(code).is_some()) {
        // What is valid is ASCII up to its bracket, and no two of them overlap.
        kept.push_str(&text[from..start]);
        kept.push(' ');
        from = start + code.len() + 2;
    }
    kept.push_str(&text[from..]);
    kept
}

/// The click code that stands for `number`: five letters of it and a checksum. Numbers wrap at the count of codes.
#[must_use]
pub fn code_from_number(number: u64) -> String {
    written::<{ LENGTH - 1 }>(u128::from(number))
}

/// The click code that stands for a number that was drawn: eleven letters of it and a checksum, of 2.5e16.
#[must_use]
pub fn code_from_draw(number: u128) -> String {
    written::<{ LENGTH_DRAWN - 1 }>(number)
}

#[allow(clippy::cast_possible_truncation)] // a remainder of 31 fits
fn written<const BODY: usize>(mut number: u128) -> String {
    let mut body = [0_u8; BODY];
    for letter in body.iter_mut().rev() {
        *letter = ALPHABET[(number % 31) as usize];
        number /= 31;
    }
    let check = checksum(&body).unwrap_or(b'2');
    body.iter().chain([&check]).map(|b| char::from(*b)).collect()
}

/// The reference of a link, with the code of a click if it has one: what m.me and ig.me bring back. `spring=ABC123`.
#[must_use]
pub fn reference(link: &str, click: Option<&str>) -> String {
    match click {
        Some(click) => format!("{link}={click}"),
        None => link.to_owned(),
    }
}

/// The link of a reference, and the code of the click where it carries a valid one.
#[must_use]
pub fn read_reference(reference: &str) -> (&str, Option<String>) {
    let parts = reference.rsplit_once('=').filter(|(link, _)| !link.is_empty());
    match parts.and_then(|(link, code)| Some((link, valid(code.as_bytes())?))) {
        Some((link, code)) => (link, Some(code)),
        None => (reference, None),
    }
}

/// The frame of a code, to be put in front of a text. Empty for what is no click code.
#[must_use]
pub fn frame(code: &str) -> String {
    if valid(code.as_bytes()).is_none() {
        return String::new();
    }
    let letters = code.bytes().filter_map(|letter| place(letter.to_ascii_uppercase()));
    let mut frame = String::from(MARK);
    push_digits(&mut frame, code.len(), LENGTH_DIGITS);
    letters.for_each(|letter| push_digits(&mut frame, letter, LETTER_DIGITS));
    frame.push(MARK);
    frame
}

fn push_digits(frame: &mut String, number: usize, digits: usize) {
    let digit = |at: usize| ['\u{2061}', '\u{2062}', '\u{2063}', '\u{2064}'][number >> (2 * at) & 3];
    frame.extend((0..digits).rev().map(digit));
}

/// The code of the first whole frame with a valid one.
fn framed(text: &str) -> Option<String> {
    text.match_indices(MARK).find_map(|(start, mark)| {
        let mut rest = text[start + mark.len()..].chars();
        let length = number(&mut rest, LENGTH_DIGITS).filter(|length| LENGTHS.contains(length))?;
        let letter = |_| ALPHABET.get(number(&mut rest, LETTER_DIGITS)?).copied();
        let code: Vec<u8> = (0..length).map(letter).collect::<Option<_>>()?;
        (rest.next() == Some(MARK)).then(|| valid(&code))?
    })
}

fn number(digits: &mut impl Iterator<Item = char>, count: usize) -> Option<usize> {
    let digit = |digit: char| (u32::from(digit)).checked_sub(0x2061).filter(|digit| *digit < 4);
    (0..count).try_fold(0, |number, _| {
        let digit = digits.next().and_then(digit)?;
        Some(number << 2 | usize::try_from(digit).ok()?)
    })
}

/// What stands in brackets and is as long as a code, with where the bracket opens.
fn bracketed(text: &str) -> impl Iterator<Item = (usize, &[u8])> {
    text.match_indices('[').filter_map(|(start, _)| {
        let rest = &text.as_bytes()[start + 1..];
        let closes = |length: &usize| rest.get(*length) == Some(&b']');
        let length = LENGTHS.into_iter().find(closes)?;
        Some((start, rest.get(..length)?))
    })
}

/// The code in upper case, if its checksum is right.
fn valid(code: &[u8]) -> Option<String> {
    let code = code.to_ascii_uppercase();
    let (check, body) = code.split_last()?;
    (LENGTHS.contains(&code.len()) && checksum(body)? == *check).then(|| String::from_utf8(code).ok())?
}

/// The letter whose place is the sum of places, each weighted by its position, modulo 31. `None` for a foreign letter.
fn checksum(body: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (index, letter) in body.iter().enumerate() {
        sum += (index + 1) * place(*letter)?;
    }
    Some(ALPHABET[sum % ALPHABET.len()])
}

fn place(letter: u8) -> Option<usize> {
    ALPHABET.iter().position(|known| *known == letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_click_code_stands_in_brackets_and_checks() {
        let code = code_from_number(123_456);
        assert_eq!(code.len(), LENGTH);
        for (text, found) in [
            (format!("Quero o plano anual [{code}]"), true),
            (format!("[{}] oi", code.to_lowercase()), true),
            (format!("[x] [{code}"), false),
            (format!("[1] [a] [{code}]"), true),
            (code.clone(), false),
            (format!("[{}2]", &code[..5]), code.ends_with('2')),
            ("[123456]".to_owned(), false),
            ("[é]".to_owned(), false),
        ] {
            assert_eq!(click_code(&text).is_some(), found, "{text}");
        }
    }

    #[test]
    fn a_frame_is_taken_whole_or_not_at_all() {
        let code = code_from_number(987_654);
        let whole = frame(&code);
        let letters: Vec<char> = whole.chars().collect();
        let cut: String = letters[..letters.len() - 1].iter().collect();
        let headless: String = letters[1..].iter().collect();
        let swapped: String = [&letters[..3], &['\u{2064}', '\u{2064}', '\u{2064}'], &letters[6..]]
            .concat()
            .iter()
            .collect();
        for (text, found) in [
            (format!("{whole}Quero o plano anual"), true),
            (format!("oi {whole}"), true),
            (format!("{MARK}{whole}oi"), true),
            (format!("{cut}oi"), false),
            (format!("{headless}oi"), false),
            (format!("{swapped}oi"), false),
            // What others have between their letters is no frame.
            (
                "👩\u{200d}💻 نمی\u{200c}خواهم \u{200e}שלום \u{feff}oi".to_owned(),
                false,
            ),
            (format!("{MARK}oi{MARK}"), false),
            (String::new(), false),
        ] {
            assert_eq!(click_code(&text), found.then(|| code.clone()), "{text:?}");
        }
        // A code that can be read wins over one that cannot.
        let other = code_from_number(1);
        assert_eq!(click_code(&format!("{whole}oi [{other}]")), Some(other));
        assert_eq!(frame("[nope]"), "");
    }

    #[test]
    fn a_reference_may_carry_a_click() {
        let code = code_from_number(77);
        for (text, link, click) in [
            (reference("bio", Some(&code)), "bio", Some(code.clone())),
            (reference("bio", None), "bio", None),
            ("promo-a1".to_owned(), "promo-a1", None),
            ("utm=google".to_owned(), "utm=google", None),
            (format!("={code}"), &format!("={code}"), None),
            (format!("a=b={code}"), "a=b", Some(code.clone())),
        ] {
            assert_eq!(read_reference(&text), (link, click), "{text}");
        }
    }

    #[test]
    fn codes_are_taken_out_of_a_text() {
        let code = code_from_number(5);
        for (text, rest) in [
            (format!("oi [{code}]"), "oi  ".to_owned()),
            (format!("[{code}] oi [{code}] tchau"), "  oi   tchau".to_owned()),
            (format!("[{code}][{code}]"), "  ".to_owned()),
            (format!("[[{code}]]é"), "[ ]é".to_owned()),
            ("oi [123456]".to_owned(), "oi [123456]".to_owned()),
            (String::new(), String::new()),
        ] {
            assert_eq!(without_codes(&text), rest, "{text}");
        }
    }

    #[test]
    fn a_long_text_of_codes_is_read_in_one_pass() {
        // Moving the rest of the text for each of them takes minutes: that would be seen.
        let count = 400_000;
        let text = format!("[{}]", code_from_number(5)).repeat(count);
        assert_eq!(without_codes(&text), " ".repeat(count));
    }

    proptest! {
        #[test]
        fn every_code_is_read_back(number in 0..CODES, words in "[a-zà-ü .!?]{0,30}") {
            let code = code_from_number(number);
            prop_assert_eq!(click_code(&format!("{words} [{code}]")), Some(code.clone()));
            prop_assert_eq!(click_code(&format!("{}{words}", frame(&code))), Some(code));
        }

        #[test]
        fn every_drawn_code_is_read_back(number: u128, words in "[a-zà-ü .!?]{0,30}", at in 0..LENGTH_DRAWN, letter in 0..31_usize) {
            let code = code_from_draw(number);
            prop_assert_eq!(code.len(), LENGTH_DRAWN);
            prop_assert_eq!(click_code(&format!("{words} [{code}]")), Some(code.clone()));
            prop_assert_eq!(click_code(&format!("{}{words}", frame(&code))), Some(code.clone()));
            let brought_back = reference("bio", Some(&code));
            prop_assert_eq!(read_reference(&brought_back), ("bio", Some(code.clone())));
            prop_assert_eq!(without_codes(&format!("[{code}]{words}")), format!(" {words}"));
            let mut wrong = code.clone().into_bytes();
            wrong[at] = ALPHABET[letter];
            let text = String::from_utf8_lossy(&wrong).into_owned();
            prop_assert_eq!(click_code(&format!("[{text}]")).is_some(), text == code);
        }

        #[test]
        fn every_single_wrong_letter_and_every_swap_is_noticed(number in 0..CODES, at in 0..LENGTH, other in 0..LENGTH, letter in 0..31_usize) {
            let code = code_from_number(number).into_bytes();
            let mut wrong = code.clone();
            wrong[at] = ALPHABET[letter];
            let mut swapped = code.clone();
            swapped.swap(at, other);
            for altered in [wrong, swapped] {
                let text = format!("[{}]", String::from_utf8_lossy(&altered));
                prop_assert_eq!(click_code(&text).is_some(), altered == code, "{}", text);
            }
        }

        #[test]
        fn no_text_makes_reading_fail(text in ".{0,60}", noise in "[\u{2060}-\u{2064}\\[\\]2-9A-Z]{0,60}") {
            for text in [&text, &noise, &format!("{noise}{text}")] {
                let _ = (click_code(text), without_codes(text));
            }
        }
    }
}
