//! With keys configured: the page asks for one, tells who it is for, and forgets it with the tab.

use serde_json::{Value, json};

use crate::browser::{Browser, DESK};
use crate::shop::{RITA, Shop, ago, message};

#[test]
fn whoever_has_a_key_is_let_in_as_who_they_are() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let url = &shop.server.url;
    let wanted = json!({ "role": "agent", "agent": "ana" }).to_string();
    let made = shop.server.post("/v1/keys", &[], wanted.as_bytes());
    assert_eq!(made.status, 201, "{}", made.body);
    let made: Value = serde_json::from_str(&made.body).unwrap();

    let page = browser.open(DESK);
    page.go(url);
    page.see("dialog h2", "Entrar");
    assert_eq!(page.count("#list li"), 0);
    page.click("dialog [name=key]");
    page.write("not-a-key");
    page.press("Enter");
    page.see("dialog [role=alert]", "não foi aceita");
    page.click("dialog [name=key]");
    page.write(made["key"].as_str().unwrap());
    page.press("Enter");
    page.see("#list strong", RITA.name);
    page.see("#me", "Ana Beatriz");
    page.wait("document.querySelector('#live').dataset.state === 'live'");
    // An answer that does not come at once is no reason to let anybody act as anybody.
    let source = "{ const real = window.fetch; let refused = 0; window.fetch = (...asked) => (String(asked[0]) === 'v1/me' && refused++ < 1 ? Promise.resolve(new Response('{}', { status: 503 })) : real(...asked)); }";
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }));
    page.go(&format!("{url}/?again"));
    page.see("#me", "Ana Beatriz");
    page.wait("document.querySelector('#live').dataset.state === 'live'");
    // Who acts is who holds the key.
    page.click_on("#actions button", "Assumir");
    page.see("#now .owner", "Ana Beatriz");
    // It goes with the tab, and when told to.
    page.click("#me");
    page.click_on("dialog button", "Sair");
    page.see("dialog h2", "Entrar");
    assert_eq!(
        page.run("Object.keys(sessionStorage).length + Object.keys(localStorage).length"),
        0
    );
}
