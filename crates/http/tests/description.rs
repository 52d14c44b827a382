//! The description of the API is complete: nothing is served that it does not name, nothing is named that is not served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use axum::http::Method;
use common::{edge, options, request};
use origem_access::{Need, Who, features, rules};
use serde_json::{Value, json};

/// Operations of the description: method and path.
fn operations(description: &Value) -> Vec<(String, String)> {
    let paths = description["paths"].as_object().unwrap().iter();
    let named = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    named.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_named_route_is_served() {
    let edge = edge(options());
    let description = edge.get("/openapi.json").await.json();
    let operations = operations(&description);
    assert!(operations.len() >= 16, "{operations:?}");
    for (method, path) in operations {
        let path = path.replace("{source}", "event");
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = edge.response(request(method.clone(), &path, &[], "{}")).await;
        assert_ne!(answer.status(), 405, "{method} {path}");
        if answer.status() == 404 {
            assert!(
                path.contains("{id}") || path == "/l/{code}" || path.starts_with("/internal"),
                "{method} {path}"
            );
        }
    }
}

/// `routes!` documents what it serves. So it must be the only way a route comes to be.
#[test]
fn every_served_route_is_named() {
    fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut files);
    assert!(files.len() > 15);
    for (path, text) in files {
        for undocumented in [".route(", ".route_service(", ".nest_service(", "Router::route"] {
            assert!(
                !text.contains(undocumented),
                "{path} adds a route that is not documented: {undocumented}"
            );
        }
    }
}

#[tokio::test]
async fn every_operation_is_described_and_every_reference_resolves() {
    let edge = edge(options());
    let description = edge.get("/openapi.json").await.json();
    let mut ids = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].to_string();
            assert!(ids.insert(id.clone()), "two operations are called {id}");
            let summary = operation["summary"].as_str().unwrap_or_default();
            assert!(!summary.is_empty(), "{method} {path} says nothing");
            let mut named: Vec<_> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            named.retain(|name| !parameters.iter().any(|parameter| parameter["name"] == *name));
            assert!(named.is_empty(), "{method} {path} does not describe {named:?}");
        }
    }
    let mut references = Vec::new();
    collect(&description, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(description.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[tokio::test]
async fn every_operation_says_who_may_ask_it_and_how_that_is_proved() {
    let edge = edge(options());
    let description = edge.get("/openapi.json").await.json();
    let schemes = &description["components"]["securitySchemes"];
    for (name, form) in [("key", "origem_<id>_<secret>"), ("jwt", "JWT")] {
        let scheme = (
            &schemes[name]["type"],
            &schemes[name]["scheme"],
            &schemes[name]["bearerFormat"],
        );
        assert_eq!(scheme, (&json!("http"), &json!("bearer"), &json!(form)), "{name}");
    }
    for (method, path) in operations(&description) {
        let operation = &description["paths"][&path][method.to_lowercase()];
        let case = format!("{method} {path}: {operation}");
        let needed = match features::http(&path) {
            Some(Need::Feature(feature)) => json!(feature.name()),
            _ => Value::Null,
        };
        assert_eq!(operation["x-feature"], needed, "{case}");
        let Some(Who::Roles(roles)) = rules::http(&method, &path) else {
            assert_eq!(operation["security"], json!([]), "{case}");
            continue;
        };
        assert_eq!(operation["security"], json!([{"key": []}, {"jwt": []}]), "{case}");
        let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        assert_eq!(operation["x-roles"], json!(roles), "{case}");
        for status in ["401", "403", "429"] {
            assert!(operation["responses"][status].is_object(), "{status} of {case}");
        }
    }
}

/// All `$ref`s.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => found.push(reference.clone()),
                    member => collect(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
