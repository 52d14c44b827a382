//! Custom links, links with a `ref`, and hashtags.

use origem_domain::marks::code_from_number;

use super::trades::Trade;
use crate::rng::Rng;

/// A custom link to one of the WhatsApp numbers. What customers send is `text`, with the code at its end in brackets.
#[derive(Debug, Clone)]
pub struct Link {
    /// The click code, checksum included.
    pub code: String,
    /// Name.
    pub name: String,
    /// Place in `Business::channels`.
    pub channel: usize,
    /// The text filled in for the customer, without the code.
    pub text: String,
    /// The site it stands on.
    pub site: String,
    /// Its UTM parameters.
    pub utm: Utm,
}

/// UTM parameters.
#[derive(Debug, Clone)]
pub struct Utm {
    /// `utm_source`.
    pub source: &'static str,
    /// `utm_medium`.
    pub medium: &'static str,
    /// `utm_campaign`.
    pub campaign: &'static str,
}

/// A link to the page (`m.me`) or to Instagram (`ig.me`) with a `ref`.
#[derive(Debug, Clone)]
pub struct RefLink {
    /// The `ref`.
    pub reference: &'static str,
    /// What the business calls it.
    pub name: &'static str,
}

/// A hashtag that is known to the catalogue.
#[derive(Debug, Clone)]
pub struct Hashtag {
    /// The term as printed, without `#`.
    pub term: String,
    /// The campaign it belongs to.
    pub campaign_id: Option<String>,
}

const ROWS: [(&str, usize, &str, &str, Utm); 5] = [
    (
        "Site - página inicial",
        0,
        "Olá! Vim pelo site",
        "",
        utm("site", "organic", "institucional"),
    ),
    (
        "Site - preços",
        0,
        "Olá! Quero saber o preço de {}",
        "/precos",
        utm("site", "organic", "precos"),
    ),
    (
        "Google Ads - marca",
        0,
        "Oi, vi vocês no Google",
        "/lp/google",
        utm("google", "cpc", "marca"),
    ),
    (
        "Bio do TikTok",
        1,
        "Oi! Vim do TikTok e quero {}",
        "/bio",
        utm("tiktok", "social", "bio"),
    ),
    (
        "QR do balcão",
        2,
        "Olá, estou na loja e quero ajuda",
        "/qr",
        utm("qr", "offline", "balcao"),
    ),
];

const fn utm(source: &'static str, medium: &'static str, campaign: &'static str) -> Utm {
    Utm {
        source,
        medium,
        campaign,
    }
}

/// The custom links of a business.
pub(super) fn of(rng: &mut Rng, trade: &Trade) -> Vec<Link> {
    ROWS.iter()
        .enumerate()
        .map(|(nth, (name, channel, text, path, utm))| Link {
            code: code_from_number(rng.bits()),
            name: (*name).to_owned(),
            channel: *channel,
            text: text.replace("{}", trade.products[nth]),
            site: format!("{}{path}", trade.site),
            utm: utm.clone(),
        })
        .collect()
}

/// The links with a `ref`.
pub(super) fn refs() -> Vec<RefLink> {
    vec![
        RefLink {
            reference: "site-rodape",
            name: "Rodapé do site",
        },
        RefLink {
            reference: "newsletter_setembro",
            name: "Newsletter",
        },
        RefLink {
            reference: "parceiro=42",
            name: "Parceiro 42",
        },
    ]
}

/// The hashtags of a business.
pub(super) fn hashtags(trade: &Trade) -> Vec<Hashtag> {
    let tag = |term: &str, campaign: Option<&str>| Hashtag {
        term: term.to_owned(),
        campaign_id: campaign.map(str::to_owned),
    };
    let first = trade.short.split(' ').next().unwrap_or("Casa");
    vec![
        tag("PROMO10", Some("camp-1")),
        tag("Verão2026", None),
        tag("radio", None),
        tag(&format!("Quero{first}"), None),
        tag("dia-das-mães", Some("camp-3")),
    ]
}
