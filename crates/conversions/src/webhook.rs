//! The webhook: one conversion a request, signed as Standard Webhooks has it, so that receivers can check it with a library they
//! have. Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
//!
//! ```text
//! webhook-id: <key>          equal each time the same conversion is sent
//! webhook-timestamp: <s>     of this attempt
//! webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">
//! ```

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use origem_domain::time::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::answer::{Response, Verdict};
use crate::conversion::{Conversion, Reason};
use crate::settings::Token;

/// What is sent.
pub(crate) fn body(conversion: &Conversion) -> Value {
    let mut data = json!(conversion);
    if let Some(data) = data.as_object_mut() {
        // How it came about here is no business of the receiver's.
        data.remove("destination");
        data.remove("rule");
    }
    json!({"type": "conversion", "timestamp": conversion.at, "data": data})
}

/// The headers of an attempt at `now`.
pub(crate) fn headers(key: &str, secret: &Token, body: &str, now: Timestamp) -> [(&'static str, String); 3] {
    let timestamp = now.micros().div_euclid(1_000_000).to_string();
    let signature = signature(key, secret, &timestamp, body);
    [
        ("webhook-id", key.to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signature),
    ]
}

fn signature(id: &str, secret: &Token, timestamp: &str, body: &str) -> String {
    let encoded = secret.text().strip_prefix("whsec_");
    let decoded = encoded.and_then(|text| BASE64_STANDARD.decode(text).ok());
    let secret = decoded.unwrap_or_else(|| secret.text().as_bytes().to_vec());
    // HMAC takes secrets of any length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(&secret) else {
        return String::new();
    };
    let mac = [id, ".", timestamp, ".", body]
        .into_iter()
        .fold(mac, |mac, part| mac.chain_update(part));
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

/// What the receiver's answer means.
pub(crate) fn read(response: &Response) -> Verdict {
    match response.status {
        200..=299 => Verdict::Taken { trace: None },
        // It has had it before.
        409 => Verdict::Taken { trace: None },
        300..=399 => response.later(
            "redirect",
            "it leads elsewhere; give conversions.webhook_url the address it leads to",
        ),
        401 | 403 | 404 | 405 | 407 | 410 => response.later("denied", response.told()),
        429 => response.later("rate_limited", response.told()),
        408 | 425 => response.later("unavailable", response.told()),
        400..=499 => Verdict::Faulty {
            reason: Reason::new("refused", response.told()),
            trace: None,
        },
        _ => response.later("unavailable", response.told()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_signs_as_the_standard_does() {
        // The example of the specification's reference implementations.
        let secret = Token::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let body = r#"{"test": 2432232314}"#;
        let now = Timestamp::from_seconds(1_614_265_330);
        let headers = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", &secret, body, now);
        assert_eq!(headers[0].1, "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(headers[1].1, "1614265330");
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn answers_are_told_apart() {
        for (status, expected) in [
            (200, "taken"),
            (204, "taken"),
            (409, "taken"),
            (301, "redirect"),
            (400, "refused"),
            (422, "refused"),
            (401, "denied"),
            (404, "denied"),
            (410, "denied"),
            (429, "rate_limited"),
            (408, "unavailable"),
            (500, "unavailable"),
            (503, "unavailable"),
        ] {
            let response = Response {
                status,
                body: b"sorry\n".to_vec(),
                ..Response::default()
            };
            let (found, message) = match read(&response) {
                Verdict::Taken { .. } => ("taken".to_owned(), String::new()),
                Verdict::Faulty { reason, .. } | Verdict::Later { reason, .. } => (reason.code, reason.message),
            };
            assert_eq!(found, expected, "{status}");
            assert!(!message.contains('\n'), "{message:?}");
        }
    }
}
