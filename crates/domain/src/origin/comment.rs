//! `comment`: the customer commented on a post or ad, and the thread that follows our private reply.

use crate::event::ChannelKind;
use crate::origin::{Finding, Obstacle};
use crate::rules::{Moment, Rule};
use crate::state::State;
use crate::touch::{AdReference, Confidence, Entry, Origin, OriginKind, Platform};

/// The origin that a comment is.
#[must_use]
pub fn origin(channel: ChannelKind, post: Option<&str>, ad_id: Option<&str>) -> Origin {
    let ad = ad_id.map(|id| {
        Box::new(AdReference {
            id: Some(id.to_owned()),
            ..AdReference::default()
        })
    });
    Origin {
        platform: Some(Platform::of(channel)),
        entry: match (ad_id, post) {
            (Some(ad), _) => Some(Entry::Ad(ad.to_owned())),
            (None, post) => post.map(|post| Entry::Post(post.to_owned())),
        },
        ad,
        ..Origin::new(OriginKind::Comment, Rule::Comment, Confidence::Certain)
    }
}

/// The comment behind a message that opens an interaction: our private reply to it was the last thing said, and both are
/// younger than the private reply window. Source: reference/meta-platform.md 2.4.
#[must_use]
pub fn followed(state: &State, moment: &Moment) -> Finding {
    let Some(comment) = &state.comment else {
        return Finding::Nothing;
    };
    let (commented, limit) = (comment.at, moment.rules.private_reply_window);
    if !comment.replied {
        return Finding::Missed(OriginKind::Comment, Obstacle::NotReplied { commented });
    }
    if moment.at.since(commented) > limit {
        return Finding::Missed(OriginKind::Comment, Obstacle::CommentTooOld { commented, limit });
    }
    Finding::Origin(Origin {
        rule: Rule::CommentReply,
        confidence: Confidence::Likely,
        ..comment.origin.clone()
    })
}

#[cfg(test)]
mod tests {
    use crate::fold::table::{check_on, check_tickets};

    #[test]
    fn a_comment_is_joined_to_the_thread_that_follows() {
        for (events, timeline) in [
            ("1.10:00 comment p1", "1.10:00 comment/instagram p1"),
            ("1.10:00 comment p1 ad=A", "1.10:00 comment/instagram A"),
            ("1.10:00 comment p1; 1.10:05 comment p1", "1.10:00 comment/instagram p1"),
            ("1.10:00 comment p1; 1.10:05 in", "1.10:00 comment/instagram p1"),
            (
                "1.10:00 comment p1; 1.10:02 out via=app m1; 1.10:05 in",
                "1.10:00 comment/instagram p1",
            ),
            (
                "1.10:00 comment p1; 1.10:02 out via=app m1; 4.10:05 in",
                "1.10:00 comment/instagram p1; 4.10:05 comment?/instagram p1",
            ),
            (
                "1.10:00 comment p1; 1.10:02 out via=app m1; 9.10:05 in",
                "1.10:00 comment/instagram p1; 9.10:05 organic?/instagram",
            ),
            // Without our reply the comment explains a message for a day.
            (
                "1.10:00 comment p1; 2.10:05 in",
                "1.10:00 comment/instagram p1; 2.10:05 organic?/instagram",
            ),
            (
                "1.10:00 comment p1; 1.11:00 in ad=A",
                "1.10:00 comment/instagram p1; 1.11:00 ad/instagram? A",
            ),
        ] {
            check_on("instagram", events, timeline);
        }
    }

    #[test]
    fn a_comment_opens_a_ticket() {
        check_tickets("1.10:00 comment p1", "1.10:00 new [comment]");
        check_tickets(
            "1.10:00 comment p1; 1.10:02 out via=app m1",
            "1.10:00 awaiting_customer [comment]",
        );
    }
}
