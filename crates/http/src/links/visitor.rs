//! Who follows a link: a person on some device, or a program that only looks. Nothing of it is kept but a word and a hash.

use axum::http::{HeaderMap, Method, header};

/// What the names of programs that fetch a link without anybody following it begin with, or carry; in lower case. Messengers fetch the
/// preview when somebody pastes a link: that is no click. Tools that people click with by hand are not among them.
/// Source: reference/meta-platform.md 7.2, rule 8; the documentation of each.
const PREVIEWS: [&str; 38] = [
    "adsbot-google",
    "ahrefsbot",
    "amazonbot",
    "apis-google",
    "applebot",
    "baiduspider",
    "bingbot",
    "bingpreview",
    "bytespider",
    "ccbot",
    "chrome-lighthouse",
    "cortex/1.0",
    "discordbot",
    "duckduckbot",
    "embedly",
    "facebookcatalog",
    "facebookexternalhit",
    "facebot",
    "google-inspectiontool",
    "google-read-aloud",
    "google-safety",
    "googlebot",
    "googleother",
    "gptbot",
    "iframely",
    "linkedinbot",
    "mastodon",
    "meta-externalagent",
    "meta-externalfetcher",
    "mj12bot",
    "petalbot",
    "pinterestbot",
    "redditbot",
    "semrushbot",
    "skypeuripreview",
    "slackbot",
    "telegrambot",
    "twitterbot",
];

/// Headers by which browsers say that they fetch ahead of a click, and the words that say it.
const AHEAD: [&str; 4] = ["purpose", "sec-purpose", "x-purpose", "x-moz"];

/// Letters of a referrer that are kept.
const REFERRER_BYTES_MAX: usize = 512;

/// Whether nobody follows the link: the preview of a messenger, a search engine, a browser that fetches ahead, a `HEAD`.
pub(crate) fn is_preview(method: &Method, headers: &HeaderMap) -> bool {
    let agent = text(headers, "user-agent").to_ascii_lowercase();
    let ahead = |name: &&str| {
        let said = text(headers, name).to_ascii_lowercase();
        said.contains("prefetch") || said.contains("prerender") || said.contains("preview")
    };
    method != Method::GET
        // WhatsApp's own fetcher; its people come with the browser of their phone.
        || agent.starts_with("whatsapp/")
        || PREVIEWS.iter().any(|name| agent.contains(name))
        || AHEAD.iter().any(ahead)
}

/// The class of a device: `mobile`, `tablet`, `desktop`; `None` for what is no browser.
pub(crate) fn device(headers: &HeaderMap) -> Option<&'static str> {
    let agent = text(headers, "user-agent").to_ascii_lowercase();
    let has = |word: &str| agent.contains(word);
    if has("ipad") || has("tablet") || has("android") && !has("mobi") {
        Some("tablet")
    } else if has("mobi") || has("iphone") || has("android") {
        Some("mobile")
    } else if has("mozilla/") {
        Some("desktop")
    } else {
        None
    }
}

/// The page the link stood on, without its query: that may name people. `None` for what is no page on the web.
pub(crate) fn referrer(headers: &HeaderMap) -> Option<String> {
    let page = text(headers, header::REFERER.as_str());
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let rest = page.strip_prefix("https://").or_else(|| page.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    // Names and passwords may stand before the host.
    let is_page = !host.is_empty() && !host.contains('@') && !page.contains(char::is_whitespace);
    is_page.then(|| page[..page.floor_char_boundary(REFERRER_BYTES_MAX)].to_owned())
}

/// What tells a visitor from others on one day, to be hashed at once and never kept: address, browser, and the day.
pub(crate) fn known_of(headers: &HeaderMap, day: &str) -> Option<String> {
    let address = text(headers, "x-forwarded-for");
    let address = address.split(',').next().unwrap_or_default().trim();
    let agent = text(headers, "user-agent");
    (!address.is_empty()).then(|| format!("{day}\0{address}\0{agent}"))
}

/// A header as text; empty if it is none.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                (
                    header::HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn programs_that_only_look_are_told_from_people() {
        for (agent, preview, device_class) in [
            ("WhatsApp/2.23.20.0 A", true, None),
            (
                "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
                true,
                None,
            ),
            ("Twitterbot/1.0", true, None),
            ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", true, None),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                true,
                Some("desktop"),
            ),
            ("TelegramBot (like TwitterBot)", true, None),
            ("LinkedInBot/1.0 (compatible; Mozilla/5.0)", true, Some("desktop")),
            (
                "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
                true,
                Some("desktop"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
                false,
                Some("mobile"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Instagram 300.0",
                false,
                Some("mobile"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-T870) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
                false,
                Some("tablet"),
            ),
            ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X)", false, Some("tablet")),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0",
                false,
                Some("desktop"),
            ),
            ("curl/8.5.0", false, None),
            ("", false, None),
        ] {
            let headers = headers(&[("user-agent", agent)]);
            let said = (is_preview(&Method::GET, &headers), device(&headers));
            assert_eq!(said, (preview, device_class), "{agent}");
            assert!(is_preview(&Method::HEAD, &headers), "{agent}");
        }
        for (name, value) in [
            ("purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            assert!(is_preview(&Method::GET, &headers(&[(name, value)])), "{name}");
        }
    }

    #[test]
    fn of_a_referrer_the_page_is_kept_and_nothing_about_people() {
        for (given, kept) in [
            (
                "https://loja.example/ofertas?email=a@b.c#x",
                Some("https://loja.example/ofertas"),
            ),
            ("http://loja.example", Some("http://loja.example")),
            ("https://ana:senha@loja.example/", None),
            ("android-app://com.instagram.android/", None),
            ("javascript:alert(1)", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(referrer(&headers(&[("referer", given)])).as_deref(), kept, "{given}");
        }
    }

    #[test]
    fn a_visitor_is_known_by_address_browser_and_day() {
        let of = |address: &str, agent: &str, day: &str| {
            known_of(&headers(&[("x-forwarded-for", address), ("user-agent", agent)]), day)
        };
        assert_eq!(of("203.0.113.7, 10.0.0.1", "a", "1"), of("203.0.113.7", "a", "1"));
        assert_ne!(of("203.0.113.7", "a", "1"), of("203.0.113.7", "a", "2"));
        assert_ne!(of("203.0.113.7", "a", "1"), of("203.0.113.7", "b", "1"));
        assert_eq!(of("", "a", "1"), None);
    }
}
