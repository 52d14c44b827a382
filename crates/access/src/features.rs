//! Which route needs what of a plan: the one table of it, beside that of roles.
//!
//! What an account has not booked is refused at its routes, whatever the role of the caller. Every route stands here, also those that
//! need nothing: a test fails for one that does not, so that whoever adds a route has thought of it. Of the gRPC API no service needs
//! anything. Who is bound by plans at all: [`crate::Guard::includes`].

use origem_domain::directory::Feature;

/// What a route needs of the plan of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It is there for every account.
    Nothing,
    /// Nothing is answered while this is switched off.
    Feature(Feature),
}

const QUEUE: Need = Need::Feature(Feature::Queue);
const LINKS: Need = Need::Feature(Feature::Links);
const CAMPAIGNS: Need = Need::Feature(Feature::Campaigns);
const REPORTS: Need = Need::Feature(Feature::Reports);
const CONVERSIONS: Need = Need::Feature(Feature::Conversions);
const WINDOWS: Need = Need::Feature(Feature::Windows);

/// What patterns of routes need, with every method.
const HTTP: &[(Need, &[&str])] = &[
    (
        QUEUE,
        &[
            "/v1/queue",
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
    ),
    (
        LINKS,
        &[
            "/v1/links",
            "/v1/links/{id}",
            "/v1/links/{id}/qr.svg",
            "/v1/links/{id}/qr.png",
            "/v1/links/{id}/numbers",
        ],
    ),
    (
        CAMPAIGNS,
        &["/v1/campaigns", "/v1/campaigns/{id}", "/v1/ads", "/v1/ads/{id}"],
    ),
    (
        REPORTS,
        &[
            "/v1/reports/origins",
            "/v1/reports/funnel",
            "/v1/reports/paths",
            "/v1/reports/tickets",
            "/v1/reports/spend",
            "/v1/ad-spend",
            "/v1/ad-spend/{id}",
        ],
    ),
    (
        CONVERSIONS,
        &["/v1/conversions", "/v1/conversions/explain", "/v1/conversions/{id}"],
    ),
    (WINDOWS, &["/v1/conversations/{id}/windows", "/v1/send-options"]),
    (
        Need::Nothing,
        &[
            "/healthz",
            "/readyz",
            "/openapi.json",
            "/metrics",
            // A link that was printed leads customers to their chat whatever was booked since.
            "/l/{code}",
            "/webhooks/meta",
            "/webhooks/{source}",
            "/internal/v1/ask",
            "/v1/events",
            "/v1/deliveries",
            "/v1/me",
            "/v1/changes",
            "/v1/conversations",
            "/v1/conversations/{id}",
            "/v1/conversations/{id}/timeline",
            "/v1/conversations/{id}/timeline/{touch}",
            "/v1/conversations/{id}/tickets",
            "/v1/conversations/{id}/thread",
            "/v1/conversations/{id}/why",
            "/v1/conversations/{id}/history",
            "/v1/conversations/{id}/neighbours",
            "/v1/accounts",
            "/v1/accounts/{id}",
            "/v1/accounts/{id}/usage",
            "/v1/plans",
            "/v1/plans/{id}",
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
            "/v1/keys",
            "/v1/keys/{id}",
            // What operators do for all accounts.
            "/v1/status",
            "/v1/anomalies",
            "/v1/anomalies/counts",
            "/v1/anomalies/{position}",
            "/v1/fingerprint",
            "/v1/admin/rebuilds",
            "/v1/admin/rebuilds/{id}",
            "/v1/admin/rebuilds/{id}/events",
            "/v1/admin/rollback",
            "/v1/admin/prune",
            "/v1/admin/conversions/{id}/retry",
        ],
    ),
];

/// What a route of the HTTP API needs; `None` where nobody has said.
#[must_use]
pub fn http(pattern: &str) -> Option<Need> {
    let row = HTTP.iter().find(|(_, patterns)| patterns.contains(&pattern));
    row.map(|(need, _)| *need)
}

/// Every pattern of the table.
pub fn patterns() -> impl Iterator<Item = &'static str> {
    HTTP.iter().flat_map(|(_, patterns)| patterns.iter().copied())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules;

    #[test]
    fn both_tables_have_the_same_routes_and_none_twice() {
        let told: Vec<&str> = patterns().collect();
        let needs: BTreeSet<&str> = told.iter().copied().collect();
        assert_eq!(needs.len(), told.len(), "a route is told twice");
        let ruled: BTreeSet<&str> = rules::routes().map(|(_, pattern)| pattern).collect();
        let missing: Vec<_> = ruled.symmetric_difference(&needs).collect();
        assert!(
            missing.is_empty(),
            "{missing:?}: a route of crates/access/src/rules.rs stands in crates/access/src/features.rs too, with the feature it needs or `Nothing`"
        );
    }

    #[test]
    fn every_feature_switches_something() {
        for feature in Feature::ALL {
            let switches = |(need, _): &&(Need, &[&str])| *need == Need::Feature(feature);
            assert!(HTTP.iter().any(|row| switches(&row)), "{feature:?}");
        }
        assert_eq!(http("/v1/nonsense"), None);
    }
}
