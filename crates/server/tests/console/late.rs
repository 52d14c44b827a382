//! What was missed meanwhile: places in the feed that lead nowhere, rows that changed in a list of another order.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::browser::{Browser, DESK};
use crate::shop::{RITA, Shop, ago, message};

/// Streams of changes as the table tells, one after the other: `event` gives a change and ends, `silent` ends without a word, and a
/// number is a refusal. The streams after them are the server's. `window.asked` tells from where each was asked for.
const STREAMS: &str = "window.asked = []; { const real = window.fetch; window.fetch = (...asked) => { const url = new URL(asked[0], location.href); \
    if (!url.pathname.endsWith('/v1/changes')) return real(...asked); const what = window.streams[window.asked.length]; \
    window.asked.push(url.searchParams.get('after') ?? ''); if (what === undefined) return real(...asked); \
    return Promise.resolve(Number(what) ? new Response('{}', { status: Number(what) }) : new Response(what === 'event' ? 'id: 0:0\\ndata: {}\\n\\n' : ':\\n\\n')); }; }";

#[test]
fn a_place_that_leads_nowhere_is_given_up() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    for (streams, asked) in [
        (json!(["event"]), json!(["", "0:0"])),
        (json!(["event", "410"]), json!(["", "0:0", ""])),
        (json!(["event", "400"]), json!(["", "0:0", ""])),
        (json!(["event", "503"]), json!(["", "0:0", "0:0"])),
        // One silent end may be a server that was started again.
        (json!(["event", "silent"]), json!(["", "0:0", "0:0"])),
        (json!(["event", "silent", "silent"]), json!(["", "0:0", "0:0", ""])),
    ] {
        let page = browser.open(DESK);
        let source = format!("window.streams = {streams}; {STREAMS}");
        page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }));
        page.go(&shop.server.url);
        let count = asked.as_array().unwrap().len();
        page.wait(&format!("window.asked.length === {count}"));
        assert_eq!(page.run("window.asked"), asked, "{streams}");
        assert_eq!(page.complaints(), Vec::<String>::new());
    }
}

const SOME: u64 = 250;

/// The message of customer `number`: the first one wrote first.
fn customer(number: u64) -> Value {
    let mut event = message(RITA, "", &ago(2 * SOME - number), "Oi");
    let mut id = String::new();
    write!(id, "wamid.{number}").unwrap();
    event["contact"]["aliases"][0]["value"] = format!("55119{:08}", 50_000_000 + number).into();
    event["contact"]["name"] = format!("Pessoa {number}").into();
    event["dedup_key"] = id.clone().into();
    event["message"]["id"] = id.into();
    event
}

#[test]
fn the_oldest_first_are_up_to_date_beyond_a_page_too() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&(0..SOME).map(customer).collect::<Vec<_>>());
    let page = shop.visit(&browser, DESK, "carla", "#/inbox?order=oldest");
    page.run("window.dragging = setInterval(() => { const box = document.querySelector('#scroll'); box.scrollTop = box.scrollHeight; }, 10)");
    page.wait(&format!("document.querySelector('#list li[aria-posinset=\"{SOME}\"]')"));
    page.run("clearInterval(window.dragging)");
    // A row that comes in may bring the list back to where it was: to the top until it is there.
    page.wait("(document.querySelector('#scroll').scrollTop = 0, document.querySelector('#list li[aria-posinset=\"1\"] strong').textContent === 'Pessoa 0')");
    let first = page.run("document.querySelector('#list li[aria-posinset=\"1\"] a').dataset.id");
    let path = format!("/v1/conversations/{}/claim", first.as_str().unwrap());
    let claimed = shop.server.post(&path, &[], br#"{"agent":"bruno"}"#);
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    page.see("#list li[aria-posinset='1'] .owner", "Bruno Lima");
    // Who writes again is the last.
    let mut again = customer(1);
    again["dedup_key"] = "wamid.again".into();
    again["message"]["id"] = "wamid.again".into();
    again["occurred_at"] = ago(0).into();
    shop.hear(&[again]);
    page.wait("[...document.querySelectorAll('#list li[aria-posinset=\"2\"] strong')].some((one) => one.textContent === 'Pessoa 2')");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
