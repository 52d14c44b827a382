//! A window of the browser: what is in it, and what somebody does with mouse and keyboard.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::browser::{Browser, Viewer};
use crate::process::PATIENCE;

/// One window.
pub struct Page<'a> {
    browser: &'a Browser,
    session: String,
}

/// A text of JavaScript as a string in it.
fn quoted(text: &str) -> Value {
    Value::from(text)
}

/// What is asked to have an expression evaluated.
fn asked(expression: &str) -> Value {
    json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true })
}

impl<'a> Page<'a> {
    pub fn new(browser: &'a Browser, session: String, viewer: Viewer) -> Self {
        let page = Self { browser, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        let agent = page.run("navigator.userAgent");
        page.call(
            "Emulation.setUserAgentOverride",
            json!({ "userAgent": agent, "acceptLanguage": viewer.language }),
        );
        page.call("Emulation.setLocaleOverride", json!({ "locale": viewer.language }));
        page.call(
            "Emulation.setTimezoneOverride",
            json!({ "timezoneId": "America/Sao_Paulo" }),
        );
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
        page.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": viewer.scheme }] }),
        );
        let metrics =
            json!({ "width": viewer.width, "height": viewer.height, "deviceScaleFactor": 1, "mobile": false });
        page.call("Emulation.setDeviceMetricsOverride", metrics);
        page
    }

    #[track_caller]
    pub fn call(&self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// Goes to an address.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        self.wait("document.readyState === 'complete' && location.protocol !== 'about:'");
    }

    /// The value of an expression, once it is there if it is a promise.
    #[track_caller]
    pub fn run(&self, expression: &str) -> Value {
        let answer = self
            .browser
            .call(Some(&self.session), "Runtime.evaluate", asked(expression));
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {thrown}");
        answer["result"]["value"].clone()
    }

    /// The value of an expression once it is one that counts as true; fails after a long time, telling what the page shows.
    #[track_caller]
    pub fn wait(&self, expression: &str) -> Value {
        let patience = PATIENCE.as_millis() / 2;
        let waiting = format!(
            "new Promise((done) => {{ const end = Date.now() + {patience}; const look = () => {{ let value; \
             try {{ value = ({expression}); }} catch {{}} if (value) done({{ value }}); else if (Date.now() > end) done({{}}); \
             else setTimeout(look, 20); }}; look(); }})"
        );
        // A page that begins anew meanwhile is asked again.
        let mut begun = 0;
        let found = loop {
            match self
                .browser
                .ask(Some(&self.session), "Runtime.evaluate", asked(&waiting))
            {
                Ok(answer) => break answer["result"]["value"].clone(),
                Err(refusal) if begun < 10 && refusal.to_string().contains("navigated") => begun += 1,
                Err(refusal) => panic!("{expression}: {refusal}"),
            }
        };
        if found["value"].is_null() {
            let text = self.run("location.href + '\\n' + document.body.innerText.slice(0, 3000)");
            panic!(
                "never: {expression}\ncomplaints: {:?}\n{}",
                self.complaints(),
                text.as_str().unwrap_or_default()
            );
        }
        found["value"].clone()
    }

    /// Waits for an element that shows `text`, both given as in CSS and plain.
    #[track_caller]
    pub fn see(&self, selector: &str, text: &str) {
        let (selector, text) = (quoted(selector), quoted(text));
        self.wait(&format!(
            "[...document.querySelectorAll({selector})].some((node) => node.textContent.includes({text}))"
        ));
    }

    /// The text of the first element that fits.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let selector = quoted(selector);
        let text = self.run(&format!("document.querySelector({selector})?.textContent ?? ''"));
        text.as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn count(&self, selector: &str) -> u64 {
        let selector = quoted(selector);
        self.run(&format!("document.querySelectorAll({selector}).length"))
            .as_u64()
            .unwrap()
    }

    /// Clicks, with the mouse, on the first element that fits and can be hit.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.click_on(selector, "");
    }

    /// Clicks, with the mouse, on the first element that fits and shows `text`.
    #[track_caller]
    pub fn click_on(&self, selector: &str, text: &str) {
        let (selector, text) = (quoted(selector), quoted(text));
        let place = self.wait(&format!(
            "(() => {{ const node = [...document.querySelectorAll({selector})].find((one) => one.checkVisibility() && one.textContent.includes({text})); \
             if (!node || node.disabled) return; node.scrollIntoView({{ block: 'nearest' }}); const box = node.getBoundingClientRect(); \
             const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]; const hit = document.elementFromPoint(x, y); \
             return node.contains(hit) && [x, y]; }})()"
        ));
        for (kind, buttons) in [("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 0)] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": button, "buttons": buttons, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key: a letter, or a name such as `Enter`.
    #[track_caller]
    pub fn press(&self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            one if one.chars().count() == 1 => one,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "ArrowDown" => 40,
            "ArrowUp" => 38,
            "End" => 35,
            "Home" => 36,
            _ => 0,
        };
        let down = json!({ "type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", down);
        self.call(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
        );
    }

    /// Writes into what has the focus.
    #[track_caller]
    pub fn write(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// What went wrong in the page.
    pub fn complaints(&self) -> Vec<String> {
        self.browser.complaints(&self.session)
    }

    /// A picture, PNG.
    pub fn picture(&self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }
}
