//! `origem links`: custom links taken in, listed, and drawn as QR codes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use axum::http::Method;
use origem_domain::directory::{Item, Kind};
use origem_wire::directory::{Named, read_links, read_many, write_links};
use origem_wire::qr::{Correction, Picture};
use serde_json::{Value, json};

use super::rates::{asked, of, print};
use crate::api::Api;
use crate::args::{Links, LinksAction, PictureKind, Place};
use crate::config::Config;
use crate::failure::Failure;

const ROUTE: &str = "/v1/links";

const LINKS: &[(&str, &[&str])] = &[
    ("code", &["/id"]),
    ("name", &["/name"]),
    ("channel", &["/channel"]),
    ("text", &["/text"]),
    ("campaign", &["/campaign_id"]),
    ("expires", &["/expires_at"]),
];

/// Carries an action out.
pub fn run(args: &Links) -> Result<(), Failure> {
    match &args.action {
        LinksAction::Load { file, place } => {
            let links = links(file).map_err(|failure| nothing_taken(failure, file))?;
            let answer = put(place, vec![(Kind::Link, links)])?;
            print(place, &answer, LINKS, one)
        }
        LinksAction::List { place } => {
            let answer = asked(place, Api::open, |api| api.get(&format!("{ROUTE}{}", of(place))))?;
            print(place, &answer, LINKS, one)
        }
        LinksAction::Qr {
            out,
            picture,
            scale,
            correction,
            base,
            prefix,
            place,
        } => {
            let correction = Correction::named(correction)
                .ok_or_else(|| Failure::usage(format!("`{correction}` is none of L, M, Q, H")))?;
            let base = base_of(base.as_deref(), place)?;
            let answer = asked(place, Api::open, |api| api.get(&format!("{ROUTE}{}", of(place))))?;
            let links = read_many(Kind::Link, answer.to_string().as_bytes())?;
            let links: Vec<Named> = links.into_iter().filter(|(code, _)| code.starts_with(prefix)).collect();
            let written = draw(out, &links, &base, |address| {
                let drawn = Picture::of(address, correction)?;
                Ok(match picture {
                    PictureKind::Svg => ("svg", drawn.svg(*scale).into_bytes()),
                    PictureKind::Png => ("png", drawn.png(*scale)?),
                })
            })?;
            let told = json!({"links": written, "directory": out.display().to_string()});
            writeln!(std::io::stdout(), "{told}")?;
            Ok(())
        }
    }
}

/// The links of a file. What is wrong with them is told before anything is opened.
fn links(file: &Path) -> Result<Vec<Named>, Failure> {
    let body = read(file)?;
    Ok(if is_json(&body) {
        read_many(Kind::Link, &body)?
    } else {
        read_links(&body)?
    })
}

/// The bytes of a file, or of standard input.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut body)?;
    } else {
        body = fs::read(file)?;
    }
    Ok(body)
}

/// Whether a file holds JSON, by its first sign.
pub(super) fn is_json(body: &[u8]) -> bool {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'[' | b'{'))
}

/// Says of which file nothing was taken.
pub(super) fn nothing_taken(failure: Failure, file: &Path) -> Failure {
    failure.context(format!("nothing was taken from {}", file.display()))
}

/// Writes entries to the directory, those of a file all or none; gives all of them.
pub(super) fn put(place: &Place, files: Vec<(Kind, Vec<Named>)>) -> Result<Value, Failure> {
    let named = |(id, item): &Named| {
        let mut entry = json!(item);
        entry["id"] = json!(id);
        entry
    };
    asked(place, Api::open_or_begin, |api| {
        let mut written = Vec::new();
        for (kind, entries) in &files {
            let entries: Vec<Value> = entries.iter().map(named).collect();
            let path = format!("/v1/{}{}", kind.plural(), of(place));
            let mut answer = api.send(&Method::PUT, &path, Some(&Value::Array(entries)))?;
            if let Value::Array(items) = answer["items"].take() {
                written.extend(items);
            }
        }
        Ok(json!({ "items": written }))
    })
}

/// An entry in one line.
pub(super) fn one(entry: &Value) -> Vec<Value> {
    vec![entry.clone()]
}

/// Where the outside reaches the server, without a slash at its end.
fn base_of(told: Option<&str>, place: &Place) -> Result<String, Failure> {
    let base = match (told, &place.url) {
        (Some(base), _) => Some(base.to_owned()),
        (None, Some(url)) => Some(url.clone()),
        (None, None) => Config::load(&place.settings, &[])?.http.public_url,
    };
    let base = base.filter(|base| base.starts_with("http://") || base.starts_with("https://"));
    let base = base.ok_or_else(|| {
        Failure::usage("where do the links lead? Tell --base https://origem.example, or set public_url".to_owned())
    })?;
    Ok(base.trim_end_matches('/').to_owned())
}

/// Draws each link and writes the table of their addresses; how many there are.
fn draw(
    out: &Path,
    links: &[Named],
    base: &str,
    picture: impl Fn(&str) -> Result<(&'static str, Vec<u8>), Failure>,
) -> Result<usize, Failure> {
    fs::create_dir_all(out).map_err(|error| Failure::from(error).context(format!("cannot make {}", out.display())))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        fs::write(&path, bytes)
            .map_err(|error| Failure::from(error).context(format!("cannot write {}", path.display())))
    };
    for (code, _) in links {
        let (kind, bytes) = picture(&format!("{base}/l/{code}"))?;
        write(&format!("{code}.{kind}"), &bytes)?;
    }
    let table = links.iter().filter_map(|(code, item)| match item {
        Item::Link(link) => Some((code.as_str(), link)),
        _ => None,
    });
    write("links.csv", &write_links(table, base))?;
    Ok(links.len())
}
