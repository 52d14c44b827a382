//! Cells that spreadsheets show and do not run.
//!
//! What people wrote may be in a cell, and spreadsheets run cells that begin as a formula does: such texts get an apostrophe before
//! them, which spreadsheets do not show. Source: OWASP, "CSV Injection".

use std::borrow::Cow;

/// A text that no spreadsheet takes for a formula. Numbers below zero stay what they are.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if is_formula_behind(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that [`harmless`] made a cell of.
pub(crate) fn read(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula_behind(text) => text,
        _ => cell,
    }
}

/// Whether it is one, or one that was made harmless: else no text that looks so came back.
fn is_formula_behind(text: &str) -> bool {
    let quote = |c: char| c == '\'' || c.is_whitespace();
    is_formula(text.trim_start_matches('\'')) || is_formula(text.trim_start_matches(quote))
}

fn is_formula(text: &str) -> bool {
    let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let is_number = || text.len() < 32 && text.parse::<f64>().is_ok_and(f64::is_finite);
    // Some look past blanks before it.
    (begins(text) || begins(text.trim_start())) && !is_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_taken_for_a_formula_and_all_are_read_back() {
        for (text, cell) in [
            ("sold", "sold"),
            ("", ""),
            ("=1+1", "'=1+1"),
            ("+55 11 9999", "'+55 11 9999"),
            ("+HYPERLINK(\"x\")", "'+HYPERLINK(\"x\")"),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
            ("\t=1", "'\t=1"),
            ("  =1", "'  =1"),
            ("\r\n=1", "'\r\n=1"),
            ("＝1", "'＝1"),
            ("-0.5", "-0.5"),
            ("-inf", "'-inf"),
            ("a=1", "a=1"),
            ("'", "'"),
            ("'=1", "''=1"),
            ("''=1", "'''=1"),
            (" '=1", "' '=1"),
            ("'a", "'a"),
            ("'-5", "'-5"),
        ] {
            assert_eq!(harmless(text), cell, "{text:?}");
            assert_eq!(read(cell), text, "{cell:?}");
        }
    }
}
