//! The console: a page for people, embedded in the binary. It shows what the API serves and has no private door: nothing here
//! knows the engine, and what the page asks for, anybody can ask for. Why there is no framework: docs/decisions/0007-console-without-framework.md.
//!
//! ```text
//! app.js --+-- list.js ----+-- origin.js, i18n.js, dom.js     elements, words, looks
//!          +-- detail.js --+-- thread.js
//!          +-- api.js                                         /v1/conversations, /v1/changes
//! ```
//! The page asks for nothing outside its server and runs nothing that is not in its files; the headers of every answer make
//! browsers see to that.

mod asset;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;

use asset::{Asset, CSS, HTML, JS, SVG};

/// What is served: path, type, text.
const ASSETS: [Asset; 11] = [
    Asset::new("/", HTML, include_str!("../assets/index.html")),
    Asset::new("/assets/api.js", JS, include_str!("../assets/api.js")),
    Asset::new("/assets/app.js", JS, include_str!("../assets/app.js")),
    Asset::new("/assets/detail.js", JS, include_str!("../assets/detail.js")),
    Asset::new("/assets/dom.js", JS, include_str!("../assets/dom.js")),
    Asset::new("/assets/i18n.js", JS, include_str!("../assets/i18n.js")),
    Asset::new("/assets/icon.svg", SVG, include_str!("../assets/icon.svg")),
    Asset::new("/assets/list.js", JS, include_str!("../assets/list.js")),
    Asset::new("/assets/origin.js", JS, include_str!("../assets/origin.js")),
    Asset::new("/assets/style.css", CSS, include_str!("../assets/style.css")),
    Asset::new("/assets/thread.js", JS, include_str!("../assets/thread.js")),
];

/// The pages: `/` and `/assets/...`. It has no fallback, so that it can be merged into the router of the API, whose answer for
/// what does not exist it shares.
pub fn router() -> Router {
    ASSETS.into_iter().fold(Router::new(), |router, asset| {
        let etag: Arc<str> = asset.etag().into();
        let answer = move |headers: HeaderMap| {
            let response = asset.answer(&etag, &headers);
            async move { response }
        };
        router.route(asset.path, get(answer))
    })
}

#[cfg(test)]
mod tests;
