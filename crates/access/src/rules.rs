//! What each role may ask: the one table of it, for HTTP and gRPC.
//!
//! A route that is not here is refused to everybody who has to prove who they are, and a test fails that tries every route: whoever
//! adds a route adds it to a row here, or a row. What of an answer a caller sees is another matter: [`crate::Caller::sight`].

use origem_domain::access::Role;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, without a key.
    Anybody,
    /// Whoever proves itself in another way, which the route sees to: providers by their signatures, other instances by their token.
    Signed,
    /// Whoever has a key of one of these roles.
    Roles(&'static [Role]),
}

/// Every role.
const ALL: Who = Who::Roles(&Role::ALL);
/// Those who work with conversations.
const READERS: Who = Who::Roles(&[Role::Agent, Role::Manager, Role::Administrator, Role::Operator]);
/// Those who see all of their account.
const MANAGERS: Who = Who::Roles(&[Role::Manager, Role::Administrator, Role::Operator]);
/// Those who maintain their account.
const ADMINISTRATORS: Who = Who::Roles(&[Role::Administrator, Role::Operator]);
/// Those who look after the installation.
const OPERATORS: Who = Who::Roles(&[Role::Operator]);
/// Those who bring events.
const PRODUCERS: Who = Who::Roles(&[Role::Producer, Role::Administrator, Role::Operator]);

/// Some routes: methods, patterns as the description of the API has them, and who may ask.
struct Row(&'static [&'static str], &'static [&'static str], Who);

const READ: &[&str] = &["GET"];
const PUT: &[&str] = &["PUT"];
const CHANGE: &[&str] = &["PUT", "DELETE"];
const POST: &[&str] = &["POST"];

const HTTP: &[Row] = &[
    Row(
        READ,
        &["/healthz", "/readyz", "/openapi.json", "/l/{code}"],
        Who::Anybody,
    ),
    Row(&["GET", "POST"], &["/webhooks/meta"], Who::Signed),
    Row(POST, &["/webhooks/{source}", "/internal/v1/ask"], Who::Signed),
    Row(POST, &["/v1/events", "/v1/deliveries"], PRODUCERS),
    Row(READ, &["/v1/me"], ALL),
    // Conversations: of each, only what the caller sees.
    Row(
        READ,
        &[
            "/v1/conversations",
            "/v1/conversations/{id}",
            "/v1/conversations/{id}/timeline",
            "/v1/conversations/{id}/timeline/{touch}",
            "/v1/conversations/{id}/tickets",
            "/v1/conversations/{id}/thread",
            "/v1/conversations/{id}/windows",
            "/v1/conversations/{id}/why",
            "/v1/conversations/{id}/history",
            "/v1/conversations/{id}/neighbours",
            "/v1/queue",
            "/v1/send-options",
            "/v1/changes",
        ],
        READERS,
    ),
    // Commands: what each may do to which ticket is decided with the ticket at hand.
    Row(
        POST,
        &[
            "/v1/conversations/{id}/claim",
            "/v1/conversations/{id}/assign",
            "/v1/conversations/{id}/transfer",
            "/v1/conversations/{id}/takeover",
            "/v1/conversations/{id}/finish",
            "/v1/conversations/{id}/reopen",
            "/v1/conversations/{id}/notes",
            "/v1/conversations/{id}/contact",
            "/v1/conversations/{id}/stage",
            "/v1/conversations/{id}/lead",
            "/v1/outreach",
        ],
        READERS,
    ),
    // The directory.
    Row(
        READ,
        &[
            "/v1/accounts",
            "/v1/accounts/{id}",
            "/v1/rate-cards",
            "/v1/rate-cards/{id}",
            "/v1/templates",
            "/v1/templates/{id}",
            "/v1/channels",
            "/v1/channels/{id}",
            "/v1/teams",
            "/v1/teams/{id}",
            "/v1/agents",
            "/v1/agents/{id}",
            "/v1/departments",
            "/v1/departments/{id}",
            "/v1/classifications",
            "/v1/classifications/{id}",
            "/v1/plans",
            "/v1/plans/{id}",
            "/v1/campaigns",
            "/v1/campaigns/{id}",
            "/v1/ads",
            "/v1/ads/{id}",
            "/v1/links",
            "/v1/links/{id}",
            "/v1/links/{id}/qr.svg",
            "/v1/links/{id}/qr.png",
        ],
        READERS,
    ),
    Row(PUT, &["/v1/templates", "/v1/links", "/v1/ad-spend"], MANAGERS),
    Row(
        CHANGE,
        &["/v1/templates/{id}", "/v1/links/{id}", "/v1/ad-spend/{id}"],
        MANAGERS,
    ),
    Row(
        PUT,
        &[
            "/v1/accounts",
            "/v1/rate-cards",
            "/v1/channels",
            "/v1/teams",
            "/v1/agents",
            "/v1/departments",
            "/v1/classifications",
            "/v1/campaigns",
            "/v1/ads",
        ],
        ADMINISTRATORS,
    ),
    Row(
        CHANGE,
        &[
            "/v1/accounts/{id}",
            "/v1/rate-cards/{id}",
            "/v1/channels/{id}",
            "/v1/teams/{id}",
            "/v1/agents/{id}",
            "/v1/departments/{id}",
            "/v1/classifications/{id}",
            "/v1/campaigns/{id}",
            "/v1/ads/{id}",
        ],
        ADMINISTRATORS,
    ),
    // Nobody gives itself a plan. Which one an account has is told by its entry: there it is asked who writes it.
    Row(PUT, &["/v1/plans"], OPERATORS),
    Row(CHANGE, &["/v1/plans/{id}"], OPERATORS),
    Row(
        READ,
        &[
            "/v1/ad-spend",
            "/v1/ad-spend/{id}",
            "/v1/accounts/{id}/usage",
            "/v1/reports/spend",
            "/v1/reports/origins",
            "/v1/reports/funnel",
            "/v1/reports/paths",
            "/v1/reports/tickets",
            "/v1/links/{id}/numbers",
            "/v1/conversions",
            "/v1/conversions/explain",
            "/v1/conversions/{id}",
        ],
        MANAGERS,
    ),
    Row(&["GET", "POST"], &["/v1/keys"], ADMINISTRATORS),
    Row(&["DELETE"], &["/v1/keys/{id}"], ADMINISTRATORS),
    // The installation.
    Row(
        READ,
        &[
            "/metrics",
            "/v1/status",
            "/v1/anomalies",
            "/v1/anomalies/counts",
            "/v1/anomalies/{position}",
            "/v1/fingerprint",
            "/v1/admin/rebuilds",
            "/v1/admin/rebuilds/{id}",
            "/v1/admin/rebuilds/{id}/events",
        ],
        OPERATORS,
    ),
    Row(
        POST,
        &[
            "/v1/admin/rebuilds",
            "/v1/admin/rollback",
            "/v1/admin/prune",
            "/v1/admin/conversions/{id}/retry",
        ],
        OPERATORS,
    ),
    Row(&["DELETE"], &["/v1/admin/rebuilds/{id}"], OPERATORS),
];

/// Services of the gRPC API, by full name.
const GRPC: &[(&str, Who)] = &[
    ("grpc.health.v1.Health", Who::Anybody),
    ("grpc.reflection.v1.ServerReflection", Who::Anybody),
    ("origem.api.v1.Conversations", READERS),
    ("origem.api.v1.Changes", READERS),
    ("origem.api.v1.Producers", PRODUCERS),
    ("origem.api.v1.Operations", OPERATORS),
];

/// Who may ask a route of the HTTP API; `None` where nobody has said.
#[must_use]
pub fn http(method: &str, pattern: &str) -> Option<Who> {
    // Whoever may read may ask whether there is something to read.
    let method = if method == "HEAD" { "GET" } else { method };
    let row = HTTP
        .iter()
        .find(|Row(methods, patterns, _)| methods.contains(&method) && patterns.contains(&pattern));
    row.map(|Row(_, _, who)| *who)
}

/// Whether the table has that pattern with any method.
#[must_use]
pub fn knows(pattern: &str) -> bool {
    HTTP.iter().any(|Row(_, patterns, _)| patterns.contains(&pattern))
}

/// Every route of the table: method and pattern.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    HTTP.iter().flat_map(|Row(methods, patterns, _)| {
        methods
            .iter()
            .flat_map(move |method| patterns.iter().map(move |pattern| (*method, *pattern)))
    })
}

/// Who may call a service of the gRPC API; `None` where nobody has said.
#[must_use]
pub fn grpc(service: &str) -> Option<Who> {
    GRPC.iter().find(|(name, _)| *name == service).map(|(_, who)| *who)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_route_is_in_two_rows() {
        let mut seen = BTreeSet::new();
        for route in routes() {
            assert!(seen.insert(route), "{route:?} is told twice");
        }
    }

    #[test]
    fn a_head_is_a_get_and_what_is_not_told_is_nobodys() {
        assert_eq!(http("HEAD", "/v1/queue"), http("GET", "/v1/queue"));
        assert_eq!(http("DELETE", "/v1/queue"), None);
        assert_eq!(http("GET", "/v1/nonsense"), None);
        assert!(knows("/v1/queue") && !knows("/v1/nonsense"));
    }
}
