//! What the catalogue makes of touches, as tables.

use origem_domain::directory::{Ad, AdNames, Item, Link};
use origem_domain::event::{Kind, Via};
use origem_domain::fact::SortKey;
use origem_domain::key::{Key, TouchId};
use origem_domain::marks::{other_hashtags, wording};
use origem_domain::position::{Partition, Position};
use origem_domain::touch::AdReference;
use origem_log::{EventLog as _, MemoryLog};

use super::*;
use crate::directory::{Directory, Wish, Writer};

const SECRET: Secret = Secret::new([9; 16]);

fn number(id: &str) -> Channel {
    Channel {
        kind: ChannelKind::Whatsapp,
        id: id.to_owned(),
    }
}

fn link(code: &str, channel: &str, text: &str, hashtag: Option<&str>, expires: Option<&str>) -> (String, Item) {
    let link = Link {
        name: code.to_uppercase(),
        channel: format!("whatsapp:{channel}"),
        text: Some(text.to_owned()),
        hashtag: hashtag.map(str::to_owned),
        expires_at: expires.and_then(Timestamp::parse),
        ..Link::default()
    };
    (code.to_owned(), Item::Link(link))
}

fn ad(id: &str, platform: Option<Platform>) -> (String, Item) {
    let names = AdNames {
        ad: "Oferta".to_owned(),
        ..AdNames::default()
    };
    let ad = Ad {
        names: vec![names],
        platform,
        ..Ad::default()
    };
    (id.to_owned(), Item::Ad(ad))
}

fn catalogue(entries: Vec<(String, Item)>) -> Catalogue {
    let directory = Directory::open(Arc::new(MemoryLog::default())).unwrap();
    let wish = |(id, item)| Wish {
        account: "default".to_owned(),
        id,
        item,
    };
    let wishes: Vec<Wish> = entries.into_iter().map(wish).collect();
    directory.put(&wishes, &Writer::default()).unwrap();
    Catalogue::new(directory.snapshot(), &SECRET)
}

fn touch(at: &str, origin: Origin, text: &str) -> Touch {
    let at = Timestamp::parse(at).unwrap();
    Touch {
        id: TouchId(1),
        at,
        origin,
        position: Position::new(0, 0),
        fact: SortKey {
            at,
            kind: Kind::MessageReceived,
            dedup: Key(1),
        },
        ticket: None,
        also: Vec::new(),
        hint: Some(Box::new(Hint {
            wording: wording(text, &SECRET),
            hashtags: other_hashtags(text),
        })),
    }
}

fn written(origin: &Origin) -> String {
    let entry = match &origin.entry {
        Some(Entry::Link(value) | Entry::Hashtag(value)) => format!(" {value}"),
        _ => String::new(),
    };
    format!("{}{entry} {}", origin.kind.name(), origin.confidence.name())
}

fn organic() -> Origin {
    Origin::new(OriginKind::Organic, Rule::Organic, Confidence::Likely)
}

#[test]
fn the_text_or_a_hashtag_tells_the_link() {
    let catalogue = catalogue(vec![
        link("site", "1", "Quero o plano anual", None, None),
        link("anuncio", "1", "Quero o plano anual com desconto", None, None),
        link("flyer", "1", "Oi!", Some("#Verão10"), None),
        link(
            "velho",
            "1",
            "Oferta de maio",
            Some("maio"),
            Some("2026-06-01T00:00:00Z"),
        ),
        link("um", "1", "Texto igual dos dois", None, None),
        link("dois", "1", "Texto igual dos dois", None, None),
        link("outra", "2", "Falar com o suporte", None, None),
    ]);
    let campaign = || Origin {
        campaign_id: Some("c1".to_owned()),
        ..Origin::new(OriginKind::WhatsappCampaign, Rule::CampaignWindow, Confidence::Likely)
    };
    let code = |rule, value: &str| Origin {
        entry: Some(Entry::Link(value.to_owned())),
        ..Origin::new(OriginKind::Link, rule, Confidence::Likely)
    };
    let hashtag = || Origin {
        entry: Some(Entry::Hashtag("x".to_owned())),
        ..Origin::new(OriginKind::Hashtag, Rule::Hashtag, Confidence::Certain)
    };
    for (at, origin, text, expected) in [
        // The fixed text, as it is and as people change it.
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "Quero o plano anual",
            "link site likely + organic likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "quero o PLANO anual!! pode ser hoje?",
            "link site likely + organic likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "Quero o plano anual com desconto",
            "link anuncio likely + organic likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "Quero o plano mensal",
            "organic likely",
        ),
        ("2026-05-01T10:00:00Z", organic(), "", "organic likely"),
        // Two links with one text say nothing; neither does a link of another channel.
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "Texto igual dos dois",
            "organic likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "Falar com o suporte",
            "organic likely",
        ),
        // Expired links are no origin any more.
        (
            "2026-05-31T23:59:59Z",
            organic(),
            "Oferta de maio",
            "link velho likely + organic likely",
        ),
        ("2026-06-01T00:00:00Z", organic(), "Oferta de maio", "organic likely"),
        ("2026-06-01T00:00:00Z", organic(), "oi #maio", "organic likely"),
        // A hashtag of the catalogue, anywhere in the text; an unknown one is nothing.
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "oi, vi o #verao10 de vocês",
            "hashtag verao10 certain + organic likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "oi, vi o #inverno de vocês",
            "organic likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            organic(),
            "Quero o plano anual #verao10",
            "hashtag verao10 certain + organic likely, link site likely",
        ),
        // Precedence: the text beats the answer to a campaign, and yields to codes and to the hashtag the message starts with.
        (
            "2026-05-01T10:00:00Z",
            campaign(),
            "Quero o plano anual",
            "link site likely + whatsapp_campaign likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            code(Rule::ForwardedCode, "flyer"),
            "Quero o plano anual",
            "link flyer likely + link site likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            hashtag(),
            "#x Quero o plano anual",
            "hashtag x certain",
        ),
        (
            "2026-05-01T10:00:00Z",
            code(Rule::LinkClicked, "flyer"),
            "Quero o plano anual",
            "link site likely + link flyer likely",
        ),
        // A code whose click was lost: the text says of which link it was.
        (
            "2026-05-01T10:00:00Z",
            code(Rule::UnknownCode, "ABC234"),
            "Quero o plano anual",
            "link site likely",
        ),
        (
            "2026-05-01T10:00:00Z",
            code(Rule::UnknownCode, "ABC234"),
            "Quero outra coisa",
            "link ABC234 likely",
        ),
    ] {
        let (told, also) = catalogue.told(("default", &number("1")), &touch(at, origin, text));
        let beside: Vec<String> = also.iter().map(written).collect();
        let beside = if beside.is_empty() {
            String::new()
        } else {
            format!(" + {}", beside.join(", "))
        };
        assert_eq!(format!("{}{beside}", written(&told)), expected, "{at} {text}");
    }
}

#[test]
fn an_ad_is_placed_where_the_catalogue_says_unless_the_evidence_is_sure() {
    let catalogue = catalogue(vec![ad("1", Some(Platform::Instagram)), ad("2", None)]);
    for (id, platform, sure, expected) in [
        ("1", Platform::Unknown, Some(Confidence::Guess), "instagram certain"),
        ("1", Platform::Facebook, Some(Confidence::Likely), "instagram certain"),
        ("1", Platform::Facebook, Some(Confidence::Certain), "facebook certain"),
        ("2", Platform::Unknown, Some(Confidence::Guess), "unknown guess"),
        ("3", Platform::Unknown, Some(Confidence::Guess), "unknown guess"),
    ] {
        let origin = Origin {
            platform: Some(platform),
            platform_confidence: sure,
            ad: Some(Box::new(AdReference {
                id: Some(id.to_owned()),
                ..AdReference::default()
            })),
            ..Origin::new(OriginKind::Ad, Rule::AdReferral, Confidence::Certain)
        };
        let (told, _) = catalogue.told(("default", &number("1")), &touch("2026-05-01T10:00:00Z", origin, ""));
        let said = format!(
            "{} {}",
            told.platform.unwrap().name(),
            told.platform_confidence.unwrap().name()
        );
        assert_eq!(said, expected, "{id} {platform:?}");
    }
    let sent = Origin::new(OriginKind::NewMessage, Rule::MessageSent, Confidence::Certain).via(&Via::Web);
    assert_eq!(catalogue.placed("default", sent.clone()), sent);
}

#[test]
fn links_lead_to_the_channels_own_address_only() {
    for (kind, id, handle, address) in [
        (
            ChannelKind::Whatsapp,
            "200000000000002",
            Some("+55 (11) 95555-0101"),
            Some("https://wa.me/5511955550101"),
        ),
        (ChannelKind::Whatsapp, "200000000000002", None, None),
        (
            ChannelKind::Whatsapp,
            "5511955550101",
            None,
            Some("https://wa.me/5511955550101"),
        ),
        (ChannelKind::Whatsapp, "loja", None, None),
        (ChannelKind::Whatsapp, "loja", Some("evil.example/"), None),
        (
            ChannelKind::Whatsapp,
            "1",
            Some("0055 11 95555 0101"),
            Some("https://wa.me/5511955550101"),
        ),
        (
            ChannelKind::Messenger,
            "100000000000001",
            None,
            Some("https://m.me/100000000000001"),
        ),
        (
            ChannelKind::Messenger,
            "1",
            Some("minha.loja"),
            Some("https://m.me/minha.loja"),
        ),
        (ChannelKind::Messenger, "1", Some("a/../b?x"), None),
        (ChannelKind::Messenger, "1", Some("a\r\nLocation: x"), None),
        (
            ChannelKind::Instagram,
            "1",
            Some("@minha_loja"),
            Some("https://ig.me/m/minha_loja"),
        ),
        (ChannelKind::Instagram, "1784", None, None),
        (ChannelKind::Webchat, "w1", Some("site"), None),
    ] {
        let channel = Channel {
            kind,
            id: id.to_owned(),
        };
        assert_eq!(reached_at(&channel, handle).as_deref(), address, "{id} {handle:?}");
    }
}

/// A record of the directory as it was written while two accounts could have one code.
fn record_of(account: &str, code: &str) -> Vec<u8> {
    let record = format!(
        r#"{{"version":1,"account":"{account}","kind":"link","id":"{code}","value":{{"name":"Bio","channel":"whatsapp:1"}},"at":"2026-09-01T00:00:00Z"}}"#
    );
    record.into_bytes()
}

#[test]
fn of_several_accounts_the_preferred_one_has_the_link() {
    let log = Arc::new(MemoryLog::default());
    log.append(Partition(0), &[&record_of("a", "bio"), &record_of("b", "bio")])
        .unwrap();
    let directory = Directory::open(log).unwrap();
    let catalogue = Catalogue::new(directory.snapshot(), &SECRET);
    for (preferred, code, account) in [("b", "bio", Some("b")), ("c", "bio", Some("a")), ("a", "Bio", None)] {
        assert_eq!(
            catalogue.find_link(preferred, code).map(|(account, _)| account),
            account
        );
    }
}

#[test]
fn whoever_asks_takes_what_was_made_where_the_directory_was_written() {
    let log = Arc::new(MemoryLog::default());
    let directory = Directory::open(log.clone()).unwrap();
    let (one, other) = (Latest::new(SECRET), Latest::new(Secret::new([1; 16])));
    directory.keep(&one);
    log.append(Partition(0), &[&record_of("a", "bio")]).unwrap();
    assert!(
        one.get().find_link("a", "bio").is_none(),
        "nothing is made for a question"
    );
    directory.catch_up().unwrap();
    directory.keep(&other);
    for latest in [&one, &other] {
        assert!(latest.get().find_link("a", "bio").is_some());
        assert!(Arc::ptr_eq(&latest.get().snapshot, &directory.snapshot()));
    }
    let made = one.get();
    directory.catch_up().unwrap();
    assert!(Arc::ptr_eq(&made, &one.get()), "nothing changed");
}
