//! What the description of the API says of access: made from the tables of the crate `access`, so that it cannot say otherwise.

use origem_access::{Need, Who, features, rules};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, PathItem, Ref, RefOr, ResponseBuilder};

/// By what callers prove who they are, each with its form and where it comes from.
const SCHEMES: [(&str, &str, &str); 2] = [
    (
        "key",
        "origem_<id>_<secret>",
        "A key of `origem keys create` or `POST /v1/keys`, or the token of operators or producers of the settings. Where nothing is \
         configured to prove oneself with and there never was a key, none is needed",
    ),
    (
        "jwt",
        "JWT",
        "A token of whoever else knows our users: claims `sub`, `role`, `account`, `exp`",
    ),
];

/// Refusals that any route with a key may answer: name, status, what it means.
const REFUSALS: [(&str, &str, &str); 3] = [
    ("Unproven", "401", "No key, or one that is not valid"),
    (
        "Denied",
        "403",
        "`forbidden`: not for this role, or of another account; `feature_off`: the plan of the account leaves it out; `not_visible`: \
         the caller does not see this conversation",
    ),
    (
        "TooManyAttempts",
        "429",
        "Many wrong keys came from this address; `Retry-After` says when to come again. Never of a right key",
    ),
];

/// Adds to every operation who may ask it, by what that is proved, and which feature it needs.
pub(super) fn told(mut api: OpenApi) -> OpenApi {
    let components = api.components.get_or_insert_with(Components::new);
    for (name, form, help) in SCHEMES {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let scheme = scheme.bearer_format(form).description(Some(help)).build();
        components.add_security_scheme(name, SecurityScheme::Http(scheme));
    }
    for (name, _, help) in REFUSALS {
        components.responses.insert(name.to_owned(), RefOr::T(refusal(help)));
    }
    for (pattern, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            tell(operation, method, pattern);
        }
    }
    api
}

fn refusal(help: &str) -> Response {
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(help)
        .content("application/json", problem)
        .build()
}

/// The operations of a path, by method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem {
        get, put, post, delete, ..
    } = item;
    [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete)]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn tell(operation: &mut Operation, method: &str, pattern: &str) {
    let extensions = operation.extensions.get_or_insert_with(Extensions::default);
    if let Some(Need::Feature(feature)) = features::http(pattern) {
        extensions.insert("x-feature".to_owned(), feature.name().into());
    }
    let Some(Who::Roles(roles)) = rules::http(method, pattern) else {
        // Everybody; or a proof of its own, which the route describes.
        operation.security = Some(Vec::new());
        return;
    };
    let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    extensions.insert("x-roles".to_owned(), roles.into());
    let by = |(name, ..): (&str, &str, &str)| SecurityRequirement::new(name, [""; 0]);
    operation.security = Some(SCHEMES.map(by).into());
    for (name, status, _) in REFUSALS {
        let told = operation.responses.responses.entry(status.to_owned());
        told.or_insert_with(|| RefOr::Ref(Ref::from_response_name(name)));
    }
}
