//! Helpers: a server with the directory of a small shop, and customers who write to it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::page::Page;
use crate::server::Server;

/// The shop's number.
pub const NUMBER: &str = "200000000000002";

/// A shop: its server and its data.
pub struct Shop {
    pub server: Server,
    _data: TempDir,
}

/// A customer, by phone.
#[derive(Debug, Clone, Copy)]
pub struct Customer {
    pub phone: &'static str,
    pub name: &'static str,
}

pub const RITA: Customer = Customer {
    phone: "5511955550101",
    name: "Rita Teste",
};
pub const CAIO: Customer = Customer {
    phone: "5511955550102",
    name: "Caio Teste",
};

pub const LARA: Customer = Customer {
    phone: "5511955550103",
    name: "Lara Teste",
};

/// An instant `minutes` before now, as the API reads it.
pub fn ago(minutes: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let at = i64::try_from(now - minutes * 60).unwrap();
    origem_domain::time::Timestamp::from_seconds(at).to_string()
}

/// A message of `customer`.
pub fn message(customer: Customer, id: &str, at: &str, text: &str) -> Value {
    json!({
        "kind": "message_received", "account": "default", "channel": { "kind": "whatsapp", "id": NUMBER },
        "contact": { "aliases": [{ "kind": "phone", "value": customer.phone }], "name": customer.name },
        "occurred_at": at, "dedup_key": id, "message": { "id": id, "type": "text", "text": text }
    })
}

/// The same, through an ad on Instagram.
pub fn through_ad(mut message: Value, ad: &str) -> Value {
    message["referral"] = json!({
        "source_type": "ad", "source_id": ad, "source_url": "https://www.instagram.com/p/abc/", "ctwa_clid": "Afe_1",
        "headline": "Sofás com 40% de desconto", "body": "Só esta semana.", "media_type": "image",
        "image_url": "https://scontent.example/sofa.jpg"
    });
    message
}

/// The same, through the WhatsApp campaign's hashtag.
pub fn through_hashtag(mut message: Value, term: &str) -> Value {
    message["message"]["text"] = format!("#{term} tem ainda?").into();
    message
}

impl Shop {
    /// A server whose directory says who works here; nobody has written yet.
    pub fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let shop = Self {
            server: Server::serve(data.path()),
            _data: data,
        };
        shop.maintain("departments", json!([{ "id": "commerce", "name": "Comercial", "classifications": ["sold", "no_interest"], "full_closing": true }]));
        shop.maintain(
            "teams",
            json!([{ "id": "sales", "name": "Vendas", "department": "commerce" }]),
        );
        shop.maintain(
            "classifications",
            json!([
                { "id": "sold", "name": "Venda realizada", "outcome": "won", "requires_value": true },
                { "id": "no_interest", "name": "Sem interesse", "outcome": "lost" },
                { "id": "spam", "name": "Spam", "outcome": "none" }
            ]),
        );
        shop.maintain(
            "agents",
            json!([
                { "id": "ana", "name": "Ana Beatriz", "teams": ["sales"] },
                { "id": "bruno", "name": "Bruno Lima", "teams": ["sales"] },
                { "id": "carla", "name": "Carla Souza", "role": "manager", "teams": ["sales"] }
            ]),
        );
        shop.maintain(
            "channels",
            json!([{ "id": format!("whatsapp:{NUMBER}"), "name": "WhatsApp da loja", "teams": ["sales"] }]),
        );
        shop
    }

    /// Writes entries of the directory.
    #[track_caller]
    pub fn maintain(&self, kind: &str, entries: Value) {
        let body = serde_json::to_vec(&entries).unwrap();
        ureq::put(format!("{}/v1/{kind}", self.server.url))
            .send(&body[..])
            .unwrap();
    }

    /// Takes events in, and waits until they are seen.
    #[track_caller]
    pub fn hear(&self, events: &[Value]) {
        for part in events.chunks(1000) {
            let body = serde_json::to_vec(part).unwrap();
            let answer = self.server.post("/v1/events", &[], &body);
            assert_eq!(answer.status, 200, "{}", answer.body);
            self.server
                .get_at("/v1/conversations?limit=1", &answer.position.unwrap());
        }
    }

    /// The id of a customer's conversation.
    #[track_caller]
    pub fn conversation(&self, customer: Customer) -> String {
        let found = self
            .server
            .get(&format!("/v1/conversations?contact={}", customer.phone));
        let found = found["items"].get(0).unwrap_or(&found).clone();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Opens the console in a window of its own, as `agent`, or with all rights if that is empty, at a place such as `#/inbox`.
    pub fn visit<'a>(
        &self,
        browser: &'a Browser,
        viewer: crate::browser::Viewer,
        agent: &str,
        place: &str,
    ) -> Page<'a> {
        let page = browser.open(viewer);
        // Another address before the `#`: the page begins anew.
        page.go(&format!("{}/?person={agent}{place}", self.server.url));
        page.wait("document.querySelector('#live')?.dataset.state === 'live'");
        page
    }
}
