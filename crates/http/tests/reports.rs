//! Reports over tickets: what each origin brought, the funnel of links, the export.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use axum::http::Method;
use common::{Answer, Edge, edge, options, request};
use serde_json::{Value, json};

/// An event of a contact at a time of October 2026, `day.hour:minute`.
fn event(number: u32, at: &str, kind: &str, more: Value) -> Value {
    let (day, time) = at.split_once('.').unwrap();
    let mut event = json!({
        "kind": kind,
        "channel": {"kind": "whatsapp", "id": "200000000000002"},
        "contact": {"aliases": [{"kind": "phone", "value": format!("55119555501{number:02}")}]},
        "occurred_at": format!("2026-10-{day:0>2}T{time}:00Z"),
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn message(id: &str, text: &str) -> Value {
    json!({"message": {"id": id, "type": "text", "text": text}})
}

fn by_ad(id: &str) -> Value {
    let mut more = message(id, "oi");
    more["referral"] =
        json!({"source_type": "ad", "source_id": "1202", "source_url": "https://fb.me/A", "ctwa_clid": "Afe_"});
    more
}

fn answer(id: &str) -> Value {
    let mut more = message(id, "Bom dia!");
    more["via"] = json!("web");
    more["agent"] = json!("ana");
    more
}

fn finish(agent: &str, ticket: Value) -> Value {
    json!({"agent": agent, "ticket": ticket})
}

async fn put(edge: &Edge, path: &str, body: &str) {
    let answer = edge.send(request(Method::PUT, path, &[], body.to_owned())).await;
    assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
}

/// The business as the tests have it: what its words mean, what its ad belongs to and cost.
async fn business(edge: &Edge) {
    for (path, body) in [
        ("/v1/classifications/sold", r#"{"name":"Sold","outcome":"won"}"#),
        (
            "/v1/classifications/no_interest",
            r#"{"name":"No interest","outcome":"lost"}"#,
        ),
        (
            "/v1/ads/1202",
            r#"{"names":[{"ad":"Blue","campaign":"Spring","campaign_id":"C1"}],"platform":"instagram"}"#,
        ),
        (
            "/v1/ad-spend",
            "day,ad_id,amount,currency\n2026-10-01,1202,30,BRL\n2026-10-02,1202,10,BRL\n2026-11-01,1202,99,BRL\n",
        ),
    ] {
        put(edge, path, body).await;
    }
}

async fn told(edge: &Edge, events: Vec<Value>) -> Answer {
    let answer = edge.post("/v1/events", Value::Array(events).to_string()).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer
}

/// A sale of an ad and a hashtag; one organic and open; one of the ad and lost; an old organic one, sold much later.
async fn october(edge: &Edge) -> Answer {
    business(edge).await;
    let mut late = event(
        5,
        "01.08:00",
        "ticket_finished",
        finish("ana", json!({"value": 33.33, "currency": "BRL"})),
    );
    late["occurred_at"] = json!("2026-11-20T10:00:00Z");
    told(
        edge,
        vec![
            event(1, "01.10:00", "message_received", by_ad("m1")),
            event(1, "01.10:05", "message_sent", answer("m2")),
            event(1, "03.10:00", "message_received", message("m3", "#promo quero")),
            event(
                1,
                "04.12:00",
                "ticket_finished",
                finish(
                    "ana",
                    json!({"classification": "sold", "value": 100, "currency": "BRL"}),
                ),
            ),
            event(2, "02.09:00", "message_received", message("m4", "oi")),
            event(2, "02.09:30", "message_sent", answer("m5")),
            event(3, "02.11:00", "message_received", by_ad("m6")),
            event(
                3,
                "02.12:00",
                "ticket_finished",
                finish(
                    "=HYPERLINK(1)",
                    json!({"classification": "no_interest", "value": 5, "currency": "BRL"}),
                ),
            ),
            event(5, "01.08:00", "message_received", message("m7", "oi")),
            late,
        ],
    )
    .await
}

/// A line in words: what it is of, then opened, answered, finished, won, revenue, and the credit of each model.
fn line(line: &Value) -> String {
    let of: Vec<&str> = ["/day", "/kind", "/platform", "/campaign/name", "/team/id", "/hashtag"]
        .iter()
        .filter_map(|place| line.pointer(place).and_then(Value::as_str))
        .collect();
    let of = if line["unattributed"] == json!(true) {
        "unattributed".to_owned()
    } else {
        of.join(" ")
    };
    let models = line["models"].as_object().into_iter().flatten();
    let models: Vec<String> = models
        .map(|(model, credit)| format!("{model} {} {}", credit["won"], credit["revenue"]["BRL"]))
        .collect();
    format!(
        "{of}: {} {} {} {} {} | {}",
        line["opened"],
        line["answered"],
        line["finished"],
        line["won"],
        line["revenue"]["BRL"],
        models.join(", ")
    )
}

const OCTOBER: &str = "from=2026-10-01&to=2026-11-01";

#[tokio::test(flavor = "multi_thread")]
async fn what_each_origin_brought_by_several_models_adds_up() {
    let edge = edge(options());
    let said = october(&edge).await;
    let path = format!("/v1/reports/origins?{OCTOBER}&model=first,last,linear,markov");
    let report = edge.get_after(&said, &path).await.json();
    let lines: Vec<String> = report["items"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "ad instagram: 2 1 2 1 100 | first 1 100, last 0 null, linear 0.5 50, markov 0.5 50",
            "hashtag: 0 0 0 0 null | first 0 null, last 1 100, linear 0.5 50, markov 0.5 50",
            "organic whatsapp: 2 1 1 1 33.33 | first 0 null, last 0 null, linear 0 null, markov 0 null",
            "unattributed: 0 0 0 0 null | first 1 33.33, last 1 33.33, linear 1 33.33, markov 1 33.33",
        ],
        "{report:#}"
    );
    assert_eq!(
        line(&report["totals"]),
        ": 4 2 3 2 133.33 | first 2 133.33, last 2 133.33, linear 2 133.33, markov 2 133.33"
    );
    let ad = &report["items"][0];
    assert_eq!(ad["classifications"], json!({"no_interest": 1, "sold": 1}));
    assert_eq!(ad["first_response_s"], json!({"median": 300, "mean": 300}));
    // From the ad on the 1st at 10:00 to the 4th at 12:00.
    assert_eq!(ad["time_to_win_s"], json!({"median": 266_400, "mean": 266_400}));
    assert_eq!(ad["conversion_rate"], json!(0.5));
    assert_eq!(ad["cost"], json!({"BRL": 40}));
    assert_eq!(ad["models"]["first"]["return_on_spend"], json!({"BRL": 2.5}));
    assert_eq!(ad["models"]["linear"]["return_on_spend"], json!({"BRL": 1.25}));
    assert_eq!(report["lookback_days"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_told_apart_as_asked() {
    let edge = edge(options());
    let said = october(&edge).await;
    for (asked, told) in [
        (
            "group_by=campaign",
            &[
                ": 2 1 1 1 33.33 | last 1 100",
                "Spring: 2 1 2 1 100 | last 0 null",
                "unattributed: 0 0 0 0 null | last 1 33.33",
            ][..],
        ),
        // A longer lookback finds the old touch.
        (
            "group_by=kind&lookback_days=60",
            &[
                "ad: 2 1 2 1 100 | last 0 null",
                "hashtag: 0 0 0 0 null | last 1 100",
                "organic: 2 1 1 1 33.33 | last 1 33.33",
            ],
        ),
        // Without origins there is nothing to be without.
        ("group_by=", &[": 4 2 3 2 133.33 | last 2 133.33"]),
        (
            "group_by=day",
            &[
                "2026-10-01: 2 1 2 2 133.33 | last 2 133.33",
                "2026-10-02: 2 1 1 0 null | last 0 null",
            ],
        ),
        (
            "group_by=month&model=shapley",
            &["2026-10-01: 4 2 3 2 133.33 | shapley 2 133.33"],
        ),
    ] {
        let report = edge
            .get_after(&said, &format!("/v1/reports/origins?{OCTOBER}&{asked}"))
            .await
            .json();
        let lines: Vec<String> = report["items"].as_array().unwrap().iter().map(line).collect();
        assert_eq!(lines, told, "{asked}: {report:#}");
    }
    // Spend is not told by team.
    let report = edge
        .get_after(&said, &format!("/v1/reports/origins?{OCTOBER}&group_by=team"))
        .await
        .json();
    assert_eq!(report["items"][0].get("cost"), None);
    assert_eq!(report["totals"]["cost"], json!({"BRL": 40}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_by_name() {
    let edge = edge(options());
    for (asked, word) in [
        ("origins?group_by=colour", "`colour` is none of day, month"),
        ("origins?group_by=day,month", "day or month, not both"),
        ("origins?model=best", "`best` is none of first, last"),
        (
            "origins?lookback_days=0",
            "lookback_days: it must be between 1 and 3653",
        ),
        ("origins?half_life_days=9999", "half_life_days: it must be"),
        ("origins?from=2026-10-02&to=2026-10-01", "it must be after 2026-10-02"),
        ("origins?form=2026-10-02", "unknown field `form`"),
        ("funnel?by=team", "unknown variant `team`"),
        ("tickets?format=xlsx", "unknown variant `xlsx`"),
        ("tickets?from=yesterday", "is no date"),
    ] {
        let answer = edge.get(&format!("/v1/reports/{asked}")).await;
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(
            answer.status == 400 && message.contains(word),
            "{asked}: {} {message}",
            answer.status
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_funnel_goes_from_clicks_to_sales() {
    let edge = edge(options());
    business(&edge).await;
    put(
        &edge,
        "/v1/links/spring",
        r#"{"name":"Spring page","channel":"whatsapp:200000000000002","campaign_id":"C1"}"#,
    )
    .await;
    let click = |id: &str, at: &str| {
        let mut click = event(
            0,
            at,
            "link_clicked",
            json!({"click": {"id": id, "code": id, "link": "spring"}}),
        );
        click.as_object_mut().unwrap().remove("contact");
        click
    };
    let mut through = message("m1", "oi");
    through["referral"] = json!({"ref": "spring"});
    let said = told(
        &edge,
        vec![
            click("k1", "05.09:00"),
            click("k2", "05.09:01"),
            // Delivered twice.
            click("k2", "05.09:01"),
            click("k3", "06.09:00"),
            event(1, "05.10:00", "message_received", through.clone()),
            event(1, "05.10:05", "message_sent", answer("m2")),
            event(
                1,
                "05.12:00",
                "ticket_finished",
                finish("ana", json!({"classification": "sold", "value": 10, "currency": "BRL"})),
            ),
            event(2, "06.10:00", "message_received", through),
            event(3, "06.11:00", "message_received", by_ad("m3")),
        ],
    )
    .await;
    let told = |line: &Value| {
        let numbers = ["clicks", "conversations", "answered", "classified", "won"].map(|name| line[name].to_string());
        format!(
            "{} {} {}",
            line["id"].as_str().unwrap(),
            line["name"].as_str().unwrap(),
            numbers.join(" ")
        )
    };
    for (by, line) in [
        ("link", "spring Spring page 3 2 1 1 1"),
        ("campaign", "C1 Spring 3 3 1 1 1"),
    ] {
        let report = edge
            .get_after(&said, &format!("/v1/reports/funnel?{OCTOBER}&by={by}"))
            .await
            .json();
        let lines: Vec<String> = report["items"].as_array().unwrap().iter().map(told).collect();
        assert_eq!(lines, [line], "{report:#}");
        assert_eq!(report["items"][0]["revenue"], json!({"BRL": 10}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_exported_with_their_evidence() {
    let edge = edge(options());
    let said = october(&edge).await;
    let csv = edge.get_after(&said, &format!("/v1/reports/tickets?{OCTOBER}")).await;
    let text = String::from_utf8(csv.body.to_vec()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    assert!(
        lines[0].starts_with("ticket_id,conversation_id,channel,status,opened_at,"),
        "{text}"
    );
    // In order of opening: the old organic one, the sale, the open one, the lost one.
    assert!(
        lines[1].contains(",2026-11-20T10:00:00Z,") && lines[1].contains(",33.33,BRL,organic,whatsapp,"),
        "{text}"
    );
    assert!(
        lines[2].contains(",sold,,100,BRL,ad,") && lines[2].contains(",1202,,,Afe_,certain,"),
        "{text}"
    );
    assert!(
        lines[2].contains(" | hashtag promo at 2026-10-03T10:00:00Z, "),
        "{text}"
    );
    assert!(lines[2].contains(",m1,"), "the message that proves it: {text}");
    assert!(lines[4].contains(",'=HYPERLINK(1),no_interest,"), "{text}");
    let ndjson = edge
        .get_after(&said, &format!("/v1/reports/tickets?{OCTOBER}&format=ndjson"))
        .await;
    let text = String::from_utf8(ndjson.body.to_vec()).unwrap();
    let tickets: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sold = &tickets[1];
    assert_eq!(sold["won_at"], "2026-10-04T12:00:00Z");
    assert_eq!(sold["channel"]["id"], "200000000000002");
    assert_eq!(sold["origins"][0]["evidence"]["message_id"], "m1");
    assert_eq!(
        sold["origins"][1]["entry"],
        json!({"type": "hashtag", "value": "promo"})
    );
    assert_eq!(tickets[3].get("won_at"), None, "lost, although a value was told");
    // Nothing in the time: only what the columns are called.
    let none = edge.get("/v1/reports/tickets?from=2020-01-01&to=2020-01-02").await;
    assert_eq!(String::from_utf8(none.body.to_vec()).unwrap().lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tickets_come_page_by_page_in_order() {
    let edge = edge(options());
    let mut last = None;
    for batch in 0..3_u32 {
        let events = (0..200).map(|number| {
            let number = batch * 200 + number;
            let mut event = event(0, "01.10:00", "message_received", message(&format!("m{number}"), "oi"));
            event["contact"] = json!({"aliases": [{"kind": "phone", "value": format!("5511955{number:06}")}]});
            event["occurred_at"] = json!(format!(
                "2026-10-{:02}T{:02}:{:02}:00Z",
                1 + number % 28,
                number % 24,
                number % 60
            ));
            event
        });
        last = Some(told(&edge, events.collect()).await);
    }
    let csv = edge
        .get_after(&last.unwrap(), &format!("/v1/reports/tickets?{OCTOBER}&format=ndjson"))
        .await;
    let text = String::from_utf8(csv.body.to_vec()).unwrap();
    let opened: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["opened_at"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(opened.len(), 600);
    assert!(opened.is_sorted());
}

/// A customer who came by an ad and wrote again by a hashtag of a link, while the ticket was open and after it was finished.
#[tokio::test(flavor = "multi_thread")]
async fn the_export_tells_what_opened_a_ticket_as_the_report_does() {
    let edge = edge(options());
    business(&edge).await;
    put(
        &edge,
        "/v1/links/poster",
        r#"{"name":"Poster","channel":"whatsapp:200000000000002","hashtag":"promo","campaign_id":"C2"}"#,
    )
    .await;
    let sold = || finish("ana", json!({"classification": "sold", "value": 10, "currency": "BRL"}));
    let said = told(
        &edge,
        vec![
            // An ad, then the poster: opened by the ad.
            event(1, "05.10:00", "message_received", by_ad("m1")),
            event(1, "05.10:01", "message_received", message("m2", "#promo quero")),
            // The poster alone.
            event(2, "06.10:00", "message_received", message("m3", "#promo quero")),
            // The business writes to somebody who came by the poster before.
            event(3, "06.11:00", "message_received", message("m4", "#promo quero")),
            event(3, "06.12:00", "ticket_finished", sold()),
            event(3, "07.10:00", "message_sent", answer("m5")),
        ],
    )
    .await;
    let report = edge
        .get_after(
            &said,
            &format!("/v1/reports/origins?{OCTOBER}&group_by=kind,platform,campaign,ad,link,hashtag"),
        )
        .await
        .json();
    let mut by_report: Vec<(String, u64)> = Vec::new();
    for line in report["items"].as_array().unwrap() {
        let text = |place: &str| line.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let places = ["/kind", "/platform", "/campaign/id", "/ad/id", "/link/id", "/hashtag"];
        by_report.push((places.map(text).join(","), line["opened"].as_u64().unwrap()));
    }
    by_report.retain(|(_, opened)| *opened > 0);
    let csv = edge.get_after(&said, &format!("/v1/reports/tickets?{OCTOBER}")).await;
    let text = String::from_utf8(csv.body.to_vec()).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().unwrap();
    let columns = ["origin", "platform", "campaign_id", "ad_id", "link", "hashtag"];
    let places = columns.map(|column| names.iter().position(|name| *name == column).unwrap());
    let mut by_export: std::collections::BTreeMap<String, u64> = Default::default();
    for cells in lines {
        *by_export.entry(places.map(|place| cells[place]).join(",")).or_default() += 1;
    }
    by_report.sort();
    let by_export: Vec<(String, u64)> = by_export.into_iter().collect();
    assert_eq!(by_report, by_export, "{report:#}\n{text}");
    assert!(
        by_export.iter().any(|(told, _)| told == "ad,instagram,C1,1202,,"),
        "{by_export:?}"
    );
    assert!(
        by_export
            .iter()
            .any(|(told, _)| told.contains("C2") && told.ends_with(",poster,promo")),
        "{by_export:?}"
    );
}
