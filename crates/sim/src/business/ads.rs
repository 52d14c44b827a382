//! Ads and boosted posts.

use origem_domain::event::ChannelKind;

use super::Channel;
use super::trades::Trade;
use crate::rng::Rng;

/// An ad or a boosted post.
#[derive(Debug, Clone)]
pub struct Ad {
    /// Ad id, or `page_post` for a post.
    pub id: String,
    /// Ad or post.
    pub source: AdSource,
    /// Where a click on it leads to.
    pub destination: ChannelKind,
    /// Headline.
    pub headline: String,
    /// Primary text.
    pub body: String,
    /// The link the provider tells.
    pub url: String,
    /// Its image; the thumbnail if it is a video.
    pub image: String,
    /// The video, if it is one.
    pub video: Option<String>,
    /// Greeting the customer sees.
    pub welcome: Option<String>,
    /// Our own `ref` of a Messenger or Instagram ad.
    pub reference: Option<String>,
    /// The platform it is placed on, where the ad account tells and the link does not: `facebook`, `instagram`.
    pub placement: Option<&'static str>,
    /// What it offers, as it stands inside a sentence.
    pub product: &'static str,
}

/// What a click-to-message entry is told as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdSource {
    /// An ad with an `fb.me` link: the platform cannot be told.
    Meta,
    /// An ad with an Instagram permalink.
    Instagram,
    /// An ad placed in WhatsApp Status: it has no click id.
    Status,
    /// A boosted post: `source_type` is `post`.
    Post,
}

/// What there is: source, destination, how many.
const INVENTORY: [(AdSource, ChannelKind, usize); 6] = [
    (AdSource::Meta, ChannelKind::Whatsapp, 8),
    (AdSource::Instagram, ChannelKind::Whatsapp, 3),
    (AdSource::Status, ChannelKind::Whatsapp, 2),
    (AdSource::Post, ChannelKind::Whatsapp, 2),
    (AdSource::Instagram, ChannelKind::Instagram, 3),
    (AdSource::Meta, ChannelKind::Messenger, 3),
];

const HEADLINES: [&str; 6] = [
    "Fale conosco no WhatsApp",
    "Até 40% de desconto",
    "Só esta semana!",
    "Condição especial à vista",
    "Conheça nossas novidades",
    "Chat with us",
];
const BODIES: [&str; 5] = [
    "Chegou a hora de garantir {}. Parcele em até 10x sem juros e receba atendimento na hora.",
    "Promoção de inauguração: {} com preço que você não vê em outro lugar. Vagas limitadas!",
    "Quer saber mais sobre {}? Toque no botão e converse com a gente 😊",
    "Últimos dias para aproveitar {}.\nAtendimento de segunda a sábado.",
    "Nossos clientes amam {} — e você vai entender o porquê.",
];
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The ads of a business.
pub(super) fn of(rng: &mut Rng, trade: &'static Trade, channels: &[Channel]) -> Vec<Ad> {
    let page = channels.last().map_or("1", |page| page.id.as_str());
    let mut ads = Vec::new();
    for (source, destination, count) in INVENTORY {
        for nth in 0..count {
            ads.push(ad(rng, trade, page, source, destination, nth));
        }
    }
    ads
}

fn ad(rng: &mut Rng, trade: &'static Trade, page: &str, source: AdSource, destination: ChannelKind, nth: usize) -> Ad {
    let product = trade.products[nth % trade.products.len()];
    let video = nth % 4 == 3;
    let mut code = String::new();
    rng.letters(&mut code, BASE64, 11);
    Ad {
        id: match source {
            AdSource::Post => format!("{page}_{}", rng.digits("12", 18)),
            _ => rng.digits("1202", 18),
        },
        source,
        destination,
        headline: rng.pick(&HEADLINES).to_owned(),
        body: rng.pick(&BODIES).replace("{}", product),
        url: match (source, nth) {
            (AdSource::Instagram, _) => format!("https://www.instagram.com/p/{code}/"),
            (AdSource::Post, 1) => format!("https://www.facebook.com/{page}/posts/{code}"),
            _ => format!("https://fb.me/{}", &code[..9]),
        },
        image: format!("https://scontent.example/v/t45/{code}.jpg?stp=dst-jpg&_nc_ht=scontent"),
        video: video.then(|| format!("https://video.example/v/{code}.mp4")),
        welcome: nth.is_multiple_of(2).then(|| "Olá! Como podemos ajudar?".to_owned()),
        reference: (destination != ChannelKind::Whatsapp && nth.is_multiple_of(2))
            .then(|| format!("anuncio-{}", nth + 1)),
        placement: match (source, nth % 3) {
            (AdSource::Meta, 0) => Some("facebook"),
            (AdSource::Meta, 1) => Some("instagram"),
            _ => None,
        },
        product,
    }
}
