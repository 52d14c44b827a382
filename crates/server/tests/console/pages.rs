//! The pages beside the inbox: what comes late or not at all, and what a form leaves as it is.

use std::time::{SystemTime, UNIX_EPOCH};

use origem_domain::time::Timestamp;
use origem_domain::zone::Zone;
use serde_json::json;

use crate::browser::{Browser, DESK};
use crate::shop::{NUMBER, RITA, Shop, ago, message};

/// Answers to what fits `sign` are held back until `window.go()`, counted by `window.held`; then `window.late` counts those that were read.
fn hold(sign: &str) -> String {
    format!(
        "(() => {{ const real = window.fetch; const gate = new Promise((go) => (window.go = go)); window.held = window.late = 0; window.fetch = async (...asked) => {{ \
         if (!String(asked[0]).includes('{sign}')) return real(...asked); window.held += 1; const answer = await real(...asked); await gate; \
         const json = answer.json.bind(answer); answer.json = async () => {{ const body = await json(); setTimeout(() => (window.late += 1), 50); return body; }}; return answer; }}; }})()"
    )
}

#[test]
fn operations_go_on_after_an_answer_that_did_not_come() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let begun = shop.server.post("/v1/admin/rebuilds", &[], br#"{"dry_run":true}"#);
    assert!(begun.status < 300, "{}", begun.body);
    let page = shop.visit(&browser, DESK, "", "#/operations");
    // The rebuild may end just now, and what is told of it begin anew.
    page.wait("(() => { const part = document.querySelector('#page .rebuilds details'); if (part && !part.open) part.querySelector('summary').click(); return part?.open; })()");
    page.run("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('away'))");
    page.wait("document.querySelectorAll('#page .card [role=alert]').length === 3");
    page.run("window.fetch = window.real");
    page.wait("document.querySelector('#page .figures') && document.querySelector('#page .rebuilds') && !document.querySelector('#page [role=alert]')");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_page_that_comes_late_is_not_put_into_another() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let page = shop.visit(&browser, DESK, "ana", "#/links");
    page.see("#page h1", "Links");
    page.run(&hold("v1/conversations"));
    page.run("location.hash = '#/new'");
    page.wait("window.held > 0");
    page.run("location.hash = '#/links'");
    page.see("#page h1", "Links");
    page.run("window.go()");
    page.wait("window.late > 0");
    assert_eq!(page.count("#page h1"), 1);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn reports_are_of_the_days_of_the_account_wherever_somebody_looks_from() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    // The account is always a day ahead of this browser, or two.
    let zone = "Pacific/Kiritimati";
    shop.maintain("accounts", json!([{ "id": "default", "time_zone": zone }]));
    shop.hear(&[message(RITA, "wamid.R1", &ago(1), "Quero saber do sofá")]);
    let there = Zone::parse(zone).unwrap();
    let today = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        there.wall(Timestamp::from_seconds(i64::try_from(now).unwrap()), "%Y-%m-%d")
    };
    let before = today();
    let page = browser.open(DESK);
    page.call("Emulation.setTimezoneOverride", json!({ "timezoneId": "Etc/GMT+12" }));
    page.go(&format!("{}/?person=carla#/reports", shop.server.url));
    page.see("#page .figures dd", "1");
    page.see(".paths li", "Orgânico");
    let last = page.run("document.querySelector('#page [name=to]').value");
    assert!(last == before || last == today(), "{last}, not {before}");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_report_that_comes_late_does_not_replace_the_one_asked_for_since() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let page = shop.visit(&browser, DESK, "carla", "#/reports");
    page.wait("document.querySelectorAll('#page .card').length >= 5");
    page.run(&hold("group_by=campaign"));
    let choose = |group: &str| {
        format!(
            "(() => {{ const group = document.querySelector('#page [name=group]'); group.value = '{group}'; group.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        )
    };
    page.run("for (const card of document.querySelectorAll('#page .card')) card.dataset.old = ''");
    page.run(&choose("campaign"));
    page.wait("window.held > 0");
    page.run(&choose("team"));
    page.wait(
        "document.querySelectorAll('#page .card').length >= 5 && !document.querySelector('#page .card[data-old]')",
    );
    page.run("for (const card of document.querySelectorAll('#page .card')) card.dataset.team = ''");
    page.run("window.go()");
    page.wait("window.late > 0");
    assert_eq!(page.count("#page .card:not([data-team])"), 0);
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_link_keeps_what_the_form_does_not_ask_for_and_lasts_to_the_end_of_its_day() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    let utm = json!({ "source": "bio", "medium": "social", "campaign": "outono", "term": "sofa", "content": "azul", "id": "77" });
    let link = json!({ "name": "Bio", "channel": format!("whatsapp:{NUMBER}"), "text": "Oi", "utm": utm, "expires_at": "2031-05-10T12:00:00Z" });
    shop.maintain("links/bio", link);
    let page = shop.visit(&browser, DESK, "carla", "#/links");
    // The instant is kept as long as its day is; another day ends where the browser is, three hours after that of UTC.
    for (day, expected) in [
        ("2031-05-10", "2031-05-10T12:00:00Z"),
        ("2031-05-31", "2031-06-01T02:59:59Z"),
        ("2031-05-31", "2031-06-01T02:59:59Z"),
    ] {
        page.click("#page .tools .plain");
        page.wait("document.querySelector('dialog [name=expires]')");
        page.run(&format!("document.querySelector('dialog [name=expires]').value = '{day}'; document.querySelector('dialog [name=utm_medium]').value = 'perfil'"));
        page.click("dialog .primary");
        page.wait("!document.querySelector('dialog')");
        let kept = &shop.server.get("/v1/links/bio");
        let kept = kept.get("content").unwrap_or(kept);
        assert_eq!(kept["expires_at"], expected, "{kept}");
        let mut wanted = utm.clone();
        wanted["medium"] = "perfil".into();
        assert_eq!(kept["utm"], wanted);
        // Drawn anew with what was saved.
        page.wait("document.querySelector('#page .tools .plain') && !document.querySelector('dialog')");
    }
    page.click("#page .tools .plain");
    page.wait("document.querySelector('dialog [name=expires]').value === '2031-05-31'");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
