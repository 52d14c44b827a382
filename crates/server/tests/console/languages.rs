//! Both languages: by the browser's, and by the switch.

use crate::browser::{Browser, DESK, Viewer};
use crate::shop::{RITA, Shop, ago, message, through_ad};

#[test]
fn the_page_speaks_as_the_browser_does_and_changes_when_told() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    shop.hear(&[through_ad(
        message(RITA, "wamid.R1", &ago(30), "Quero saber do sofá"),
        "1202",
    )]);
    let place = format!("#/inbox/{}", shop.conversation(RITA));
    for (language, lang, claim, badge, switched) in [
        ("pt-BR", "pt-BR", "Assumir", "Campanha Instagram", "Claim"),
        ("en-US", "en", "Claim", "Instagram ad", "Assumir"),
        ("de-DE", "en", "Claim", "Instagram ad", "Assumir"),
    ] {
        let page = shop.visit(&browser, Viewer { language, ..DESK }, "ana", &place);
        page.see("#actions", claim);
        page.see("#now .badge", badge);
        assert_eq!(page.run("document.documentElement.lang"), lang);
        page.click("#language");
        page.see("#actions", switched);
        // It is remembered.
        page.go(&format!("{}/?again{place}", shop.server.url));
        page.see("#actions", switched);
        assert_eq!(page.complaints(), Vec::<String>::new());
    }
}
