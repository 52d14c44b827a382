//! `GET /l/{code}`: records the click and leads the visitor to the channel.

use std::sync::atomic::Ordering;

use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use origem_domain::day::Day;
use origem_domain::directory::Link;
use origem_domain::event::{Body, Channel, Click, Event, TimeSource};
use origem_domain::time::Timestamp;
use origem_engine::reached_at;

use crate::error::Refusal;
use crate::links::{address, device, is_preview, known_of, referrer, told};
use crate::params::Segment;
use crate::state::{State, now};

/// What somebody sees whose link leads nowhere.
const NOWHERE: &str = "<!doctype html><html lang=\"pt-BR\"><meta charset=\"utf-8\"><meta name=\"robots\" content=\"noindex\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Link</title>\
    <body style=\"font-family:sans-serif;margin:4rem auto;max-width:30rem\">\
    <h1>Este link não leva a lugar nenhum</h1><p>Confira o endereço. \
    <span lang=\"en\">This link leads nowhere; please check its address.</span></p>";

/// Records a click, and leads whoever made it to the channel, with the text of the link and a fresh click code.
///
/// Nobody waits for the log: the visitor is led on also while it is unavailable. What only looks at the link (previews of
/// messengers, search engines, `HEAD`) is led on without being counted.
#[utoipa::path(
    get, path = "/l/{code}", tag = "links", operation_id = "follow_link",
    params(
        ("code" = String, Path, description = "Of the link"),
        ("utm_source" = Option<String>, Query, description = "And the other five of UTM, and click ids such as `gclid`: kept with the click")
    ),
    responses(
        (status = 302, description = "To the channel: wa.me, m.me or ig.me"),
        (status = 404, description = "There is no such link, or its channel has no address; a page for people", content_type = "text/html")
    )
)]
pub(crate) async fn follow(
    Shared(state): Shared<State>,
    Segment(code): Segment,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let catalogue = state.engine().catalogue();
    let Some((account, link)) = catalogue.find_link(&state.options().account, &code) else {
        return Ok(nowhere());
    };
    let channel: Option<Channel> = link.channel.parse().ok();
    let base = channel
        .as_ref()
        .and_then(|channel| reached_at(channel, catalogue.handle((account, channel))));
    let (Some(channel), Some(base)) = (channel, base) else {
        // Whoever made the link can mend it; the log says how.
        tracing::warn!(
            code,
            channel = link.channel,
            "a link leads nowhere: its channel has no handle in the directory"
        );
        return Ok(nowhere());
    };
    let now = now();
    let click = if is_preview(&method, &headers) {
        state.clicks().counts().previews.fetch_add(1, Ordering::Relaxed);
        None
    } else if link.counts_at(now) {
        let click_code = state.clicks().fresh_code(now);
        let click = click(
            &state,
            &code,
            link,
            &click_code,
            query.as_deref().unwrap_or_default(),
            &headers,
            now,
        );
        let event = event(account, channel.clone(), now, click);
        // Where it cannot be recorded its code would lead nobody anywhere.
        state.clicks().record(event).then_some(click_code)
    } else {
        None
    };
    let form = state.options().click_code;
    let address = address(channel.kind, &base, &code, link.text.as_deref(), click.as_deref(), form);
    let location = HeaderValue::from_str(&address).map_err(|_| Refusal::Lost)?;
    let keep_nothing = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let tell_nobody = (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let no_index = ("x-robots-tag", HeaderValue::from_static("noindex"));
    Ok((
        StatusCode::FOUND,
        [(header::LOCATION, location), keep_nothing, tell_nobody],
        [no_index],
    )
        .into_response())
}

/// What is kept of a click.
fn click(
    state: &State,
    code: &str,
    link: &Link,
    click_code: &str,
    query: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Click {
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
    let mut told = told(query, cookies.unwrap_or_default());
    for (name, value) in &link.utm {
        told.utm.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let day = Day::of(now, state.options().time_zone)
        .map(|day| day.to_string())
        .unwrap_or_default();
    Click {
        // A code may come round again after a long time; a click does not.
        id: Some(format!("{click_code}.{}", now.micros())),
        code: Some(click_code.to_owned()),
        link: Some(code.to_owned()),
        utm: told.utm,
        click_ids: told.click_ids,
        referrer: referrer(headers),
        device: device(headers).map(str::to_owned),
        visitor: known_of(headers, &day).map(|known| state.engine().visitor(&known)),
    }
}

/// A click as an event of the channel it leads to: there the code will be used.
fn event(account: &str, channel: Channel, at: Timestamp, click: Click) -> Event {
    Event {
        account: account.to_owned(),
        channel,
        contact: None,
        group: None,
        occurred_at: at,
        time_source: TimeSource::Payload,
        dedup_key: String::new(),
        provider: None,
        oddities: Vec::new(),
        body: Body::LinkClicked { click },
    }
    .with_dedup_key()
}

fn nowhere() -> Response {
    let html = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let keep_nothing = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Nothing but the words of the page is ever shown.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    (StatusCode::NOT_FOUND, [html, keep_nothing, policy], NOWHERE).into_response()
}
