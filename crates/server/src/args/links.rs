//! `origem links` and `origem catalogue`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::Place;

#[derive(Debug, ClapArgs)]
pub struct Links {
    #[command(subcommand)]
    pub action: LinksAction,
}

#[derive(Debug, Subcommand)]
pub enum LinksAction {
    /// Take links in: CSV or JSON; all of the file or nothing
    ///
    /// CSV has a line of names and a line a link: code, channel (KIND:ID) and, where wanted, name, text, hashtag, site, utm_source,
    /// utm_medium, utm_campaign, utm_term, utm_content, utm_id, campaign_id, expires_at. Other columns are passed over.
    ///
    /// A link leads to the handle of its channel in the directory: for WhatsApp the number customers write to.
    Load {
        /// The file; - is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Print the links there are
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Write a QR code for each link, and links.csv with the addresses
    Qr {
        /// The directory to write to; made if there is none
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// What the pictures are written as
        #[arg(long, value_name = "KIND", default_value = "svg")]
        picture: PictureKind,
        /// Pixels of each of the small squares
        #[arg(long, value_name = "PIXELS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
        scale: u32,
        /// How much may be lost: L 7 %, M 15 %, Q 25 %, H 30 % (with a logo over it)
        #[arg(long, value_name = "LETTER", default_value = "M")]
        correction: String,
        /// Where the outside reaches the server [default: the setting public_url, or --url]
        #[arg(long, value_name = "URL")]
        base: Option<String>,
        /// Only links whose code begins so
        #[arg(long, value_name = "TEXT", default_value = "")]
        prefix: String,
        #[command(flatten)]
        place: Place,
    },
}

/// What pictures are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PictureKind {
    /// For print at any size
    Svg,
    /// For screens and office programs
    Png,
}

#[derive(Debug, ClapArgs)]
pub struct Catalogue {
    #[command(subcommand)]
    pub action: CatalogueAction,
}

#[derive(Debug, Subcommand)]
pub enum CatalogueAction {
    /// Take ads, campaigns or links in: CSV as the ads manager exports it, or as you keep it, or JSON; all of a file or nothing
    ///
    /// Ads: Ad ID, Ad name, Ad set ID, Ad set name, Campaign ID, Campaign name, Platform, Placement, also in Portuguese. Campaigns:
    /// id, name, type, dispatched_at, image_url, dashboard_url. Links: see `origem links load --help`. Answers tell the names from
    /// then on, also of what happened before.
    Load {
        /// The files; - is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// What is in them [default: told by the columns]
        #[arg(long, value_name = "KIND")]
        kind: Option<CatalogueKind>,
        #[command(flatten)]
        place: Place,
    },
}

/// What a file of the catalogue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CatalogueKind {
    Ads,
    Campaigns,
    Links,
}
