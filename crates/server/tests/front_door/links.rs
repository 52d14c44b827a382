//! Story: somebody follows a link, is led to the chat with a code in the text, and the conversation tells where from; a friend who
//! types the same text came by the link, and not by the click.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use origem_domain::time::Timestamp;
use serde_json::{Value, json};

use crate::process::{eventually, on};
use crate::server::Server;
use crate::world::World;

const CHANNEL: &str = "200000000000002";
const NUMBER: &str = "5511955550100";
const PHONE: &str = "Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36";

/// What a server answers to a visitor, who is not led on.
struct Led {
    status: u16,
    to: String,
    body: String,
    keeps: String,
}

fn follow(server: &Server, path: &str, headers: &[(&str, &str)]) -> Led {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build()
        .into();
    let mut request = agent.get(format!("{}{path}", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call().unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    let (to, keeps) = (header("location"), header("cache-control"));
    Led {
        status: response.status().as_u16(),
        to,
        keeps,
        body: response.body_mut().read_to_string().unwrap(),
    }
}

/// The text that a chat opens with.
fn text_of(led: &Led) -> String {
    let text = led.to.split_once("?text=").unwrap().1.as_bytes();
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'%' {
            let digits = std::str::from_utf8(&text[at + 1..at + 3]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            at += 3;
        } else {
            bytes.push(text[at]);
            at += 1;
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// A customer writes now.
fn write(server: &Server, phone: &str, text: &str) -> Value {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap()).to_string();
    let message = json!({"kind": "message_received", "channel": {"kind": "whatsapp", "id": CHANNEL}, "occurred_at": now,
        "contact": {"aliases": [{"kind": "phone", "value": phone}]},
        "message": {"id": format!("wamid.{phone}.{now}"), "type": "text", "text": text}});
    let answer = server.post("/v1/events", &[], json!([message]).to_string().as_bytes());
    let position = answer.position.clone().unwrap();
    let list = server.get_at(&format!("/v1/conversations?contact={phone}"), &position);
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    server.get(&format!("/v1/conversations/{id}/timeline"))["items"].clone()
}

fn put(server: &Server, path: &str, body: &Value) {
    let agent = ureq::agent();
    agent
        .put(format!("{}{path}", server.url))
        .send(body.to_string())
        .unwrap();
}

fn channel(server: &Server) {
    put(
        server,
        &format!("/v1/channels/whatsapp:{CHANNEL}"),
        &json!({"handle": NUMBER}),
    );
}

fn clicks(server: &Server, outcome: &str) -> String {
    let metrics = server.ask("/metrics", &[]).body;
    let line = metrics
        .lines()
        .find(|line| line.starts_with(outcome))
        .unwrap_or_default();
    line.rsplit(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn a_click_is_told_by_the_conversation_it_led_to() {
    let world = World::new();
    let server = Server::serve(&world.data());
    put(
        &server,
        "/v1/links/bio",
        &json!({"name": "Bio do Instagram", "channel": format!("whatsapp:{CHANNEL}"),
        "text": "Olá! Quero o plano anual", "utm": {"source": "instagram", "medium": "bio"}, "campaign_id": "c1"}),
    );
    put(
        &server,
        "/v1/campaigns/c1",
        &json!({"name": "Plano anual", "dashboard_url": "https://crm.example/c1"}),
    );
    let nowhere = follow(&server, "/l/bio", &[]);
    assert_eq!(
        (nowhere.status, nowhere.to.as_str()),
        (404, ""),
        "its channel has no number yet"
    );
    channel(&server);

    let phone = [
        ("user-agent", PHONE),
        ("referer", "https://loja.example/x?email=a@b.c"),
        ("x-forwarded-for", "203.0.113.7"),
    ];
    let led = follow(
        &server,
        "/l/bio?utm_source=stories&gclid=Cj0%2BK&next=https://evil.example",
        &phone,
    );
    assert_eq!((led.status, led.keeps.as_str()), (302, "no-store"), "{}", led.body);
    assert!(
        led.to
            .starts_with(&format!("https://wa.me/{NUMBER}?text=Ol%C3%A1%21%20Quero")),
        "{}",
        led.to
    );
    assert!(!led.to.contains("evil"), "{}", led.to);
    let text = text_of(&led);
    assert!(
        text.starts_with("Olá! Quero o plano anual [") && text.ends_with(']'),
        "{text}"
    );
    assert!(eventually(|| clicks(&server, "origem_clicks_recorded_total") == "1"));

    let told = &write(&server, "5511955550101", &text)[0];
    assert_eq!(
        (&told["kind"], &told["confidence"], &told["rule"]),
        (&json!("link"), &json!("certain"), &json!("link.click_code@1"))
    );
    assert_eq!(told["click"]["utm"], json!({"source": "stories", "medium": "bio"}));
    assert_eq!(told["click"]["click_ids"], json!({"gclid": "Cj0+K"}));
    assert!(told["click"]["at"].is_string(), "{told}");
    assert_eq!(
        (&told["entry"]["value"], &told["link"]["name"]),
        (&json!("bio"), &json!("Bio do Instagram"))
    );
    assert_eq!(
        (&told["campaign"]["name"], &told["campaign"]["dashboard_url"]),
        (&json!("Plano anual"), &json!("https://crm.example/c1"))
    );

    // A friend gets the text forwarded: the link, and not the click.
    let told = &write(&server, "5511955550102", &text)[0];
    assert_eq!(
        (&told["kind"], &told["confidence"], &told["click"]),
        (&json!("link"), &json!("likely"), &Value::Null)
    );
    assert_eq!(
        (&told["entry"]["value"], &told["rule"]),
        (&json!("bio"), &json!("link.forwarded_code@1"))
    );
    // Another takes the code away: the text tells the link. A third changes the text: nothing does.
    let told = &write(&server, "5511955550103", "olá, quero o plano anual por favor")[0];
    assert_eq!(
        (&told["kind"], &told["entry"]["value"], &told["rule"]),
        (&json!("link"), &json!("bio"), &json!("link.fixed_text@1"))
    );
    assert_eq!(told["also"][0]["kind"], "organic");
    let told = &write(&server, "5511955550104", "quero um plano")[0];
    assert_eq!((&told["kind"], &told["link"]), (&json!("organic"), &Value::Null));

    // A link that is made later repairs what was told before.
    put(
        &server,
        "/v1/links/loja",
        &json!({"name": "Loja", "channel": format!("whatsapp:{CHANNEL}"), "text": "Quero um plano"}),
    );
    let list = server.get("/v1/conversations?contact=5511955550104");
    assert_eq!(
        (
            &list["items"][0]["origin"]["kind"],
            &list["items"][0]["origin"]["link"]["name"]
        ),
        (&json!("link"), &json!("Loja"))
    );

    // Whoever only looks is led on and not counted.
    for looks in ["WhatsApp/2.24.1", "facebookexternalhit/1.1", "Twitterbot/1.0"] {
        let led = follow(&server, "/l/bio", &[("user-agent", looks)]);
        assert_eq!(
            (led.status, text_of(&led).as_str()),
            (302, "Olá! Quero o plano anual"),
            "{looks}"
        );
    }
    assert_eq!(clicks(&server, "origem_link_previews_total"), "3");
    let unknown = follow(&server, "/l/nobody", &[]);
    assert!(
        unknown.status == 404 && unknown.body.starts_with("<!doctype html>"),
        "{}",
        unknown.body
    );
    server.stop();

    // Of the visitor the log has a word and a hash.
    let log = world.run(&["log", "export"]).done();
    let click = log.lines().find(|line| line.contains("link_clicked")).unwrap();
    assert!(
        click.contains("\"device\":\"mobile\"") && click.contains("\"visitor\":\""),
        "{click}"
    );
    assert!(
        click.contains("https://loja.example/x") && !click.contains("a@b.c"),
        "{click}"
    );
    for kept_by_nobody in ["203.0.113.7", "Android 14"] {
        assert!(!log.contains(kept_by_nobody), "{log}");
    }
}

#[test]
fn clicks_that_were_answered_are_in_the_log_when_the_server_ends() {
    let world = World::new();
    let server = Server::serve(&world.data());
    put(
        &server,
        "/v1/links/bio",
        &json!({"name": "Bio", "channel": format!("whatsapp:{CHANNEL}"), "text": "Oi"}),
    );
    channel(&server);
    let texts: Vec<String> = (0..50).map(|_| text_of(&follow(&server, "/l/bio", &[]))).collect();
    let different: std::collections::BTreeSet<&String> = texts.iter().collect();
    assert_eq!(different.len(), 50, "each click has its own code");
    server.stop();
    assert_eq!(world.run(&["log", "info"]).value()["records"], 50);
}

#[test]
fn links_go_in_as_a_table_and_out_as_pictures() {
    let world = World::new();
    const MANY: usize = 10_000;
    let lines: String = (0..MANY)
        .map(|number| format!("loja{number:05},Loja {number},whatsapp:{CHANNEL},\"Oi, loja {number}\"\n"))
        .collect();
    let file = world.file("links.csv", format!("code,name,channel,text\n{lines}"));
    let loaded = world.run(&["links", "load", &file]).value();
    assert_eq!(loaded["items"].as_array().map(Vec::len), Some(MANY));
    let wrong = world.file("wrong.csv", "code,channel\nok,whatsapp:1\nno good,whatsapp:1\n");
    let failed = world.run(&["links", "load", &wrong]).failed(1);
    assert!(
        failed.contains("nothing was taken from") && failed.contains("line 3: id: `no good` is no code"),
        "{failed}"
    );

    let out = world.data().with_file_name("qr");
    let path = out.display().to_string();
    world.run(&["links", "qr", "--out", &path]).failed(2);
    let drawn = world
        .run(&[
            "links",
            "qr",
            "--out",
            &path,
            "--base",
            "https://o.example/",
            "--picture",
            "png",
            "--prefix",
            "loja099",
        ])
        .value();
    assert_eq!(drawn["links"], 100);
    assert!(fs::read(out.join("loja09999.png")).unwrap().starts_with(b"\x89PNG"));
    let table = fs::read_to_string(out.join("links.csv")).unwrap();
    assert!(table.contains(",https://o.example/l/loja09907,"), "{table}");
    assert_eq!(table.lines().count(), 101);

    let server = Server::serve(&world.data());
    let svg = server.ask("/v1/links/loja00001/qr.svg?correction=H&scale=3", &[]);
    assert!(svg.status == 200 && svg.body.contains("<svg"), "{}", svg.body);
    assert_eq!(
        server.ask("/v1/links/loja00001/qr.png?scale=65", &[]).refused(),
        "400 invalid"
    );
    assert_eq!(
        server.ask("/v1/links/loja00001/qr.svg?correction=Z", &[]).refused(),
        "400 invalid"
    );
    assert_eq!(server.ask("/v1/links/nobody/qr.svg", &[]).refused(), "404 not_found");
    let table = server
        .ask("/v1/links", &[("accept", "text/csv"), ("host", "links.example")])
        .body;
    assert!(
        table.contains("http://links.example/l/loja09999,http://links.example/v1/links/loja09999/qr.svg\n")
            && table.lines().count() == MANY + 1,
        "{}",
        &table[..300]
    );
    // What came out goes in again, in one request that answers with the same table.
    let again = ureq::agent()
        .put(format!("{}/v1/links", server.url))
        .header("content-type", "text/csv")
        .header("accept", "text/csv")
        .header("host", "links.example")
        .send(&table)
        .unwrap();
    assert_eq!(again.into_body().read_to_string().unwrap(), table);
}

#[test]
fn the_catalogue_repairs_what_an_ad_was_told_as() {
    let world = World::new();
    let message = json!({"kind": "message_received", "channel": {"kind": "whatsapp", "id": CHANNEL},
        "occurred_at": "2026-10-20T10:00:00Z", "contact": {"aliases": [{"kind": "phone", "value": "5511955550101"}]},
        "message": {"id": "wamid.A1", "type": "text", "text": "oi"},
        "referral": {"source_type": "ad", "source_id": "120210000000000003", "source_url": "https://fb.me/A", "ctwa_clid": "x"}});
    world.ingest("event", message.to_string());
    let timeline = || {
        let query = ["query", "timeline", "--contact", "5511955550101", "--format", "json"];
        on(&world.data(), &query).value()["items"][0].clone()
    };
    let before = timeline();
    assert_eq!(
        (&before["label"], &before["platform"]),
        (&json!("Campanha Meta"), &json!("unknown"))
    );
    let ads = world.file(
        "ads.csv",
        "Nome do anúncio;Identificação do anúncio;Nome da campanha;Identificação da campanha;Plataforma;Posicionamento\n\
         Oferta;120210000000000003;Inverno;120210000000000001;instagram;instagram_stories\n",
    );
    let campaigns = world.file(
        "campaigns.csv",
        "Campaign ID,Campaign name,type\n120210000000000001,Inverno 2026,ads\n",
    );
    world.run(&["catalogue", "load", &ads, &campaigns]).done();
    let after = timeline();
    assert_eq!(
        (&after["label"], &after["platform"]),
        (&json!("Campanha Instagram"), &json!("instagram"))
    );
    assert_eq!(
        (&after["ad"]["name"], &after["ad"]["placement"]),
        (&json!("Oferta"), &json!("instagram_stories"))
    );
    assert_eq!(
        (&after["campaign"]["id"], &after["campaign"]["name"]),
        (&json!("120210000000000001"), &json!("Inverno 2026"))
    );
    assert_eq!(before["id"], after["id"], "it is the same touch");
}
