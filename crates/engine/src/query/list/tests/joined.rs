//! Filters go by what the directory says of ads, links and hashtags, whenever it says so; and their counts with them.

use origem_domain::directory::{Ad, AdNames, Item, Link};
use origem_domain::event::Body;
use origem_domain::touch::Entry;

use super::*;
use crate::directory::{Directory, Wish, Writer};

const CHANNEL: &str = "whatsapp:200000000000001";

fn names(from: Option<&str>, campaign: &str) -> AdNames {
    AdNames {
        from: from.map(script::time_of),
        ad: "Oferta".to_owned(),
        campaign_id: Some(campaign.to_owned()),
        ..AdNames::default()
    }
}

fn ad(id: &str, names: Vec<AdNames>, platform: Option<Platform>) -> (String, Item) {
    let ad = Ad {
        names,
        platform,
        ..Ad::default()
    };
    (id.to_owned(), Item::Ad(ad))
}

fn link(code: &str, hashtag: &str, campaign: Option<&str>, expires: Option<&str>) -> (String, Item) {
    let link = Link {
        name: code.to_uppercase(),
        channel: CHANNEL.to_owned(),
        hashtag: Some(hashtag.to_owned()),
        campaign_id: campaign.map(str::to_owned),
        expires_at: expires.map(script::time_of),
        ..Link::default()
    };
    (code.to_owned(), Item::Link(link))
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

/// Two ads, of which one moves to another campaign on the second day, and a hashtag that stands for one link and then for another.
fn whole() -> Catalogue {
    catalogue(vec![
        ad(
            "A0",
            vec![names(None, "spring"), names(Some("2.00:00"), "autumn")],
            Some(Platform::Instagram),
        ),
        ad("A1", vec![names(None, "autumn")], None),
        link("flyer", "t0", Some("spring"), Some("3.00:00")),
        link("poster", "t0", Some("autumn"), None),
        link("site", "t1", None, None),
    ])
}

fn filter(words: &str) -> Filter {
    let mut filter = Filter {
        account: "default".to_owned(),
        ..Filter::default()
    };
    for word in words.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap();
        let text = Some(value.to_owned());
        match name {
            "campaign" => filter.campaign = text,
            "link" => filter.link = text,
            "origin" => filter.origin = Some(OriginKind::Ad),
            "origins" => filter.origins = Origins::OfTicket,
            _ => {
                let all = [
                    Platform::Facebook,
                    Platform::Instagram,
                    Platform::Unknown,
                    Platform::Whatsapp,
                ];
                filter.platform = all.into_iter().find(|platform| platform.name() == value);
            }
        }
    }
    filter
}

/// The names of those in a list, in order of the alphabet; counted as well.
fn found(world: &World, filter: &Filter) -> String {
    let mut names: Vec<String> = Vec::new();
    for place in world.walk(filter, false, 2) {
        let card = card::load(&world.rows, place.conversation).unwrap().unwrap();
        names.push(card.name.unwrap().value);
    }
    let counted: u64 = world.counted(filter).counts.values().sum();
    assert_eq!(counted, names.len() as u64, "{filter:?}");
    names.sort();
    names.join(" ")
}

#[test]
fn an_entry_that_comes_late_repairs_lists_and_counts() {
    let mut world = World::new();
    world.take(&script::records(
        "1.10:00 p1 in m1 ad=A0 name=Ana; 2.10:00 p2 in m2 ad=A0 name=Bia; 1.10:00 p3 in m3 ad=A1 name=Caio;
         1.10:00 p4 in m4 tag=t0 name=Davi; 3.10:00 p5 in m5 tag=t0 name=Eva; 1.10:00 p6/2 in m6 tag=t0 name=Fabio;
         1.10:00 p7 out m7 campaign=spring; 1.11:00 p7 in m8 quote=m7 name=Gil; 1.10:00 p8 in m9 name=Hugo;
         1.10:00 p9 in m10 ad=A0 name=Ivo; 1.10:05 p9 in m11 tag=t1",
    ));
    for (words, log_alone, joined) in [
        ("campaign=spring", "Gil", "Ana Davi Gil"),
        ("campaign=autumn", "", "Bia Caio Eva"),
        ("campaign=none", "", ""),
        ("link=flyer", "", "Davi"),
        ("link=poster", "", "Eva"),
        ("link=site", "", "Ivo"),
        ("platform=instagram", "", "Ana Bia"),
        ("platform=unknown", "Ana Bia Caio", "Caio"),
        ("platform=whatsapp", "Hugo", "Hugo"),
        ("origin=ad platform=instagram", "", "Ana Bia"),
        ("origin=ad platform=instagram campaign=spring", "", "Ana"),
        ("origin=ad platform=unknown", "Ana Bia Caio", "Caio"),
        // Of other origins of the ticket it is not known when they were, nor how sure their platform is.
        ("platform=instagram origins=ticket", "", "Ana Bia Ivo"),
        ("platform=unknown origins=ticket", "Ana Bia Caio Ivo", "Caio Ivo"),
        (
            "origin=ad platform=unknown origins=ticket",
            "Ana Bia Caio Ivo",
            "Caio Ivo",
        ),
        ("campaign=spring origins=ticket", "Gil", "Ana Bia Davi Eva Gil Ivo"),
        ("link=site origins=ticket", "", "Ivo"),
    ] {
        let filter = filter(words);
        world.catalogue = Catalogue::default();
        assert_eq!(found(&world, &filter), log_alone, "{words}, by the log alone");
        world.catalogue = whole();
        assert_eq!(found(&world, &filter), joined, "{words}");
    }
}

#[test]
fn evidence_that_is_sure_wins_over_the_directory() {
    let mut world = World::new();
    let mut records = script::records("1.10:00 p1 in m1 ad=A0 name=Ana; 1.10:00 p2 in m2 ad=A0 name=Bia");
    let Body::MessageReceived {
        referral: Some(referral),
        ..
    } = &mut records[0].event.body
    else {
        panic!("it comes through an ad");
    };
    referral.entry_app = Some("facebook".to_owned());
    world.take(&records);
    world.catalogue = whole();
    for (words, expected) in [
        ("platform=instagram", "Bia"),
        ("platform=facebook", "Ana"),
        ("platform=unknown", ""),
        ("platform=instagram origins=ticket", "Bia"),
        ("platform=facebook origins=ticket", "Ana"),
        ("origin=ad platform=instagram origins=ticket", "Bia"),
    ] {
        assert_eq!(found(&world, &filter(words)), expected, "{words}");
    }
}

#[test]
fn a_question_carries_no_more_of_the_directory_than_is_asked_for() {
    const ADS: usize = 500;
    let place = |number| match number % 2 {
        0 => Platform::Instagram,
        _ => Platform::Facebook,
    };
    let ads = (0..ADS).map(|number| {
        ad(
            &format!("1202{number:014}"),
            vec![names(None, "wide")],
            Some(place(number)),
        )
    });
    let catalogue = catalogue(ads.collect());
    // A mark has ten bytes at most.
    for (words, most) in [
        ("", 8),
        ("link=site", 8),
        ("platform=instagram", 8 + 10 * ADS),
        ("platform=unknown", 8 + 10 * ADS),
        ("origin=ad platform=facebook", 8 + 10 * ADS),
        ("platform=whatsapp", 8),
    ] {
        let told = postcard::to_stdvec(&Joined::of(&catalogue, &filter(words))).unwrap();
        assert!(told.len() <= most, "{words}: {} bytes", told.len());
    }
    let of_comments = Filter {
        origin: Some(OriginKind::Comment),
        ..filter("platform=instagram")
    };
    let told = postcard::to_stdvec(&Joined::of(&catalogue, &of_comments)).unwrap();
    assert!(told.len() <= 8, "{} bytes", told.len());
}

#[test]
fn instances_that_send_nothing_of_the_directory_are_understood_and_understand() {
    #[derive(Serialize, Deserialize)]
    struct Before {
        filter: Filter,
        after: Option<Place>,
        back: bool,
        limit: usize,
    }
    let filter = filter("campaign=spring platform=instagram");
    let list = List {
        joined: Joined::of(&whole(), &filter),
        filter: filter.clone(),
        after: None,
        back: true,
        limit: 50,
    };
    let told = postcard::to_stdvec(&list).unwrap();
    let again: List = postcard::from_bytes(&told).unwrap();
    assert_eq!(postcard::to_stdvec(&again).unwrap(), told);
    let before: Before = postcard::from_bytes(&told).unwrap();
    assert_eq!((&before.filter, before.back, before.limit), (&filter, true, 50));
    let told = postcard::to_stdvec(&before).unwrap();
    let list: List = postcard::from_bytes(&told).unwrap();
    assert_eq!((&list.filter, list.back, list.limit), (&filter, true, 50));
    let nothing = postcard::to_stdvec(&Joined::default()).unwrap();
    assert_eq!(postcard::to_stdvec(&list).unwrap(), [told, nothing].concat());
    let told = postcard::to_stdvec(&filter).unwrap();
    assert_eq!(postcard::from_bytes::<Count>(&told).unwrap().filter, filter);
}

#[test]
fn a_campaign_of_very_many_ads_is_found_as_well() {
    let mut world = World::new();
    let lines: Vec<String> = (0..90)
        .map(|number| format!("1.10:00 p{number} in m{number} ad=B{number} name=N{number:02}"))
        .collect();
    world.take(&script::records(&lines.join("\n")));
    let ads = (0..90).map(|number| ad(&format!("B{number}"), vec![names(None, "wide")], None));
    world.catalogue = catalogue(ads.collect());
    let expected: Vec<String> = (0..90).map(|number| format!("N{number:02}")).collect();
    let mut listed: Vec<String> = Vec::new();
    for place in world.walk(&filter("campaign=wide"), false, 7) {
        listed.push(
            card::load(&world.rows, place.conversation)
                .unwrap()
                .unwrap()
                .name
                .unwrap()
                .value,
        );
    }
    listed.sort();
    assert_eq!(listed, expected);
}

/// What an answer tells of the current origin of a card, joined with a catalogue: platform, campaign, link.
fn told(catalogue: &Catalogue, card: &Card) -> (Option<Platform>, Option<String>, Option<String>) {
    let Some(touch) = card.state.landmarks.current() else {
        return (None, None, None);
    };
    let place = ("default", &card.channel);
    let origin = catalogue.placed("default", touch.origin.clone());
    let link = match &origin.entry {
        Some(Entry::Link(code)) => Some(code.as_str()),
        Some(Entry::Hashtag(tag)) => catalogue.link_of_hashtag(place, touch.at, tag),
        _ => None,
    };
    let ad = origin.ad.as_ref().and_then(|ad| ad.id.as_deref());
    let of_ad = ad.and_then(|ad| catalogue.ad("default", ad, touch.at)?.1.campaign_id.clone());
    let of_link = || catalogue.link("default", link?)?.campaign_id.clone();
    (
        origin.platform,
        origin.campaign_id.clone().or(of_ad).or_else(of_link),
        link.map(str::to_owned),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_list_has_those_whose_answers_say_what_is_asked_for(story in arb_story(10..60)) {
        let mut world = World::new();
        world.take(&script::records(&story.join("\n")));
        world.catalogue = whole();
        for words in [
            "campaign=spring", "campaign=autumn", "link=flyer", "link=poster", "link=site", "platform=instagram",
            "platform=unknown", "platform=whatsapp", "campaign=spring platform=instagram", "origin=ad platform=instagram",
        ] {
            let filter = filter(words);
            let mut expected = BTreeSet::new();
            for id in card::all(&world.rows) {
                let id = id.unwrap();
                let card = card::load(&world.rows, id).unwrap().unwrap();
                let (platform, campaign, link) = told(&world.catalogue, &card);
                let is_ad = || card.state.landmarks.current().is_some_and(|touch| touch.origin.kind == OriginKind::Ad);
                if card.listed_at().is_some()
                    && (filter.platform.is_none() || platform == filter.platform)
                    && (filter.campaign.is_none() || campaign == filter.campaign)
                    && (filter.link.is_none() || link == filter.link)
                    && (filter.origin.is_none() || is_ad())
                {
                    expected.insert(id);
                }
            }
            let listed: BTreeSet<_> = world.walk(&filter, false, 3).into_iter().map(|place| place.conversation).collect();
            prop_assert_eq!(listed, expected, "{}", words);
        }
    }
}
