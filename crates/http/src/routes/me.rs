//! The caller itself: what a page for people asks first.

use axum::Json;
use axum::extract::State as Shared;

use crate::access::Caller;
use crate::state::State;
use origem_wire::json::{self as wire, Problem};

/// Who calls: role, account, agent, teams, and which features there are for it.
#[utoipa::path(
    get, path = "/v1/me", tag = "access", operation_id = "get_me",
    responses(
        (status = 200, description = "The caller", body = wire::Me),
        (status = 401, description = "No key, or one that is not valid", body = Problem)
    )
)]
pub(super) async fn tell(Shared(state): Shared<State>, caller: Caller) -> Json<wire::Me> {
    let directory = state.engine().directory().snapshot();
    let known = caller.account.as_deref().zip(caller.agent.as_deref());
    let account = caller.account.as_deref().unwrap_or(&state.options().account);
    let me = wire::Me {
        role: caller.role.name(),
        agent: caller.agent.clone(),
        name: caller.name.clone(),
        account: caller.account.clone(),
        teams: Vec::new(),
        time_zone: directory.zone(account, state.options().time_zone).to_string(),
        open: caller.open,
        features: state.guard().features(&directory, &caller, account),
    };
    Json(me.with_agent(known.and_then(|(account, agent)| directory.agent(account, agent))))
}
