//! What axe finds, on every page and window: nothing serious.

use crate::browser::{Browser, DESK, Viewer};
use crate::page::Page;
use crate::shop::{CAIO, RITA, Shop, ago, message, through_ad};

/// axe-core 4.14.1, as it is published; MPL-2.0, see `axe/LICENSE`.
const AXE: &str = include_str!("axe/axe.min.js");

/// Fails with what axe finds at `place`, for those who look or listen.
#[track_caller]
fn check(page: &Page<'_>, place: &str) {
    page.run(&format!("(() => {{ {AXE} }})()"));
    let found = page.run(
        "axe.run().then(({ violations }) => violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => \
         id + ': ' + nodes.map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary).join('; ')).join('\\n'))",
    );
    assert_eq!(found.as_str().unwrap(), "", "{place}");
}

#[test]
fn axe_finds_nothing_serious() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[
        through_ad(message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá"), "1202"),
        message(CAIO, "wamid.C1", &ago(20), "Vocês abrem no domingo?"),
    ]);
    let rita = shop.conversation(RITA);
    for (scheme, width) in [("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360)] {
        let page = shop.visit(&browser, Viewer { scheme, width, ..DESK }, "ana", "#/inbox");
        page.see("#list strong", RITA.name);
        check(&page, &format!("the queue, {scheme}, {width} px"));
        page.run(&format!("location.hash = '#/inbox/{rita}'"));
        page.see("#side-session", "grátis");
        check(&page, &format!("a conversation, {scheme}, {width} px"));
        for (opened, key) in [("origin", "o"), ("finish", "e"), ("lead", "l"), ("help", "?")] {
            page.press(key);
            page.wait("document.querySelector('dialog[open]')");
            check(&page, &format!("the window of {opened}, {scheme}, {width} px"));
            page.press("Escape");
            page.wait("!document.querySelector('dialog')");
        }
        let page = shop.visit(&browser, Viewer { scheme, width, ..DESK }, "", "#/inbox");
        for name in ["new", "links", "reports", "operations"] {
            page.run(&format!("location.hash = '#/{name}'"));
            page.wait("document.querySelector('#page h1') && document.querySelector('#page .card, #page .empty')");
            check(&page, &format!("{name}, {scheme}, {width} px"));
            let wider = page.run("document.documentElement.scrollWidth - innerWidth");
            assert!(wider.as_i64().unwrap() <= 0, "{name} is wider than {width} px");
        }
    }
}
