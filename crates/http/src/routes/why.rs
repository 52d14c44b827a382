//! Why a conversation is what it is.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use origem_domain::key::TouchId;
use origem_domain::why::text::Language;
use origem_engine::query::WhyQuery;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::params::{self, MinPosition, Params, Segment};
use crate::past::AsOf;
use crate::state::State;
use origem_wire::json::{self as wire, Join as _, Problem};

const LIMIT: usize = 200;
const LIMIT_MAX: usize = 1_000;

/// Which part of the story, and how it is told.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// Only what is about this touch, by id.
    touch: Option<String>,
    /// With each event the time of its receipt and its exact bytes, read from the log.
    #[serde(default)]
    raw: bool,
    /// Language of the sentences, `en` or `pt-BR`; if not told, the first of `Accept-Language` that is one of them, else `en`.
    lang: Option<String>,
    /// Entries of each list: the latest 200 if not told, 1000 at most.
    limit: Option<usize>,
}

impl Part {
    /// The language to answer in.
    fn language(&self, headers: &HeaderMap) -> Result<Language, Refusal> {
        if let Some(lang) = &self.lang {
            let unknown = || Refusal::Invalid(format!("lang: `{lang}` is neither en nor pt-BR"));
            return Language::of(lang).ok_or_else(unknown);
        }
        let accepted = headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Ok(accepted.and_then(preferred).unwrap_or_default())
    }
}

/// Why a conversation has its origins, its status and its windows: what was considered and lost, with the events behind it.
#[utoipa::path(
    get, path = "/v1/conversations/{id}/why", tag = "conversations", operation_id = "get_why",
    params(
        ("id" = String, Path, description = "Of the conversation, also of one that was merged into it"),
        ("Accept-Language" = Option<String>, Header, description = "Where `lang` is not told"),
        Part, AsOf, MinPosition
    ),
    responses(
        (status = 200, description = "The story", body = wire::Why),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such conversation, or it has no such touch; or there was none at that moment", body = Problem),
        (status = 410, description = "The log does not hold all of that past any more", body = Problem),
        (status = 503, description = "The views cannot be read, or are not as far as asked", body = Problem)
    )
)]
pub(super) async fn of(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(part): Params<Part>,
    Params(as_of): Params<AsOf>,
    headers: HeaderMap,
) -> Result<Json<wire::Why>, Refusal> {
    let id = params::conversation(&id)?;
    let language = part.language(&headers)?;
    let query = WhyQuery {
        touch: part.touch.as_deref().map(touch).transpose()?,
        raw: part.raw,
        limit: params::limit(part.limit, LIMIT, LIMIT_MAX)?,
    };
    let clock = state.clock();
    let why = match as_of.moment(&state).await? {
        None => state.ask(move |engine| engine.why(id, &query, clock)).await?,
        Some(moment) => {
            let zone = clock.zone;
            state
                .ask(move |engine| engine.why_at(id, &moment, &query, zone))
                .await?
        }
    };
    Ok(Json(wire::Why::of(&why, language).joined(&state.names(&caller))))
}

fn touch(text: &str) -> Result<TouchId, Refusal> {
    let invalid = |_| {
        Refusal::Invalid(format!(
            "touch: `{text}` is no id of a touch, such as to_00000000000000ab"
        ))
    };
    text.parse().map_err(invalid)
}

/// The language of a header `Accept-Language` that is liked most, of those there are; of equals the first.
fn preferred(header: &str) -> Option<Language> {
    let liked = header.split(',').filter_map(|part| {
        let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
        let weight = weight
            .trim()
            .strip_prefix("q=")
            .and_then(|weight| weight.parse::<f32>().ok());
        let weight = weight.filter(|weight| *weight > 0.0)?;
        Some((weight, Language::of(tag.trim())?))
    });
    let most = liked.reduce(|best, next| if next.0 > best.0 { next } else { best });
    most.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_most_is_taken() {
        for (header, language) in [
            ("pt-BR,pt;q=0.9,en;q=0.8", Some(Language::PtBr)),
            ("en;q=0.8, pt;q=0.9", Some(Language::PtBr)),
            ("en, pt", Some(Language::En)),
            ("de, en;q=0.5", Some(Language::En)),
            ("en;q=0", None),
            ("de", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(preferred(header), language, "{header}");
        }
    }
}
