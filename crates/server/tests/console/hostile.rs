//! What strangers wrote stays text, and leads nowhere it should not.

use crate::browser::{Browser, DESK};
use crate::shop::{Customer, Shop, ago, message, through_ad};

const MALLORY: Customer = Customer {
    phone: "5511955550666",
    name: "<img src=x onerror=\"window.caught=1\"><script>window.caught=1</script>",
};

#[test]
fn what_strangers_wrote_stays_text() {
    let Some(browser) = Browser::start() else { return };
    let shop = Shop::open();
    let mut event = through_ad(
        message(MALLORY, "wamid.M1", &ago(5), "</li><svg onload=window.caught=1>"),
        "1202",
    );
    event["referral"]["headline"] = "\"><iframe srcdoc=x>".into();
    event["referral"]["source_url"] = "javascript:window.caught=1".into();
    event["referral"]["image_url"] = "data:text/html,<script>window.caught=1</script>".into();
    shop.hear(&[event]);
    let page = shop.visit(&browser, DESK, "ana", "#/inbox");
    page.see("#list strong", MALLORY.name);
    page.see("#who", MALLORY.name);
    page.see("#thread .text", "<svg onload");
    page.click("#thread .marker .badge");
    page.see("dialog dd", "<iframe srcdoc");
    page.see("dialog dd", "javascript:window.caught=1");
    // Nothing leads away but the chat with the number, which is ours to write.
    let links = page.run(
        "[...document.querySelectorAll('a')].map((link) => link.protocol + link.host).filter((place) => place !== location.protocol + location.host).join()",
    );
    assert_eq!(links.as_str().unwrap(), "https:wa.me");
    assert_eq!(page.count("iframe, #list img, #thread svg[onload], dialog img"), 0);
    assert!(page.run("window.caught ?? null").is_null());
    assert_eq!(page.complaints(), Vec::<String>::new());
    // And the page cannot be talked into more: the policy stands even where a script would try.
    let refused = page.run("(() => { try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch (error) { return error.name; } })()");
    assert_eq!(refused, "TypeError");
}
