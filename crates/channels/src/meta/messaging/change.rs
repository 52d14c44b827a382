//! One `{field, value}` of pages and Instagram accounts: comments, and whatever test buttons put there.
//! Source: reference/meta-platform.md 2.1, 2.4.

use origem_domain::alias::Alias;
use origem_domain::event::{Body, Comment, Contact};

use super::{Place, Spot, element};
use crate::json::Node;
use crate::output::Output;
use crate::time::At;

/// Reads one change. `spot` is what to keep of the delivery.
pub(super) fn read<'a>(out: &mut Output<'a>, place: Place<'_, 'a>, change: Node<'_, 'a>, spot: Spot<'a>) {
    let field = change.word("field").unwrap_or_default();
    let read = match change.get("value") {
        None => Err(format!("{field} without value")),
        Some(value) if element::is_element(value) => {
            element::read(out, place, value, spot);
            return;
        }
        Some(value) => match field.as_str() {
            "comments" | "live_comments" => instagram(value).map_err(str::to_owned),
            "feed" => feed(value).map_err(str::to_owned),
            // Mentions must be fetched to be read; insights and the like say nothing about a person.
            _ => Err(format!("field {field}")),
        },
    };
    match read {
        Err(reason) => super::unrecognised(out, place, reason, spot),
        Ok(None) => {}
        Ok(Some(found)) if found.author.is_some() && found.author == place.business_id() => {} // our own comment
        Ok(Some(found)) => {
            let told = found.told.or_else(|| place.entry?.get("time"));
            let at = At::of(told, out.delivery().received_at);
            let mut event = out.event(
                place.channel(None),
                at,
                Body::CommentReceived { comment: found.comment },
            );
            event.contact = found.author.map(|id| Contact {
                aliases: vec![Alias::new(place.alias_kind(), &id)],
                name: found.name,
                username: found.username,
                ..Contact::default()
            });
            out.push(event, spot.raw, || place.envelope(spot.open.as_ref()));
        }
    }
}

/// A comment and what its payload tells around it.
struct Found<'d, 'a> {
    comment: Comment,
    author: Option<String>,
    name: Option<String>,
    username: Option<String>,
    told: Option<Node<'d, 'a>>,
}

/// A comment on an Instagram post, reel or ad. One on an ad may be notified twice: its id is its dedup key.
fn instagram<'d, 'a>(value: Node<'d, 'a>) -> Result<Option<Found<'d, 'a>>, &'static str> {
    let id = value
        .word("id")
        .or_else(|| value.word("comment_id"))
        .ok_or("comment without id")?;
    let (from, media) = (value.get("from"), value.get("media"));
    let of_media = |key: &str| media.and_then(|media| media.word(key));
    Ok(Some(Found {
        comment: Comment {
            id,
            text: value.text("text"),
            media_id: of_media("id"),
            post_id: None,
            parent_id: value.word("parent_id"),
            ad_id: of_media("ad_id"),
        },
        author: from.and_then(|from| from.word("id")),
        name: None,
        username: from
            .and_then(|from| from.word("username"))
            .map(|name| name.trim_start_matches('@').to_owned()),
        told: value.get("created_time").or_else(|| value.get("timestamp")),
    }))
}

/// An item of a page's feed. Only new comments are needed; edits, removals, posts, likes and shares are not.
fn feed<'d, 'a>(value: Node<'d, 'a>) -> Result<Option<Found<'d, 'a>>, &'static str> {
    if value.word("item").ok_or("feed without item")? != "comment"
        || value.word("verb").is_some_and(|verb| verb != "add")
    {
        return Ok(None);
    }
    let id = value
        .word("comment_id")
        .or_else(|| value.word("id"))
        .ok_or("comment without id")?;
    let from = value.get("from");
    let post_id = value.word("post_id");
    Ok(Some(Found {
        comment: Comment {
            id,
            text: value.text("message"),
            media_id: None,
            // The parent of a comment on the post itself is the post.
            parent_id: value
                .word("parent_id")
                .filter(|parent| Some(parent) != post_id.as_ref()),
            post_id,
            ad_id: None,
        },
        author: from.and_then(|from| from.word("id")),
        name: from.and_then(|from| from.text("name")),
        username: None,
        told: value.get("created_time"),
    }))
}
