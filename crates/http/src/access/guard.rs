//! One layer before all routes: who calls, whether its role may ask, whether the plan of its account includes what it asks for,
//! whether it sees the conversation.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, Request, State as Shared};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::Response;
use origem_access::{Need, Who, features, rules};
use origem_domain::directory::Feature;
use origem_engine::ErrorCode;
use origem_engine::query::Recipient;

use crate::access::{Caller, visible};
use crate::error::Refusal;
use crate::state::State;
use crate::{params, position};

/// What all routes about one conversation begin with. Commands on it are decided on what is there when they are carried out.
const CONVERSATION: &str = "/v1/conversations/{id}";
/// The routes that are told of a recipient, whose account they have to look for.
pub(crate) const OUTREACH: &str = "/v1/outreach";
pub(crate) const SEND_OPTIONS: &str = "/v1/send-options";

/// Lets a request through to its route if the rules say so.
pub(crate) async fn guard(
    Shared(state): Shared<State>,
    segments: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let Some(pattern) = request.extensions().get::<MatchedPath>().cloned() else {
        // There is no such route.
        return Ok(next.run(request).await);
    };
    let pattern = pattern.as_str();
    let rule = rule(&state, request.method(), pattern);
    if let Some(Who::Anybody | Who::Signed) = rule {
        return Ok(next.run(request).await);
    }
    let caller = Caller::proven(&state, request.headers(), request.extensions())?;
    match rule {
        Some(who) => state.guard().admit(&caller, who)?,
        // The routes of a build that somebody works on, where nobody has to prove who they are.
        None if caller.open => {}
        None if rules::knows(pattern) => return Err(Refusal::Method),
        None => return Err(Refusal::NoRule),
    }
    // As the route reads it, which is not as it stands in the path: there it may be percent-encoded.
    let segments = segments.ok();
    let id = segments.iter().flatten().find(|(name, _)| *name == "id");
    let id = id.map_or("", |(_, id)| id);
    match features::http(pattern) {
        Some(Need::Feature(feature)) => included(&state, &caller, feature, pattern, id, request.uri()).await?,
        Some(Need::Nothing) => {}
        None if caller.open => {}
        None => return Err(Refusal::NoRule),
    }
    if pattern.starts_with(CONVERSATION) && matches!(*request.method(), Method::GET | Method::HEAD) {
        match params::conversation(id) {
            Ok(id) => {
                // What the caller has just written may be what lets it see.
                let headers = request.headers().clone();
                position::reached(&state, &headers).await?;
                visible(&state, &caller, id).await?;
            }
            // Where nobody has to prove who they are, the route says what it is.
            Err(_) if caller.open => {}
            Err(refusal) => return Err(refusal),
        }
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// That the plan of the account that is asked of includes a feature.
///
/// # Errors
/// `Denied`; what the engine says.
async fn included(
    state: &State,
    caller: &Caller,
    feature: Feature,
    pattern: &str,
    id: &str,
    uri: &Uri,
) -> Result<(), Refusal> {
    let directory = state.engine().directory().snapshot();
    if !state.guard().asks_plans(&directory, caller) {
        return Ok(());
    }
    let account = match &caller.account {
        Some(own) => Some(own.clone()),
        // Whoever is of none, because nobody has to prove who they are, asks of any.
        None if pattern.starts_with(CONVERSATION) => account_of(state, id).await?,
        None if [OUTREACH, SEND_OPTIONS].contains(&pattern) => return Ok(()),
        None => {
            let mut told = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            told.find(|(name, _)| name == "account")
                .map(|(_, account)| account.into_owned())
        }
    };
    let account = account.as_deref().unwrap_or(&state.options().account);
    Ok(state.guard().includes(&directory, caller, account, feature)?)
}

/// The same of a route that is told of a recipient, where the caller is of no account: that of the recipient counts.
///
/// # Errors
/// `Denied`; what the engine says.
pub(crate) async fn included_to(state: &State, caller: &Caller, pattern: &str, to: &Recipient) -> Result<(), Refusal> {
    let directory = state.engine().directory().snapshot();
    if caller.account.is_some() || !state.guard().asks_plans(&directory, caller) {
        return Ok(());
    }
    let Some(Need::Feature(feature)) = features::http(pattern) else {
        return Ok(());
    };
    let to = to.clone();
    let account = state.ask(move |engine| engine.account_of(&to)).await?;
    Ok(state.guard().includes(&directory, caller, &account, feature)?)
}

/// The account of a conversation; `None`: there is none, which the route says.
async fn account_of(state: &State, id: &str) -> Result<Option<String>, Refusal> {
    let Ok(id) = params::conversation(id) else {
        return Ok(None);
    };
    let asked = state.ask(move |engine| match engine.conversation(id) {
        Ok(found) => Ok(Some(found.card.account)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    });
    asked.await
}

fn rule(state: &State, method: &Method, pattern: &str) -> Option<Who> {
    let who = rules::http(method.as_str(), pattern)?;
    Some(if pattern == "/metrics" {
        state.guard().of_metrics(who)
    } else {
        who
    })
}
