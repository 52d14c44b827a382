//! A file of the console as it is answered: compressed once at the start, and with what browsers must keep to.

use std::io::Write as _;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::asset::Asset;

/// Only files of this server, nothing inline, nothing framed, and no text turned into markup or code: whatever a customer or
/// an ad writes stays text even if the page had a fault. `blob:` is for drawings the page asked its server for.
const POLICY: &str = "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      object-src 'none'; require-trusted-types-for 'script'";

/// An asset, ready to be sent.
pub struct Served {
    asset: Asset,
    etag: String,
    /// Its bytes in gzip. Absent where they could not be made: then it is sent as it is.
    packed: Option<Bytes>,
}

impl Served {
    pub fn new(asset: Asset) -> Self {
        Self {
            asset,
            etag: asset.etag(),
            packed: pack(asset.text.as_bytes()).map(Bytes::from).ok(),
        }
    }

    /// The file, or that the caller has it already. Files have no version in their names, so browsers keep them and ask.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let headers = [
            (header::CACHE_CONTROL, "no-cache"),
            (header::ETAG, self.etag.as_str()),
            (header::VARY, "accept-encoding"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
        ];
        if known(request, &self.etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let kind = (header::CONTENT_TYPE, self.asset.media_type);
        match &self.packed {
            Some(packed) if takes_gzip(request) => {
                (headers, [kind, (header::CONTENT_ENCODING, "gzip")], packed.clone()).into_response()
            }
            _ => (headers, [kind], self.asset.text).into_response(),
        }
    }
}

fn pack(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text)?;
    encoder.finish()
}

/// The members of a header that is a list, over all its lines.
fn members(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = request.get_all(name).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}

/// Whether one of the versions the caller has is `etag`. Source: RFC 9110, 13.1.2 (weak comparison).
fn known(request: &HeaderMap, etag: &str) -> bool {
    members(request, header::IF_NONE_MATCH).any(|given| given == "*" || given.trim_start_matches("W/") == etag)
}

/// Whether the caller reads gzip. Source: RFC 9110, 12.5.3; a weight of zero means no.
fn takes_gzip(request: &HeaderMap) -> bool {
    members(request, header::ACCEPT_ENCODING).any(|member| {
        let (coding, weight) = member.split_once(';').unwrap_or((member, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0_f32));
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}
