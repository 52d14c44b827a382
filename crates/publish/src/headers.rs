//! The headers of a record: CloudEvents in binary mode, with the version, and what the value is compared by after a takeover.

use origem_domain::key::ConversationId;
use origem_domain::position::Position;
use origem_log::Projected;

use crate::digest::Digest;
use crate::options::Options;

/// The version of the value: up to where the views it was read from were folded. Removals have it too.
pub(crate) const POSITION: &str = "ce_origemposition";
/// The digest of the value without its version; absent for removals.
pub(crate) const DIGEST: &str = "ce_origemdigest";
/// `true` where older touches were left out because the value would be too large.
pub(crate) const TRUNCATED: &str = "ce_origemtruncated";

/// What a record is about, apart from its value.
pub(crate) struct About<'a> {
    /// The topic.
    pub topic: Projected,
    /// The conversation.
    pub id: ConversationId,
    /// The version.
    pub version: Position,
    /// Of the value; `None` where it is removed.
    pub digest: Option<Digest>,
    /// Touches were left out.
    pub truncated: bool,
    /// Format and source.
    pub options: &'a Options,
}

impl About<'_> {
    /// The headers, in order. The id is the same for the same value at the same version, however often it is published.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let digest = self.digest.map(|digest| digest.to_string());
        let id = format!(
            "{}/{}/{}",
            self.id,
            self.version,
            digest.as_deref().unwrap_or("removed")
        );
        let mut headers = vec![
            ("ce_specversion", "1.0".to_owned()),
            ("ce_type", type_of(self.topic).to_owned()),
            ("ce_source", self.options.source.clone()),
            ("ce_id", id),
            ("ce_subject", self.id.to_string()),
            (POSITION, self.version.to_string()),
        ];
        if let Some(digest) = digest {
            headers.push(("content-type", self.options.format.content_type().to_owned()));
            headers.push((DIGEST, digest));
        }
        if self.truncated {
            headers.push((TRUNCATED, "true".to_owned()));
        }
        headers
    }
}

/// The type of the events of a topic.
pub(crate) const fn type_of(topic: Projected) -> &'static str {
    match topic {
        Projected::Conversations => "origem.conversation.v1",
        Projected::Touches => "origem.touches.v1",
        Projected::Windows => "origem.windows.v1",
        Projected::Queue => "origem.queue.v1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_and_a_removal_have_their_headers() {
        let digest = Digest::of("", b"");
        let check = |digest, truncated, expected: &str| {
            let about = About {
                topic: Projected::Touches,
                id: ConversationId(0xab),
                version: Position::new(3, 42),
                digest,
                truncated,
                options: &Options::default(),
            };
            let headers = about.headers();
            let shown: Vec<String> = headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(shown.join(" "), expected);
        };
        let common = "ce_specversion=1.0 ce_type=origem.touches.v1 ce_source=origem";
        let about = "ce_subject=cv_00000000000000ab ce_origemposition=3:42";
        check(
            None,
            false,
            &format!("{common} ce_id=cv_00000000000000ab/3:42/removed {about}"),
        );
        let value = format!(
            "{common} ce_id=cv_00000000000000ab/3:42/{digest} {about} content-type=application/json ce_origemdigest={digest}"
        );
        check(Some(digest), false, &value);
        check(Some(digest), true, &format!("{value} ce_origemtruncated=true"));
    }
}
