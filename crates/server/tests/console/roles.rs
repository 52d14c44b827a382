//! Who sits here decides what there is: people see what is theirs, pages are there for those who may use them.

use serde_json::json;

use crate::browser::{Browser, DESK};
use crate::page::Page;
use crate::shop::{CAIO, LARA, RITA, Shop, ago, message};

/// The pages in the rail.
fn pages(page: &Page<'_>) -> String {
    let names = page.run("[...document.querySelectorAll('#rail a')].filter((link) => link.checkVisibility()).map((link) => link.dataset.page).join(' ')");
    names.as_str().unwrap().to_owned()
}

#[test]
fn whoever_signs_in_as_somebody_sees_what_that_person_sees() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.maintain("teams", json!([{ "id": "support", "name": "Suporte" }]));
    shop.maintain(
        "channels/whatsapp:3",
        json!({ "name": "Suporte", "teams": ["support"] }),
    );
    let mut other = message(LARA, "wamid.L1", &ago(40), "Meu sofá chegou");
    other["channel"]["id"] = "3".into();
    shop.hear(&[
        other,
        message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá"),
        message(CAIO, "wamid.C1", &ago(20), "Vocês abrem no domingo?"),
    ]);
    let caio = shop.conversation(CAIO);
    let claim = format!("/v1/conversations/{caio}/claim");
    assert_eq!(shop.server.post(&claim, &[], br#"{"agent":"bruno"}"#).status, 200);

    // Everybody, without limits; then one of those who work here, chosen in the page.
    let page = shop.visit(&browser, DESK, "", "#/inbox");
    page.wait("document.querySelectorAll('#list li').length === 3");
    page.wait("document.querySelector('#rail [data-page=operations]').checkVisibility()");
    assert_eq!(pages(&page), "inbox new links reports operations");
    page.click("#me");
    page.see("dialog h2", "Entrar como");
    page.see("dialog .choices li:nth-child(2)", "Carla Souza");
    page.click_on("dialog .choices button", "Ana Beatriz");
    page.see("#me", "Ana Beatriz");
    page.wait("document.querySelectorAll('#list li').length === 1");
    page.see("#list strong", RITA.name);
    assert_eq!(pages(&page), "inbox new links");
    // An address leads nowhere else either.
    page.run("location.hash = '#/operations'");
    page.see("#page", "não é do seu papel");
    page.run(&format!("location.hash = '#/inbox/{caio}'"));
    page.see("#nothing", "outra pessoa");
    // Another person, in the address; it does not stay there.
    page.go(&format!("{}/?person=carla#/inbox", shop.server.url));
    page.see("#me", "Carla Souza");
    page.wait("document.querySelectorAll('#list li').length === 3");
    assert_eq!(page.run("location.search"), "");
    assert_eq!(pages(&page), "inbox new links reports");
    // And back.
    page.click("#me");
    page.click_on("dialog .choices button", "Todos, sem restrição");
    page.wait("document.querySelector('#rail [data-page=operations]').checkVisibility()");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn what_the_plan_leaves_out_is_not_shown() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let features = json!({ "queue": false, "links": false, "reports": false });
    shop.maintain("plans/basic", json!({ "name": "Basic", "features": features }));
    shop.maintain("accounts/default", json!({ "name": "Loja", "plan": "basic" }));
    let page = shop.visit(&browser, DESK, "carla", "#/inbox");
    page.see("#me", "Carla Souza");
    page.see("#who", RITA.name);
    assert_eq!(pages(&page), "inbox");
    assert_eq!(page.count("#actions button"), 0);
    page.run("location.hash = '#/links'");
    page.see("#page", "não está no plano");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
