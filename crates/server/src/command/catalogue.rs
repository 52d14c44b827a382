//! `origem catalogue`: ads, campaigns and links as their systems export them, taken into the directory.

use std::path::{Path, PathBuf};

use origem_domain::directory::Kind;
use origem_wire::directory::{Named, read_ads, read_campaigns, read_links, read_many};

use super::links::{is_json, nothing_taken, one, put, read};
use super::rates::print;
use crate::args::{Catalogue, CatalogueAction, CatalogueKind};
use crate::failure::Failure;

const COLUMNS: &[(&str, &[&str])] = &[
    ("id", &["/id"]),
    ("name", &["/name", "/names/0/ad"]),
    ("ad set", &["/names/0/ad_set"]),
    ("campaign", &["/names/0/campaign", "/campaign_id"]),
    ("platform", &["/platform"]),
    ("written", &["/updated_at"]),
];

/// Carries an action out.
pub fn run(args: &Catalogue) -> Result<(), Failure> {
    let CatalogueAction::Load { files, kind, place } = &args.action;
    let read = |file: &PathBuf| entries(file, *kind).map_err(|failure| nothing_taken(failure, file));
    // All are read before anything is written.
    let all = files.iter().map(read).collect::<Result<Vec<_>, Failure>>()?;
    let answer = put(place, all)?;
    print(place, &answer, COLUMNS, one)
}

/// The entries of a file. What is wrong with them is told before anything is opened.
fn entries(file: &Path, told: Option<CatalogueKind>) -> Result<(Kind, Vec<Named>), Failure> {
    let body = read(file)?;
    let kind = told.or_else(|| kind_of(&body)).ok_or_else(|| {
        Failure::usage(
            "the columns tell nothing of ads, campaigns or links: tell --kind ads, campaigns or links".to_owned(),
        )
    })?;
    let (kind, read): (Kind, fn(&[u8]) -> _) = match kind {
        CatalogueKind::Ads => (Kind::Ad, read_ads),
        CatalogueKind::Campaigns => (Kind::Campaign, read_campaigns),
        CatalogueKind::Links => (Kind::Link, read_links),
    };
    let entries = if is_json(&body) {
        read_many(kind, &body)
    } else {
        read(&body)
    };
    Ok((kind, entries?))
}

/// What a table holds, by its line of names; JSON says nothing of it.
fn kind_of(body: &[u8]) -> Option<CatalogueKind> {
    if is_json(body) {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let head = text.lines().find(|line| !line.trim().is_empty())?.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| head.contains(word));
    // An export of ads names their campaigns, too.
    if has(&["ad id", "ad_id", "do anúncio"]) {
        Some(CatalogueKind::Ads)
    } else if has(&["channel", "canal"]) {
        Some(CatalogueKind::Links)
    } else if has(&["campaign", "campanha", "dispatched", "dashboard"]) {
        Some(CatalogueKind::Campaigns)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_tell_what_a_file_holds() {
        for (head, kind) in [
            ("Ad ID,Ad name,Campaign ID,Campaign name\n", Some(CatalogueKind::Ads)),
            (
                "\n\u{feff}Identificação do anúncio;Nome da campanha\n",
                Some(CatalogueKind::Ads),
            ),
            ("code,name,channel,campaign_id\n", Some(CatalogueKind::Links)),
            ("Campaign ID,Campaign name\n", Some(CatalogueKind::Campaigns)),
            ("id,name,dashboard_url\n", Some(CatalogueKind::Campaigns)),
            ("id,name\n", None),
            ("[{\"id\":\"ad id\"}]", None),
            ("", None),
        ] {
            assert_eq!(kind_of(head.as_bytes()), kind, "{head}");
        }
    }
}
