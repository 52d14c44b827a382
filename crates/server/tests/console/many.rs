//! Ten thousand conversations: all can be reached, few exist on the screen, and new ones do not move what is looked at.

use std::fmt::Write as _;

use serde_json::Value;

use crate::browser::{Browser, DESK};
use crate::shop::{Shop, ago};

const MANY: u64 = 10_000;

/// The message of customer `number`, `MANY - number` seconds old: the last one wrote latest.
fn customer(number: u64) -> Value {
    let mut event = crate::shop::message(crate::shop::RITA, "", &ago((MANY - number) / 60), "Oi");
    let mut id = String::new();
    write!(id, "wamid.{number}").unwrap();
    event["contact"]["aliases"][0]["value"] = format!("55119{:08}", 50_000_000 + number).into();
    event["contact"]["name"] = format!("Pessoa {number}").into();
    event["dedup_key"] = id.clone().into();
    event["message"]["id"] = id.into();
    event
}

#[test]
fn ten_thousand_rows_scroll_and_keep_their_place() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    let events: Vec<Value> = (0..MANY).map(customer).collect();
    shop.hear(&events);
    let page = shop.visit(&browser, DESK, "ana", "#/inbox");
    page.wait("document.querySelectorAll('#list li').length > 5");
    page.see("#tabs", "10.000");
    // To the end, page by page, as fast as somebody drags.
    page.run("(() => { const box = document.querySelector('#scroll'); window.dragging = setInterval(() => (box.scrollTop = box.scrollHeight), 10); window.most = 0; \
              new MutationObserver(() => (window.most = Math.max(window.most, document.querySelectorAll('#list li').length))).observe(document.querySelector('#list'), { childList: true }); })()");
    for reached in (1..=10).map(|part| part * MANY / 10) {
        page.wait(&format!(
            "Number(document.querySelector('#list li:last-child')?.getAttribute('aria-posinset')) >= {reached}"
        ));
    }
    page.run("clearInterval(window.dragging)");
    let most = page.run("window.most").as_u64().unwrap();
    assert!(most < 60, "{most} rows on the screen");
    // Wherever one jumps, rows are there in the next two frames.
    let late = page.run(
        "(async () => { const box = document.querySelector('#scroll'); const frame = () => new Promise(requestAnimationFrame); let late = 0; \
         for (let step = 0; step < 40; step += 1) { box.scrollTop = ((step * 7919) % 100) / 100 * (box.scrollHeight - box.clientHeight); await frame(); await frame(); \
         const middle = box.getBoundingClientRect(); const hit = document.elementFromPoint(middle.x + 100, middle.y + middle.height / 2); if (!hit?.closest('#list a')) late += 1; } return late; })()",
    );
    assert_eq!(late, 0);
    // Somebody new writes: what is looked at stays where it is.
    let place = "(() => { const box = document.querySelector('#scroll').getBoundingClientRect(); const row = document.elementFromPoint(box.x + 100, box.y + box.height / 2).closest('#list a'); \
                 return row.querySelector('strong').textContent + ' ' + Math.round(row.getBoundingClientRect().y); })()";
    page.run("document.querySelector('#scroll').scrollTop = 88 * 5000 + 40");
    page.wait("document.querySelector('#list li[aria-posinset=\"5004\"]')");
    let before = page.run(place);
    shop.hear(&[customer(MANY)]);
    page.see("#tabs", "10.001");
    assert_eq!(page.run(place), before);
    assert_eq!(page.complaints(), Vec::<String>::new());
}
