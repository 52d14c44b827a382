//! The QR code of a link: its address as a picture.

use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use origem_domain::directory::Kind;
use origem_wire::qr::{Correction, Picture, SCALE_MAX};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::error::Refusal;
use crate::links::public_base;
use crate::params::{Params, Segment};
use crate::state::State;
use origem_wire::json::Problem;

/// What the picture is like.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    /// The tenant; the server's own if not told.
    account: Option<String>,
    /// Error correction, how much of it may be lost: `L` 7 %, `M` 15 % (default), `Q` 25 %, `H` 30 %.
    #[param(example = "M")]
    correction: Option<String>,
    /// Pixels of each of the small squares: 8 if not told, 1 to 64.
    scale: Option<u32>,
}

/// The QR code of a link as SVG.
#[utoipa::path(
    get, path = "/v1/links/{id}/qr.svg", tag = "links", operation_id = "get_link_qr_svg",
    params(("id" = String, Path, description = "Code of the link"), Look),
    responses(
        (status = 200, description = "The picture", content_type = "image/svg+xml"),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such link", body = Problem)
    )
)]
pub(crate) async fn svg(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(look): Params<Look>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (picture, scale) = picture(&state, &caller, &id, look, &headers)?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], picture.svg(scale)).into_response())
}

/// The QR code of a link as PNG.
#[utoipa::path(
    get, path = "/v1/links/{id}/qr.png", tag = "links", operation_id = "get_link_qr_png",
    params(("id" = String, Path, description = "Code of the link"), Look),
    responses(
        (status = 200, description = "The picture", content_type = "image/png"),
        (status = 400, description = "A parameter makes no sense", body = Problem),
        (status = 404, description = "There is no such link", body = Problem)
    )
)]
pub(crate) async fn png(
    Shared(state): Shared<State>,
    caller: Caller,
    Segment(id): Segment,
    Params(look): Params<Look>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (picture, scale) = picture(&state, &caller, &id, look, &headers)?;
    let bytes = picture
        .png(scale)
        .map_err(|error| Refusal::Invalid(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], bytes).into_response())
}

fn picture(
    state: &State,
    caller: &Caller,
    id: &str,
    look: Look,
    headers: &HeaderMap,
) -> Result<(Picture, u32), Refusal> {
    let account = caller.account(state, look.account)?;
    state.engine().directory().snapshot().entry(&account, Kind::Link, id)?;
    let named = look.correction.as_deref().unwrap_or("M");
    let correction = Correction::named(named);
    let correction =
        correction.ok_or_else(|| Refusal::Invalid(format!("correction: `{named}` is none of L, M, Q, H")))?;
    let scale = look.scale.unwrap_or(8);
    if !(1..=SCALE_MAX).contains(&scale) {
        return Err(Refusal::Invalid(format!("scale: it must be 1 to {SCALE_MAX}")));
    }
    let address = format!("{}/l/{id}", public_base(state.options(), headers));
    let picture = Picture::of(&address, correction).map_err(|error| Refusal::Invalid(error.to_string()))?;
    Ok((picture, scale))
}
