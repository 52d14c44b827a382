//! Who calls, proved before anything of a call is read; and what that caller sees. The rules are those of the crate `access`.

use std::net::SocketAddr;

use origem_access::{Caller, Denied, Who, rules, sees};
use origem_domain::access::Sight;
use origem_domain::key::ConversationId;
use tonic::metadata::MetadataMap;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::access::{Access, now};
use crate::refusal::Refusal;

/// Lets those into a service who may call it. The caller goes with the request.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) access: Access,
    /// Its full name.
    pub(crate) service: &'static str,
}

impl Interceptor for Gate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let caller = proven(&self.access, request.metadata(), request.remote_addr())?;
        let who = rules::grpc(self.service).unwrap_or(Who::Roles(&[]));
        self.access.guard().admit(&caller, who).map_err(Refusal::from)?;
        request.extensions_mut().insert(caller);
        Ok(request)
    }
}

/// Whoever the metadata proves, of a call from that address.
///
/// # Errors
/// `Unproven`.
fn proven(access: &Access, metadata: &MetadataMap, from: Option<SocketAddr>) -> Result<Caller, Refusal> {
    let shown = metadata.get("authorization").map(|value| value.as_bytes());
    let from = from.map(|address| address.ip());
    Ok(access.guard().caller_from(&access.directory(), shown, now(), from)?)
}

/// Whoever the gate let in with a request.
///
/// # Errors
/// `Unproven` where there was no gate.
pub(crate) fn caller<T>(request: &Request<T>) -> Result<Caller, Refusal> {
    let caller = request.extensions().get::<Caller>().cloned();
    Ok(caller.ok_or(origem_access::Unproven::Missing)?)
}

/// That the caller sees a conversation as it is now; of one that is not there, whoever is asked says so.
///
/// # Errors
/// `NotVisible`; what the engine says.
pub(crate) async fn visible(access: &Access, caller: &Caller, id: ConversationId) -> Result<(), Refusal> {
    let sight = caller.sight(&access.directory());
    if sight == Sight::Everything {
        return Ok(());
    }
    match access.ask(move |engine| sees(engine, &sight, id)).await? {
        Some(false) => Err(Refusal::NotVisible),
        Some(true) | None => Ok(()),
    }
}

/// The account of a request.
///
/// # Errors
/// `Denied` for another than the caller's.
pub(crate) fn account(access: &Access, caller: &Caller, told: Option<&str>) -> Result<String, Denied> {
    let told = told.filter(|account| !account.is_empty()).map(str::to_owned);
    caller.account(told, &access.options().account)
}
