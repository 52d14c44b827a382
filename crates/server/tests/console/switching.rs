//! From one customer to the next: nothing of the one before stays, and nothing that is written goes to another.

use serde_json::json;

use crate::browser::{Browser, DESK};
use crate::shop::{CAIO, RITA, Shop, ago, message};

#[test]
fn each_customer_has_their_own_side_column_and_their_own_draft() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    // Rita has another name for herself, Caio has none: only her card has a part to unfold.
    let mut rita = message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá");
    rita["contact"]["aliases"] =
        json!([{ "kind": "bsuid", "value": "BR.1000" }, { "kind": "phone", "value": RITA.phone }]);
    shop.hear(&[rita, message(CAIO, "wamid.C1", &ago(20), "Vocês abrem no domingo?")]);
    let page = shop.visit(&browser, DESK, "ana", "#/inbox");
    page.click_on("#list a", RITA.name);
    page.see("#side-contact", "BR.1000");
    page.click("#side-contact .aliases summary");
    page.wait("document.querySelector('#side-contact .aliases').open");
    page.press("n");
    page.write("Prefere a entrega de manhã");

    page.click_on("#list a", CAIO.name);
    page.see("#who", CAIO.name);
    page.see("#side-contact", CAIO.name);
    assert!(!page.text("#side").contains(RITA.name));
    assert_eq!(page.run("document.querySelector('#note-text').value"), "");
    page.press("n");
    page.write("Pediu um catálogo");
    page.press("Enter");
    page.see("#side-notes li", "Pediu um catálogo");
    page.wait("document.querySelector('#note-text').value === ''");
    page.run("document.activeElement.blur()");

    page.click_on("#list a", RITA.name);
    page.see("#side-contact", RITA.name);
    page.see("#side-contact .temperature", "°");
    let kept = "document.querySelector('#note-text').value === 'Prefere a entrega de manhã'";
    page.wait(kept);
    assert!(!page.text("#side-notes").contains("catálogo"));

    // A field that is emptied is a wish too, and a refusal is told.
    page.click("#side-contact .corner button");
    page.wait("document.querySelector('dialog [name=name]').value !== ''");
    page.run("document.querySelector('dialog [name=name]').value = ''");
    page.click("dialog .primary");
    page.see(".toast[data-tone=bad]", "");
    page.press("Escape");

    // Anybody can write an address.
    page.run("location.hash = '#/inbox/%'");
    page.wait("document.querySelector('#detail').hidden");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
