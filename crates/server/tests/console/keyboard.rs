//! Everything by the keyboard.

use crate::browser::{Browser, DESK};
use crate::shop::{CAIO, RITA, Shop, ago, message};

#[test]
fn a_conversation_is_found_claimed_handed_over_and_found_again_without_a_mouse() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[
        message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá"),
        message(CAIO, "wamid.C1", &ago(20), "Abrem no domingo?"),
    ]);
    let page = shop.visit(&browser, DESK, "carla", "#/inbox");
    page.see("#who", CAIO.name);
    page.press("j");
    page.see("#who", RITA.name);
    page.press("k");
    page.see("#who", CAIO.name);
    page.press("c");
    page.see("#now .owner", "Carla Souza");
    page.press("s");
    page.see("dialog .choices", "Em andamento");
    page.write("andamento");
    page.press("Enter");
    page.see("#side-contact", "Em andamento");
    page.wait("!document.querySelector('dialog')");
    page.press("t");
    page.see("dialog .choices", "Bruno Lima");
    page.write("bru");
    page.press("Enter");
    page.see("#now .owner", "Bruno Lima");
    page.wait("!document.querySelector('dialog')");
    // Search: down into the list, Enter opens.
    page.press("/");
    page.write("rita");
    page.wait("document.querySelectorAll('#list li').length === 1");
    page.press("ArrowDown");
    page.press("Enter");
    page.see("#who", RITA.name);
    page.press("Escape");
    page.press("2");
    page.wait("location.hash.includes('status=new')");
    page.press("?");
    page.see("dialog kbd", "J");
    page.press("Escape");
    page.press("g");
    page.press("r");
    page.see("#page h1", "Relatórios");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
