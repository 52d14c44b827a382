//! What browsers are told, and that the files keep to it.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use tower::ServiceExt as _;

use super::*;

async fn ask(method: Method, path: &str, known: Option<&str>) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(etag) = known {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn told(response: &Response<Body>, name: header::HeaderName) -> String {
    let value = response.headers().get(&name);
    value
        .unwrap_or_else(|| panic!("no {name}"))
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn every_file_is_served_with_its_type_and_what_browsers_must_keep_to() {
    for asset in ASSETS {
        let response = ask(Method::GET, asset.path, None).await;
        assert_eq!(response.status(), StatusCode::OK, "{}", asset.path);
        let expected = match asset.path.rsplit_once('.') {
            None => "text/html; charset=utf-8",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            Some((_, other)) => panic!("{other}: what type is that?"),
        };
        assert_eq!(told(&response, header::CONTENT_TYPE), expected, "{}", asset.path);
        assert_eq!(told(&response, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(told(&response, header::REFERRER_POLICY), "no-referrer");
        assert_eq!(told(&response, header::CACHE_CONTROL), "no-cache");
        let policy = told(&response, header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert!(!policy.contains("http"), "{policy}");
        assert_eq!(text(response).await, asset.text);
    }
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let etag = told(&ask(Method::GET, "/", None).await, header::ETAG);
    let weak = format!("\"other\", W/{etag}");
    for (known, status) in [
        (etag.as_str(), StatusCode::NOT_MODIFIED),
        (weak.as_str(), StatusCode::NOT_MODIFIED),
        ("*", StatusCode::NOT_MODIFIED),
        ("\"other\"", StatusCode::OK),
    ] {
        let response = ask(Method::GET, "/", Some(known)).await;
        assert_eq!(response.status(), status, "{known}");
        assert_eq!(told(&response, header::ETAG), etag);
        assert_eq!(text(response).await.is_empty(), status == StatusCode::NOT_MODIFIED);
    }
    let other = told(&ask(Method::GET, "/assets/app.js", None).await, header::ETAG);
    assert_ne!(etag, other);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_nothing_can_be_written() {
    for path in [
        "/assets/",
        "/assets/none.js",
        "/assets/../Cargo.toml",
        "/index.html",
        "/v1/conversations",
    ] {
        assert_eq!(
            ask(Method::GET, path, None).await.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        ask(Method::POST, "/", None).await.status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    let head = ask(Method::HEAD, "/", None).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(text(head).await, "");
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for asset in ASSETS {
        // The name of the language of a drawing is not an address.
        let text = asset.text.replace("http://www.w3.org/2000/svg", "");
        let mut signs = vec!["http://", "https://", "\"//", "'//"];
        if asset.media_type == CSS {
            signs.extend(["@import", "url("]);
        }
        for sign in signs {
            assert!(!text.contains(sign), "{} contains {sign}", asset.path);
        }
    }
}

#[test]
fn nothing_is_inline_and_text_never_becomes_markup() {
    for asset in ASSETS {
        let signs: &[&str] = match asset.media_type {
            HTML | SVG => &["<style", " style=", " on", "<script>", "javascript:"],
            JS => &[
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "new Function",
                "style=",
            ],
            _ => &["expression("],
        };
        for sign in signs {
            let found = asset.text.contains(sign);
            assert!(!found, "{} contains {sign}", asset.path);
        }
    }
}

#[test]
fn every_file_that_is_named_is_served_and_every_one_that_is_served_is_named() {
    let served = |path: &str| ASSETS.iter().any(|asset| asset.path == path);
    let mut named = Vec::new();
    for asset in ASSETS {
        let sources = asset.text.split(['"', '\'']).filter_map(|part| {
            let file = part.strip_prefix("./").or_else(|| part.strip_prefix("assets/"))?;
            file.contains('.').then(|| format!("/assets/{file}"))
        });
        for path in sources {
            assert!(served(&path), "{} names {path}", asset.path);
            named.push(path);
        }
    }
    for asset in ASSETS.iter().filter(|asset| asset.path != "/") {
        assert!(
            named.iter().any(|path| path == asset.path),
            "nobody names {}",
            asset.path
        );
    }
}

#[tokio::test]
async fn a_file_is_sent_in_gzip_to_those_who_read_it() {
    use std::io::Read as _;
    for (accepted, packed) in [
        (None, false),
        (Some("gzip, deflate, br, zstd"), true),
        (Some("br;q=1.0, GZIP;q=0.5"), true),
        (Some("gzip;q=0"), false),
        (Some("identity"), false),
    ] {
        let mut request = Request::builder().uri("/assets/app.js");
        if let Some(accepted) = accepted {
            request = request.header(header::ACCEPT_ENCODING, accepted);
        }
        let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(told(&response, header::VARY), "accept-encoding");
        let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
        assert_eq!(encoding.is_some(), packed, "{accepted:?}");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let mut read = String::new();
        if packed {
            flate2::read::GzDecoder::new(&bytes[..])
                .read_to_string(&mut read)
                .unwrap();
        } else {
            read = String::from_utf8(bytes.to_vec()).unwrap();
        }
        let app = ASSETS.iter().find(|asset| asset.path == "/assets/app.js").unwrap();
        assert_eq!(read, app.text);
    }
}

/// Every word the page asks for by a name it writes out has words in both languages, and the table says nothing twice.
#[test]
fn every_word_is_there_in_both_languages() {
    let text = |path: &str| ASSETS.iter().find(|asset| asset.path == path).unwrap().text;
    let mut words = BTreeMap::new();
    let table = text("/assets/words.js")
        .split_once('`')
        .unwrap()
        .1
        .split_once('`')
        .unwrap()
        .0;
    for line in table.lines().filter(|line| line.contains('|')) {
        let (key, both) = line.split_once('|').unwrap();
        let whole = key.starts_with("rule.") || both.split('|').count() == 2;
        assert!(whole, "{line}");
        assert!(words.insert(key, both).is_none(), "{key} twice");
    }
    for asset in ASSETS {
        for key in calls(asset.text).chain(named(&asset)) {
            assert!(words.contains_key(key), "{} asks for {key}", asset.path);
        }
    }
}

/// What the modules ask for as `t('...')`.
fn calls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("t('").filter_map(|(at, call)| {
        let inside = text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.');
        let (key, rest) = text[at + call.len()..].split_once('\'')?;
        (!inside && rest.starts_with([')', ','])).then_some(key)
    })
}

/// What the page itself names, to be put in by `translate`.
fn named(asset: &Asset) -> impl Iterator<Item = &'static str> {
    let text = if asset.media_type == HTML { asset.text } else { "" };
    let attributes = ["data-text=\"", "data-label=\"", "data-title=\"", "data-placeholder=\""];
    let values = attributes
        .into_iter()
        .flat_map(|attribute| text.split(attribute).skip(1));
    values.filter_map(|rest| rest.split_once('"')).map(|(key, _)| key)
}

#[test]
fn the_page_stays_small() {
    let packed: usize = ASSETS
        .iter()
        .map(|asset| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut encoder, asset.text.as_bytes()).unwrap();
            encoder.finish().unwrap().len()
        })
        .sum();
    assert!(packed < 150 << 10, "{packed} bytes in gzip");
}
