//! What the simulated business maintains: the names, ads, links and campaigns that its deliveries refer to, as the settings file
//! would have them.

use origem_sim::{Ad, AdSource, Business, Category};
use serde_json::{Map, Value, json};

/// Who manages everybody: id and name.
const MANAGER: (&str, &str) = ("marina.gestora", "Marina Prado");

/// Somebody of each role and team to look at the demo as: id, and who that is.
pub fn people(business: &Business) -> Vec<(&str, String)> {
    let (id, name) = MANAGER;
    let manager = (id, format!("{name}, manager"));
    let first_of = |team: &origem_sim::Team| {
        let agent = business.agents.iter().find(|agent| agent.team_id == team.id)?;
        Some((agent.id.as_str(), format!("{}, agent of {}", agent.name, team.name)))
    };
    let agents = business.teams.iter().filter_map(first_of);
    std::iter::once(manager).chain(agents).collect()
}

/// The entries, by kind and id: what a new demo begins with.
pub fn of(business: &Business) -> Value {
    json!({
        "accounts": { "default": { "name": business.name, "time_zone": business.time_zone, "currency": "BRL" } },
        "rate-cards": { "BRL-2026-10-01": rates() },
        "classifications": {
            "sold": { "name": "Venda realizada", "outcome": "won", "requires_value": true },
            "no_interest": { "name": "Sem interesse", "outcome": "lost" },
            "price": { "name": "Achou caro", "outcome": "lost" },
            "answered": { "name": "Dúvida respondida", "outcome": "none" },
        },
        "departments": { "comercial": { "name": "Comercial", "full_closing": true } },
        "teams": entries(&business.teams, |team| (team.id.clone(), json!({ "name": team.name, "department": "comercial" }))),
        "agents": agents(business),
        "channels": entries(&business.channels, |channel| {
            let id = format!("{}:{}", channel.kind.name(), channel.id);
            (id, json!({ "name": channel.name, "handle": channel.display, "teams": [channel.team_id] }))
        }),
        "campaigns": entries(&business.campaigns, |campaign| {
            (campaign.id.clone(), json!({ "name": campaign.name, "type": "dispatch" }))
        }),
        "templates": entries(&business.campaigns, |campaign| {
            let id = format!("{}.{}", campaign.template, campaign.language);
            let category = Category::name(campaign.category);
            (id, json!({ "name": campaign.template, "language": campaign.language, "category": category, "status": "approved", "body": campaign.text }))
        }),
        "ads": ads(business),
        "links": entries(&business.links, |link| {
            let channel = &business.channels[link.channel];
            let utm = json!({ "source": link.utm.source, "medium": link.utm.medium, "campaign": link.utm.campaign });
            let at = format!("{}:{}", channel.kind.name(), channel.id);
            (link.code.clone(), json!({ "name": link.name, "channel": at, "text": link.text, "site": link.site, "utm": utm }))
        }),
    })
}

fn entries<T>(of: &[T], entry: impl Fn(&T) -> (String, Value)) -> Value {
    Value::Object(of.iter().map(entry).collect())
}

/// Everybody, and somebody who manages them.
fn agents(business: &Business) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for agent in &business.agents {
        all.insert(
            agent.id.clone(),
            json!({ "name": agent.name, "teams": [agent.team_id] }),
        );
    }
    let teams: Vec<&str> = business.teams.iter().map(|team| team.id.as_str()).collect();
    all.insert(
        MANAGER.0.to_owned(),
        json!({ "name": MANAGER.1, "role": "manager", "teams": teams }),
    );
    Value::Object(all)
}

/// Ads and what they are called; posts are in no ads manager.
fn ads(business: &Business) -> Value {
    let placed = business.ads.iter().filter(|ad| ad.source != AdSource::Post);
    let entry = |(number, ad): (usize, &Ad)| {
        let mut entry = json!({
            "names": [{ "ad": format!("{} · {}", ad.headline, number + 1), "ad_set": "Brasil 25-54", "campaign": "Mensagens · vitrine" }],
            "image_url": ad.image,
        });
        if let Some(platform) = ad.placement {
            entry["platform"] = platform.into();
        }
        (ad.id.clone(), entry)
    };
    Value::Object(placed.enumerate().map(entry).collect())
}

/// Invented prices, so that costs can be seen; the real ones are for the operator to load.
fn rates() -> Value {
    let categories = [
        ("marketing", 0.35),
        ("utility", 0.04),
        ("authentication", 0.04),
        ("service", 0.02),
    ];
    let of = |market: &'static str| {
        categories.map(|(category, amount)| json!({ "market": market, "category": category, "amount": amount }))
    };
    let rates = [of("Brazil"), of("Other")].concat();
    json!({ "currency": "BRL", "effective_from": "2026-10-01", "rates": rates })
}
