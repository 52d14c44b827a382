//! The console: a page for people, embedded in the binary. It shows what the API serves and has no private door: nothing here
//! knows the engine, and what the page asks for, anybody can ask for. Why there is no framework: docs/decisions/0007-console-without-framework.md.
//!
//! ```text
//! app.js --+-- queue.js, rows.js, filters.js                the queue: what is known, what is seen, what narrows it
//!          +-- conversation.js --+-- thread.js, side.js     one conversation
//!          |                     +-- commands.js, lead.js   what people do to it
//!          |                     +-- origin-window.js       what stands behind a badge
//!          +-- keys.js                                      the keyboard
//!          +-- compose.js, links.js, reports.js, paths.js, operations.js    the other pages, fetched when somebody goes there
//!                     |
//!          api.js, session.js, directory.js, route.js       the API, who sits here, names, the address
//!          dom.js, dialog.js, i18n.js, words.js, icons.js, origin.js, people.js, windows.js    elements, words, looks
//! ```
//! The page asks for nothing outside its server and runs nothing that is not in its files; the headers of every answer make
//! browsers see to that.

mod asset;
mod served;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;

use asset::{Asset, CSS, HTML, JS, SVG};
use served::Served;

/// A file of `assets/`, served below `/assets/`.
macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset::new(
            concat!("/assets/", $name),
            $media_type,
            include_str!(concat!("../assets/", $name)),
        )
    };
}

/// What is served: path, type, text.
const ASSETS: [Asset; 35] = [
    Asset::new("/", HTML, include_str!("../assets/index.html")),
    asset!("base.css", CSS),
    asset!("inbox.css", CSS),
    asset!("pages.css", CSS),
    asset!("icon.svg", SVG),
    asset!("api.js", JS),
    asset!("app.js", JS),
    asset!("charts.js", JS),
    asset!("commands.js", JS),
    asset!("compose.js", JS),
    asset!("conversation.js", JS),
    asset!("dialog.js", JS),
    asset!("directory.js", JS),
    asset!("dom.js", JS),
    asset!("filters.js", JS),
    asset!("i18n.js", JS),
    asset!("icons.js", JS),
    asset!("keys.js", JS),
    asset!("lead.js", JS),
    asset!("links.js", JS),
    asset!("operations.js", JS),
    asset!("origin-window.js", JS),
    asset!("origin.js", JS),
    asset!("page.js", JS),
    asset!("paths.js", JS),
    asset!("people.js", JS),
    asset!("queue.js", JS),
    asset!("reports.js", JS),
    asset!("route.js", JS),
    asset!("rows.js", JS),
    asset!("session.js", JS),
    asset!("side.js", JS),
    asset!("thread.js", JS),
    asset!("windows.js", JS),
    asset!("words.js", JS),
];

/// The pages: `/` and `/assets/...`. It has no fallback, so that it can be merged into the router of the API, whose answer for
/// what does not exist it shares.
pub fn router() -> Router {
    ASSETS.into_iter().fold(Router::new(), |router, asset| {
        let served = Arc::new(Served::new(asset));
        let answer = move |headers: HeaderMap| {
            let response = served.answer(&headers);
            async move { response }
        };
        router.route(asset.path, get(answer))
    })
}

#[cfg(test)]
mod tests;
