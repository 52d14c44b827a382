//! Windows beside the inbox: what they ask, what becomes of it, and what they say where it is refused.

use serde_json::{Value, json};

use crate::browser::{Browser, DESK};
use crate::page::Page;
use crate::shop::{CAIO, LARA, NUMBER, RITA, Shop, ago, message, through_ad, through_hashtag};

/// Writes into a field, instead of what is in it.
fn fill(page: &Page<'_>, field: &str, text: &str) {
    page.click(field);
    page.run("document.activeElement.select?.()");
    page.write(text);
}

/// A shop with a template, and what a message costs.
fn selling() -> Shop {
    let shop = Shop::open();
    let rates = ["marketing", "utility", "authentication", "service"];
    let rates: Vec<Value> = rates
        .iter()
        .map(|category| json!({ "market": "Brazil", "category": category, "amount": 0.35 }))
        .collect();
    let card = json!({ "currency": "BRL", "effective_from": "2026-10-01", "rates": rates });
    shop.maintain("rate-cards/BRL-2026-10-01", card);
    let template = json!({ "name": "oferta", "language": "pt_BR", "category": "marketing", "status": "approved", "body": "Olá, {{1}}! Sofás até {{2}}." });
    shop.maintain("templates/oferta.pt_BR", template);
    shop
}

#[test]
fn a_message_is_asked_for_to_somebody_who_never_wrote() {
    let Some(browser) = Browser::start() else { return };
    let shop = selling();
    let page = shop.visit(&browser, DESK, "ana", "#/new");
    page.see("#page [name=channel] option", "WhatsApp da loja");
    // A short number tells its country by the `+`.
    fill(&page, "#page [name=contact]", "+45 12 34 56 78");
    page.click_on("#page button", "Ver opções");
    page.see(".offer", "oferta");
    fill(&page, "#page [name=contact]", "12 34 56 78");
    page.click_on("#page button", "Ver opções");
    page.see("#page", "country code");
    fill(&page, "#page [name=contact]", "+55 11 95555-0102");
    page.click_on("#page button", "Ver opções");
    page.see(".offer", "oferta");
    page.click_on(".offer button", "Escolher");
    page.see("dialog .template", "Olá, {{1}}! Sofás até {{2}}.");
    fill(&page, "dialog [name='v 1']", "Caio");
    page.see("dialog .template", "Olá, Caio! Sofás até {{2}}.");
    // What has no value yet keeps it back.
    page.click("dialog .primary");
    page.wait("document.querySelector('dialog [name=\"v 2\"]:invalid')");
    fill(&page, "dialog [name='v 2']", "sábado");
    page.see("dialog", "Quem envia é o serviço do canal");
    page.click("dialog .primary");
    page.see(".toast", "Envio pedido");
    page.see("#who", "+55 11 95555-0102");
    page.see("#thread li", "Ana Beatriz pediu o envio de uma mensagem");
    page.see("#thread li", "oferta");
    page.see("#now .status", "Sem atendimento");
    page.see("#side-history", "Envio pedido");
    // Whoever sends reads it in the change log, with all that was told.
    let id = shop.conversation(CAIO);
    let history = shop.server.get(&format!("/v1/conversations/{id}/history"));
    assert_eq!(history["items"][0]["what"], "outreach", "{history}");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn free_text_is_asked_for_where_the_window_is_open_and_refusals_are_told() {
    let Some(browser) = Browser::start() else { return };
    let shop = selling();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let page = shop.visit(&browser, DESK, "ana", "#/new");
    fill(&page, "#page [name=contact]", RITA.phone);
    page.click_on("#page button", "Ver opções");
    page.click_on(".offer:first-child button", "Escolher");
    fill(&page, "dialog [name=text]", "Posso ajudar?");
    // Meanwhile the conversation becomes somebody else's.
    let id = shop.conversation(RITA);
    let claimed = shop
        .server
        .post(&format!("/v1/conversations/{id}/claim"), &[], br#"{"agent":"bruno"}"#);
    assert_eq!(claimed.status, 200, "{}", claimed.body);
    page.click("dialog .primary");
    page.see("dialog [role=alert]", "not yours");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_lead_of_another_team_is_refused_with_where_it_is_and_an_administrator_may() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.maintain("teams", json!([{ "id": "support", "name": "Suporte" }]));
    shop.maintain(
        "channels/whatsapp:3",
        json!({ "name": "Suporte", "teams": ["support"] }),
    );
    shop.maintain("agents/eva", json!({ "name": "Eva Dias", "role": "administrator" }));
    shop.maintain("accounts/default", json!({ "name": "Loja", "currency": "BRL" }));
    let mut other = message(LARA, "wamid.L1", &ago(40), "Meu sofá chegou");
    other["channel"]["id"] = "3".into();
    shop.hear(&[other, message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let (rita, lara) = (shop.conversation(RITA), shop.conversation(LARA));
    let linked = shop
        .server
        .post(&format!("/v1/conversations/{lara}/lead"), &[], br#"{"lead":"l-1"}"#);
    assert_eq!(linked.status, 200, "{}", linked.body);

    let ana = shop.visit(&browser, DESK, "ana", &format!("#/inbox/{rita}"));
    ana.click("#side-contact button[value=lead]");
    ana.wait("document.querySelector('dialog [name=lead]')");
    fill(&ana, "dialog [name=lead]", "l-1");
    ana.click("dialog .primary");
    ana.see("dialog .refused", "da equipe Suporte");
    ana.see("dialog .refused", "Eva Dias");
    assert!(ana.text("dialog .refused a").contains("Ver a conversa"));
    assert_eq!(ana.count("dialog [type=checkbox]"), 0, "that is for administrators");
    fill(&ana, "dialog [name=lead]", "l-2");
    ana.click("dialog .primary");
    ana.see("#side-contact button[value=lead]", "l-2");
    ana.see("#thread li", "vinculou um lead");

    let eva = shop.visit(&browser, DESK, "eva", &format!("#/inbox/{rita}"));
    eva.click("#side-contact button[value=lead]");
    eva.wait("document.querySelector('dialog [name=lead]')");
    fill(&eva, "dialog [name=lead]", "l-1");
    eva.click("dialog .primary");
    eva.see("#side-contact button[value=lead]", "l-1");
    // Or leads may be in several teams from now on.
    eva.click("#side-contact button[value=lead]");
    // What somebody else wrote of the account meanwhile stays.
    shop.maintain(
        "accounts/default",
        json!({ "name": "Loja do Centro", "currency": "BRL" }),
    );
    eva.click("dialog [type=checkbox]");
    eva.see(".toast", "Salvo");
    let account = shop.server.get("/v1/accounts/default");
    let account = account.get("content").unwrap_or(&account);
    assert_eq!(
        (&account["unify_leads"], &account["name"]),
        (&json!(true), &json!("Loja do Centro"))
    );
    for page in [&ana, &eva] {
        assert_eq!(page.complaints(), Vec::<String>::new());
    }
}

#[test]
fn a_link_is_made_and_its_code_shown_to_be_downloaded() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    let page = shop.visit(&browser, DESK, "carla", "#/links");
    page.click_on("#page button", "Criar link");
    page.wait("document.querySelector('dialog [name=name]')");
    // An empty form goes nowhere.
    page.click("dialog .primary");
    page.wait("document.querySelector('dialog [name=name]:invalid')");
    for (field, text) in [
        ("name", "Bio do Instagram"),
        ("code", "bio"),
        ("text", "Oi, vim pela bio"),
        ("utm_source", "bio"),
    ] {
        fill(&page, &format!("dialog [name={field}]"), text);
    }
    page.click("dialog .primary");
    page.see("#page table", "Bio do Instagram");
    let link = shop.server.get("/v1/links/bio");
    let link = link.get("content").unwrap_or(&link);
    assert_eq!(
        (&link["channel"], &link["utm"]["source"]),
        (&json!(format!("whatsapp:{NUMBER}")), &json!("bio"))
    );
    page.click_on("#page .tools button", "QR");
    page.wait("document.querySelector('dialog .qr img')?.naturalWidth > 0");
    page.see("dialog code", "/l/bio");
    assert_eq!(
        page.run("document.querySelector('dialog a[download]').download"),
        "bio.svg"
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_rebuild_is_begun_and_tells_what_differs() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá")]);
    let page = shop.visit(&browser, DESK, "", "#/operations");
    page.see("#page", "Nenhuma reconstrução");
    page.click_on("#page .page-head button", "Refazer visões");
    page.wait("document.querySelector('dialog [name=dry_run]')?.checked");
    page.click("dialog .primary");
    page.wait("!document.querySelector('dialog')");
    page.see("#page .rebuilds li", "só comparar");
    page.see("#page .rebuilds li .chip", "comparada");
    page.see("#page .rebuilds li", "dizem o mesmo");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn an_anomaly_is_shown_with_the_bytes_it_came_as() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    let odd = json!({ "kind": "unrecognised", "channel": { "kind": "whatsapp", "id": NUMBER }, "occurred_at": ago(5), "reason": "strange", "raw": "<b>x</b>" });
    shop.hear(&[odd]);
    let page = shop.visit(&browser, DESK, "", "#/operations");
    page.see("#page .reasons", "não reconhecido");
    page.click("#page td button.quiet, #page th button.quiet");
    page.see("dialog li", "não reconhecido");
    page.see("dialog pre", "<b>x</b>");
    assert_eq!(page.count("dialog pre b"), 0, "it is text");
    page.press("Escape");
    page.wait("!document.querySelector('dialog')");
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn paths_are_drawn_those_that_won_most_first() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.maintain(
        "ads/1202",
        json!({ "platform": "instagram", "names": [{ "ad": "Carrossel", "campaign": "Outono" }] }),
    );
    let mut sold = message(RITA, "sold", &ago(60), "");
    sold["kind"] = "ticket_finished".into();
    sold["agent"] = "ana".into();
    sold["ticket"] = json!({ "classification": "sold", "value": 100, "currency": "BRL" });
    for part in ["message", "dedup_key"] {
        sold.as_object_mut().unwrap().remove(part);
    }
    shop.hear(&[
        through_ad(message(RITA, "wamid.R1", &ago(3000), "Quero saber do sofá"), "1202"),
        through_hashtag(message(RITA, "wamid.R2", &ago(90), ""), "promo"),
        sold,
        message(CAIO, "wamid.C1", &ago(20), "Vocês abrem no domingo?"),
    ]);
    let page = shop.visit(&browser, DESK, "carla", "#/reports");
    page.see(".paths li", "Hashtag");
    let steps = page.run(
        "[...document.querySelectorAll('.paths li:first-child .badge')].map((step) => step.textContent).join(' > ')",
    );
    assert_eq!(steps, "Campanha Instagram > Hashtag");
    assert_eq!(page.text(".paths li:first-child .counts"), "1 / 1");
    assert_eq!(page.count(".paths li"), 2);
    // The table says the same.
    page.click("details.plain summary");
    page.see("details.plain[open] tbody tr", "Campanha Instagram → Hashtag");
    page.see("details.plain[open] tbody tr", "100,00");
    assert_eq!(page.complaints(), Vec::<String>::new());
}
