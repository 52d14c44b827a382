//! What others wrote, on a terminal: it is shown, and not obeyed.

/// The text with control characters spelled out; lines and columns stay.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\t' => shown.push(char),
            char if char.is_control() => shown.extend(char.escape_default()),
            char => shown.push(char),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_by_what_is_shown() {
        for (text, shown) in [
            ("", ""),
            ("olá, João 👋", "olá, João 👋"),
            ("two\n\tlines", "two\n\tlines"),
            ("a\r\nb", "a\\r\nb"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("\u{9b}31m\u{7f}\0", "\\u{9b}31m\\u{7f}\\u{0}"),
        ] {
            assert_eq!(printable(text), shown, "{text:?}");
        }
    }
}
