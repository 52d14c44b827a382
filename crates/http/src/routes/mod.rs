//! The routes, one file per resource. A route is added with `routes!`, which takes its path and method from its
//! documentation, so none can be served that is not documented.

mod anomalies;
mod changes;
mod commands;
mod conversations;
mod conversions;
mod deliveries;
mod directory;
mod events;
mod filters;
mod health;
mod history;
mod keys;
mod links;
mod me;
mod outreach;
mod peers;
mod queue;
mod rebuilds;
mod reports;
mod security;
mod send_options;
mod thread;
mod touch;
mod usage;
mod webhooks;
mod why;
mod windows;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::guard;
use crate::error::Refusal;
use crate::observe::observe;
use crate::state::State;
use crate::{past, position};

/// What the description of the API says of itself.
#[derive(OpenApi)]
#[openapi(info(
    title = "Origem",
    description = "Where customers came from, proved from recorded events. Writes answer `Origem-Position`; reads accept \
                   `Origem-Min-Position` and wait, for a bounded time, until the views hold it. Refusals are `Problem`s."
))]
struct Description;

/// The API of an edge. It answers whatever is asked, so pages for people are merged into it by the server; `/` is theirs.
/// A router that is merged must have no fallback of its own.
pub fn router(state: State) -> Router {
    let waiting = from_fn_with_state(state.clone(), position::wait);
    let (router, _) = writes()
        .merge(reads().layer(waiting.clone()).layer(from_fn(past::present)))
        .merge(reads_of_any_moment().layer(waiting.clone()))
        .merge(maintained().layer(waiting))
        .merge(operations())
        .merge(administration())
        .split_for_parts();
    router
        .fallback(|| async { Refusal::NoRoute })
        .method_not_allowed_fallback(|| async { Refusal::Method })
        .layer(from_fn_with_state(state.clone(), guard))
        .layer(from_fn(harden))
        .layer(from_fn_with_state(state.clone(), observe))
        .with_state(state)
}

/// The description of the API, made from the code.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let routes = writes()
        .merge(reads())
        .merge(reads_of_any_moment())
        .merge(maintained())
        .merge(operations())
        .merge(administration());
    let described = OpenApiRouter::with_openapi(Description::openapi());
    security::told(described.merge(routes).into_openapi())
}

fn writes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::verify, webhooks::meta))
        .routes(routes!(webhooks::other))
        .routes(routes!(events::append))
        .routes(routes!(deliveries::append))
        .routes(routes!(links::follow))
        .routes(routes!(commands::claim))
        .routes(routes!(commands::assign))
        .routes(routes!(commands::transfer))
        .routes(routes!(commands::takeover))
        .routes(routes!(commands::finish))
        .routes(routes!(commands::reopen))
        .routes(routes!(commands::note))
        .routes(routes!(commands::contact))
        .routes(routes!(commands::stage))
        .routes(routes!(commands::lead))
        .routes(routes!(outreach::request))
}

fn reads() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::neighbours))
        .routes(routes!(touch::one))
        .routes(routes!(send_options::list))
        .routes(routes!(reports::spend))
        .routes(routes!(usage::of))
        .routes(routes!(reports::origins::show))
        .routes(routes!(reports::funnel::show))
        .routes(routes!(reports::paths::show))
        .routes(routes!(reports::tickets::export))
        .routes(routes!(conversions::list))
        .routes(routes!(conversions::explain))
        .routes(routes!(conversions::one))
        .routes(routes!(anomalies::list))
        .routes(routes!(anomalies::counts))
        .routes(routes!(anomalies::one))
        .routes(routes!(anomalies::fingerprint))
        .routes(routes!(changes::follow))
}

/// What can be read as it was at any moment.
fn reads_of_any_moment() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(conversations::one))
        .routes(routes!(conversations::timeline))
        .routes(routes!(conversations::tickets))
        .routes(routes!(thread::of))
        .routes(routes!(history::of))
        .routes(routes!(windows::of))
        .routes(routes!(why::of))
        .routes(routes!(queue::counts))
}

/// The directory: a log of its own. What it tells may be joined with what the views have.
fn maintained() -> OpenApiRouter<State> {
    macro_rules! kinds {
        ($($kind:ident)*) => {
            OpenApiRouter::new()
                $(.routes(routes!(directory::$kind::list, directory::$kind::put_all))
                .routes(routes!(directory::$kind::one, directory::$kind::put, directory::$kind::delete)))*
        };
    }
    kinds!(accounts rate_cards templates channels teams agents departments classifications plans campaigns ads links ad_spend)
        .routes(routes!(links::numbers))
        .routes(routes!(links::svg))
        .routes(routes!(links::png))
}

fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::status))
        .routes(routes!(health::metrics))
        .routes(routes!(health::description))
        .routes(routes!(peers::ask))
        .routes(routes!(me::tell))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
}

/// What operators do.
fn administration() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(rebuilds::list, rebuilds::start))
        .routes(routes!(rebuilds::one, rebuilds::cancel))
        .routes(routes!(rebuilds::follow))
        .routes(routes!(rebuilds::rollback))
        .routes(routes!(rebuilds::prune))
        .routes(routes!(conversions::retry))
}

/// What people write is in the answers: no browser may take it for anything but what it is said to be.
async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}
