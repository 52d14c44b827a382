//! A day in the inbox, from the first message to the second ticket.

use crate::browser::{Browser, DESK};
use crate::shop::{CAIO, RITA, Shop, ago, message, through_ad, through_hashtag};

#[test]
fn a_day_in_the_inbox() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.maintain("ads", serde_json::json!([{ "id": "1202", "platform": "instagram", "names": [{ "ad": "Carrossel de sofás", "campaign": "Outono" }] }]));
    shop.hear(&[
        through_ad(message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá"), "1202"),
        message(CAIO, "wamid.C1", &ago(20), "Vocês abrem no domingo?"),
    ]);
    let rita = shop.conversation(RITA);

    // Ana looks for those that the ads on Instagram brought.
    let ana = shop.visit(&browser, DESK, "ana", "#/inbox");
    ana.see("#list strong", CAIO.name);
    ana.click("#filter");
    ana.run("(() => { const origin = document.querySelector('#filter-panel [name=origin]'); origin.value = 'ad.instagram'; origin.dispatchEvent(new Event('change', { bubbles: true })); })()");
    ana.wait("document.querySelectorAll('#list li').length === 1");
    ana.see("#list strong", RITA.name);
    ana.see("#list .badge", "Campanha Instagram");
    ana.press("Escape");
    ana.click_on("#list a", RITA.name);
    ana.see("#who", RITA.name);

    // Behind the badge: what the ad is called, its id to be copied, and why it is said to be the origin.
    ana.click("#thread .marker .badge");
    ana.see("dialog dd", "Carrossel de sofás");
    ana.see("dialog dd", "Outono");
    ana.see("dialog .considered li", "escolhida");
    let leads = ana.run(
        "[...document.querySelectorAll('dialog a')].map((link) => [link.host, link.target, link.rel].join(' ')).join()",
    );
    assert_eq!(
        leads.as_str().unwrap(),
        "www.instagram.com _blank noopener noreferrer,scontent.example _blank noopener noreferrer"
    );
    ana.click("dialog .copy[aria-label='Copiar id']");
    ana.see(".toast", "Copiado");
    assert_eq!(ana.run("navigator.clipboard.readText()"), "1202");
    ana.click_on("dialog button", "Filtrar conversas desta origem");
    ana.wait("location.hash.includes('ad=1202')");
    ana.see("#chips", "1202");
    ana.wait("document.querySelectorAll('#list li').length === 1");

    // Bruno has it on his screen too. Ana is faster; he hears it, and who it was, without losing his place.
    let bruno = shop.visit(&browser, DESK, "bruno", &format!("#/inbox/{rita}"));
    bruno.see("#actions", "Assumir");
    bruno.run("(() => { const real = window.fetch; window.fetch = (...asked) => (asked[1]?.method === 'POST' ? window.late.then(() => real(...asked)) : real(...asked)); window.late = new Promise((go) => (window.go = go)); })()");
    bruno.click_on("#actions button", "Assumir");
    ana.click_on("#actions button", "Assumir");
    ana.see("#now .owner", "Ana Beatriz");
    bruno.run("window.go()");
    bruno.see(".toast[data-tone=bad]", "Ana Beatriz assumiu antes de você");
    // What is hers he does not see any more.
    bruno.see("#nothing", "outra pessoa");
    bruno.wait("document.querySelectorAll('#list li').length === 1");

    // The customer comes back through a hashtag: the marker appears where it happened, live.
    assert_eq!(ana.count("#thread .marker"), 1);
    shop.hear(&[through_hashtag(message(RITA, "wamid.R2", &ago(0), ""), "promo")]);
    ana.wait("document.querySelectorAll('#thread .marker').length === 2");
    ana.see("#now .badge", "Hashtag");
    ana.see("#thread .marker:last-of-type, #thread .marker", "#promo");

    // A note, then the end with what the department asks for.
    ana.press("n");
    ana.write("Fechou o sofá de três lugares");
    ana.press("Enter");
    ana.see("#thread .note", "Fechou o sofá de três lugares");
    ana.run("document.activeElement.blur()");
    ana.press("e");
    ana.see("dialog .radios", "Venda realizada");
    assert!(
        !ana.text("dialog .radios").contains("Spam"),
        "the department does not close with it"
    );
    ana.click_on("dialog .radios label", "Venda realizada");
    ana.click("dialog [name=value]");
    ana.write("1890.50");
    ana.click("dialog .primary");
    ana.see("#now .status", "Finalizado");

    // The history tells both origins, how it ended and for how much.
    ana.see("#side-tickets .ticket", "Venda realizada");
    ana.see("#side-tickets .ticket", "1.890,50");
    for origin in ["Campanha Instagram", "Hashtag"] {
        ana.see("#side-tickets .ticket .badge", origin);
        ana.see("#side-origins .badge", origin);
    }
    ana.see("#side-history", "Ana Beatriz");
    for page in [&ana, &bruno] {
        assert_eq!(page.complaints(), Vec::<String>::new());
    }
}
