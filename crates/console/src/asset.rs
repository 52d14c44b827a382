//! A file of the console and how it is answered.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub const HTML: &str = "text/html; charset=utf-8";
pub const JS: &str = "text/javascript; charset=utf-8";
pub const CSS: &str = "text/css; charset=utf-8";
pub const SVG: &str = "image/svg+xml";

/// Only files of this server, nothing inline, nothing framed, and no text turned into markup or code: whatever a customer or
/// an ad writes stays text even if the page had a fault.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; \
                      require-trusted-types-for 'script'";

/// One embedded file.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    pub path: &'static str,
    pub media_type: &'static str,
    pub text: &'static str,
}

impl Asset {
    pub const fn new(path: &'static str, media_type: &'static str, text: &'static str) -> Self {
        Self { path, media_type, text }
    }

    /// Names the content: FNV-1a, 64 bits. It tells versions of our own files apart; nobody gains by a collision.
    pub fn etag(&self) -> String {
        let hash = self.text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("\"{hash:016x}\"")
    }

    /// The file, or that the caller has it already. Files have no version in their names, so browsers keep them and ask.
    pub fn answer(&self, etag: &str, request: &HeaderMap) -> Response {
        let headers = [
            (header::CACHE_CONTROL, "no-cache"),
            (header::ETAG, etag),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        if known(request, etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(header::CONTENT_TYPE, self.media_type)], self.text).into_response()
    }
}

/// Whether one of the versions the caller has is `etag`. Source: RFC 9110, 13.1.2 (weak comparison).
fn known(request: &HeaderMap, etag: &str) -> bool {
    let lines = request.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.trim_start_matches("W/") == etag)
}
