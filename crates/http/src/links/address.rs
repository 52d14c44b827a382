//! Where a link leads: the channel's own address at the platform, with the text or the reference of the link.

use axum::http::{HeaderMap, header};
use origem_domain::event::ChannelKind;
use origem_domain::marks::{frame, reference};

use crate::options::Options;

/// How a click code goes into the customer's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CodeForm {
    /// In brackets at the end.
    #[default]
    Visible,
    /// In characters nobody sees, in front.
    Invisible,
    /// In both ways.
    Both,
    /// Not at all: only the text tells the link.
    None,
}

/// Where the outside reaches this server, without a slash at its end: what is configured, else what the caller calls it.
pub(crate) fn public_base(options: &Options, headers: &HeaderMap) -> String {
    let told = || {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("localhost"))
    };
    let base = options.public_url.clone().unwrap_or_else(told);
    base.trim_end_matches('/').to_owned()
}

/// The address for a link `code` with its `text`, on a channel reached at `base`; `click`: the code of this click.
///
/// `base` is made of the directory alone, so nothing a visitor says decides where this leads. Percent-encoding leaves nothing of a
/// text that could end a header or begin another parameter.
pub(crate) fn address(
    kind: ChannelKind,
    base: &str,
    code: &str,
    text: Option<&str>,
    click: Option<&str>,
    form: CodeForm,
) -> String {
    match kind {
        ChannelKind::Whatsapp | ChannelKind::Webchat => {
            let text = with_code(text.unwrap_or_default(), click, form);
            if text.is_empty() {
                return base.to_owned();
            }
            format!("{base}?text={}", encoded(&text))
        }
        // There the reference comes back to us by itself; the text is the customer's own.
        ChannelKind::Messenger | ChannelKind::Instagram => {
            format!("{base}?ref={}", encoded(&reference(code, click)))
        }
    }
}

fn with_code(text: &str, click: Option<&str>, form: CodeForm) -> String {
    let Some(click) = click else {
        return text.to_owned();
    };
    let space = if text.is_empty() || text.ends_with(char::is_whitespace) {
        ""
    } else {
        " "
    };
    match form {
        CodeForm::Visible => format!("{text}{space}[{click}]"),
        CodeForm::Invisible => format!("{}{text}", frame(click)),
        CodeForm::Both => format!("{}{text}{space}[{click}]", frame(click)),
        CodeForm::None => text.to_owned(),
    }
}

/// Percent-encoding of everything but letters, digits and `-._~`: a space is `%20`, for some clients show `+` as it is.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble)]);
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_and_the_code_are_in_the_address() {
        use ChannelKind::{Instagram, Messenger, Whatsapp};
        use CodeForm::{Both, Invisible, None as Without, Visible};
        let code = Some("222222");
        let framed = encoded(&frame("222222"));
        let wa = "https://wa.me/5511955550101";
        for (kind, base, text, click, form, expected) in [
            (
                Whatsapp,
                wa,
                Some("Quero o plano"),
                code,
                Visible,
                format!("{wa}?text=Quero%20o%20plano%20%5B222222%5D"),
            ),
            (
                Whatsapp,
                wa,
                Some("Olá & já?\n#promo+1"),
                None,
                Visible,
                format!("{wa}?text=Ol%C3%A1%20%26%20j%C3%A1%3F%0A%23promo%2B1"),
            ),
            (Whatsapp, wa, None, code, Visible, format!("{wa}?text=%5B222222%5D")),
            (Whatsapp, wa, None, None, Visible, wa.to_owned()),
            (Whatsapp, wa, Some("Oi"), code, Without, format!("{wa}?text=Oi")),
            (
                Whatsapp,
                wa,
                Some("Oi"),
                code,
                Invisible,
                format!("{wa}?text={framed}Oi"),
            ),
            (
                Whatsapp,
                wa,
                Some("Oi"),
                code,
                Both,
                format!("{wa}?text={framed}Oi%20%5B222222%5D"),
            ),
            (
                Whatsapp,
                wa,
                Some("a\r\nLocation: https://evil.example"),
                None,
                Visible,
                format!("{wa}?text=a%0D%0ALocation%3A%20https%3A%2F%2Fevil.example"),
            ),
            (
                Messenger,
                "https://m.me/loja",
                Some("Oi"),
                code,
                Visible,
                "https://m.me/loja?ref=bio%3D222222".to_owned(),
            ),
            (
                Instagram,
                "https://ig.me/m/loja",
                Some("Oi"),
                None,
                Visible,
                "https://ig.me/m/loja?ref=bio".to_owned(),
            ),
        ] {
            assert_eq!(address(kind, base, "bio", text, click, form), expected);
        }
    }
}
