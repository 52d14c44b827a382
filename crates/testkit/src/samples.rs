//! One sample per kind of event, with every field it can have, as the public JSON of events. Fake people, 555 numbers.

use origem_domain::event::{Event, Kind};

/// Every kind of event.
pub const KINDS: [Kind; 27] = [
    Kind::IdentityChanged,
    Kind::LinkClicked,
    Kind::ReferralOpened,
    Kind::CommentReceived,
    Kind::HistoryImported,
    Kind::MessageReceived,
    Kind::CallReceived,
    Kind::MessageSent,
    Kind::MessageStatus,
    Kind::MessageEdited,
    Kind::MessageRevoked,
    Kind::MessageReaction,
    Kind::PreferenceChanged,
    Kind::ConversionReported,
    Kind::TicketClaimed,
    Kind::TicketAssigned,
    Kind::TicketTransferred,
    Kind::TicketTakenOver,
    Kind::TicketFinished,
    Kind::TicketReopened,
    Kind::NoteAdded,
    Kind::ContactEdited,
    Kind::StageSet,
    Kind::LeadLinked,
    Kind::OutreachRequested,
    Kind::AccountUpdated,
    Kind::Unrecognised,
];

/// The sample of `kind`, with its dedup key.
#[must_use]
pub fn sample(kind: Kind) -> Event {
    let Parts { channel, contact, more } = parts(kind);
    let contact = contact
        .map(|contact| format!(r#""contact":{contact},"#))
        .unwrap_or_default();
    let kind = kind.name();
    let json =
        format!(r#"{{"kind":"{kind}","channel":{channel},{contact}"occurred_at":"2026-09-26T10:01:00.250Z",{more}}}"#);
    let event: Event = serde_json::from_str(&json).unwrap_or_else(|error| panic!("sample of {kind}: {error}\n{json}"));
    event.with_dedup_key()
}

struct Parts {
    channel: &'static str,
    contact: Option<&'static str>,
    more: &'static str,
}

const WHATSAPP: &str = r#"{"kind":"whatsapp","id":"200000000000002"}"#;
const INSTAGRAM: &str = r#"{"kind":"instagram","id":"17841400000000003"}"#;
const MESSENGER: &str = r#"{"kind":"messenger","id":"300000000000003"}"#;
const WEBCHAT: &str = r#"{"kind":"webchat","id":"site-1"}"#;

const RITA: &str = r#"{"aliases":[{"kind":"bsuid","value":"BR.1000000000000001"},{"kind":"parent_bsuid","value":"BR.ENT.77aB"},
    {"kind":"phone","value":"5511955550101"}],"name":"Rita Teste","username":"rita.teste","photo_url":"https://photos.example/r.jpg"}"#;
const INSTAGRAMMER: &str = r#"{"aliases":[{"kind":"igsid","value":"9000000000000001"}],"username":"joana.teste"}"#;
const PSID: &str = r#"{"aliases":[{"kind":"psid","value":"8000000000000001"}]}"#;
const VISITOR: &str = r#"{"aliases":[{"kind":"visitor","value":"v-4711"}]}"#;
const LID: &str = r#"{"aliases":[{"kind":"lid","value":"100000000000009"}]}"#;

fn parts(kind: Kind) -> Parts {
    let (channel, contact, more) = match kind {
        Kind::IdentityChanged => (
            WHATSAPP,
            Some(RITA),
            r#""from":[{"kind":"bsuid","value":"BR.1000000000000001"},{"kind":"phone","value":"5511955550101"}],
            "to":[{"kind":"bsuid","value":"BR.1000000000000002"}]"#,
        ),
        Kind::LinkClicked => (
            WEBCHAT,
            Some(VISITOR),
            r#""click":{"id":"clk_1","code":"2abc9u","link":"promo-site","utm":{"source":"newsletter","campaign":"inverno"},
            "click_ids":{"gclid":"Cj0_x","fbclid":"IwAR0_y"}}"#,
        ),
        Kind::ReferralOpened => (
            MESSENGER,
            Some(PSID),
            r#""referral":{"source":"ADS","ref":"anuncio-7","ad_id":"6055501","post_id":"300_1","product_id":"p-1",
            "referer_uri":"https://shop.example/p","headline":"Oferta","image_url":"https://cdn.example/a.jpg"}"#,
        ),
        Kind::CommentReceived => (
            INSTAGRAM,
            Some(INSTAGRAMMER),
            r#""comment":{"id":"17900000000000001","text":"qual o preço?","media_id":"18000000000000002","post_id":"300_2",
            "parent_id":"17900000000000000","ad_id":"6055502"}"#,
        ),
        Kind::HistoryImported => (
            WHATSAPP,
            Some(RITA),
            r#""direction":"out","message":{"id":"wamid.OLD1","type":"image","text":"nosso catálogo","forwarded":true}"#,
        ),
        Kind::MessageReceived => (
            WHATSAPP,
            Some(RITA),
            r##""message":{"id":"wamid.HBgNNTUxMTk1NTU1MDEwMRUCABIYIDNBQTIA","type":"button","text":"#Verão quero [2ABC9U]",
            "payload":"quero_saber","reply_to":"wamid.X","forwarded":true,"media":{"id":"m-1","mime_type":"image/jpeg",
            "filename":"foto.jpg","url":"https://media.example/m-1"}},
            "referral":{"source_type":"ad","source_id":"1202","source_url":"https://fb.me/A","ctwa_clid":"Afe_x","headline":"Plano anual",
            "body":"Fale conosco","media_type":"video","image_url":"https://cdn.example/i.jpg","video_url":"https://cdn.example/v.mp4",
            "thumbnail_url":"https://cdn.example/t.jpg","welcome_text":"Oi!","entry_app":"instagram","entry_source":"ctwa_ad",
            "weak":true}"##,
        ),
        Kind::CallReceived => (
            WHATSAPP,
            Some(RITA),
            r#""call":{"id":"wacid.HBgN","event":"connect","direction":"in","payload":"botao-ligar"}"#,
        ),
        Kind::MessageSent => (
            WHATSAPP,
            Some(RITA),
            r#""message":{"id":"wamid.S1","type":"template","text":"Olá Rita"},"via":"salesforce","agent":"ana","campaign_id":"c-1",
            "template":{"name":"promo_inverno","language":"pt_BR","category":"marketing"}"#,
        ),
        Kind::MessageStatus => (
            WHATSAPP,
            Some(RITA),
            r#""status":{"message_id":"wamid.S1","state":"failed","error":{"code":131047,"title":"Re-engagement message",
            "details":"more than 24 hours have passed"},"pricing":{"model":"pmp","type":"regular",
            "category":"authentication_international","subtype":"paid_exempt","billable":true},"conversation":{"id":"conv1",
            "origin":"referral_conversion","expires_at":"2026-09-29T10:01:00Z"},"callback_data":"c-1"},"group":{"id":"G-1"}"#,
        ),
        Kind::MessageEdited => (
            WHATSAPP,
            Some(RITA),
            r#""edit":{"message_id":"wamid.E1","type":"text","text":"quero dois"},"time_source":"received","oddities":["bad_time"]"#,
        ),
        Kind::MessageRevoked => (
            WHATSAPP,
            Some(LID),
            r#""revoke":{"message_id":"3EB0C7"},"provider":"baileys","account":"loja-2""#,
        ),
        Kind::MessageReaction => (
            WHATSAPP,
            Some(RITA),
            r#""reaction":{"message_id":"wamid.S1","emoji":"👍"}"#,
        ),
        Kind::PreferenceChanged => (
            WHATSAPP,
            Some(RITA),
            r#""preference":{"category":"marketing_messages","value":"signup","signup_id":"su-1"}"#,
        ),
        Kind::ConversionReported => (
            WHATSAPP,
            Some(RITA),
            r#""conversion":{"message_id":"wamid.C1","name":"Purchase","ctwa_clid":"Afe_x","currency":"BRL","value":199.9}"#,
        ),
        Kind::TicketFinished => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{"id":"tk_00000000000000ab","classification":"sale","value":1250.5,"currency":"BRL","note":"pagou à vista"},
            "agent":"ana","revision":7"#,
        ),
        Kind::TicketAssigned => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{"assignee":"bruno"},"agent":"ana","revision":2"#,
        ),
        Kind::TicketTransferred => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{"team":"vendas"},"agent":"ana","revision":3"#,
        ),
        Kind::TicketTakenOver => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{},"agent":"bruno","revision":4,"via":"mobile""#,
        ),
        Kind::TicketClaimed => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{},"agent":"ana","revision":1,"via":"web""#,
        ),
        Kind::TicketReopened => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{"id":"tk_00000000000000ab"},"agent":"ana""#,
        ),
        Kind::NoteAdded => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{"note":"prefere tarde"},"agent":"ana""#,
        ),
        Kind::ContactEdited => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{},"agent":"ana","contact_edit":{"name":"Rita T.","phone":"5511955550102","email":"rita@mail.example"}"#,
        ),
        Kind::StageSet => (WHATSAPP, Some(RITA), r#""ticket":{"stage":"proposal"},"agent":"ana""#),
        Kind::LeadLinked => (WHATSAPP, Some(RITA), r#""ticket":{"lead":"lead-9"},"agent":"ana""#),
        Kind::OutreachRequested => (
            WHATSAPP,
            Some(RITA),
            r#""ticket":{"team":"vendas"},"agent":"ana","by":"dora","outreach":{"template":"oferta.pt_BR","variables":{"1":"Rita"},"text":"oi, Rita",
            "offer":{"way":"marketing","template":{"name":"oferta","language":"pt_BR","category":"marketing"},"charge":"rate","price":0.35,
            "currency":"BRL","until":"2026-10-01T03:00:00Z"}}"#,
        ),
        Kind::AccountUpdated => (
            WHATSAPP,
            None,
            r#""account_update":{"field":"message_template_status_update","event":"APPROVED","message_template_id":"99"}"#,
        ),
        Kind::Unrecognised => (WHATSAPP, None, r#""reason":"unknown change field `odd`""#),
    };
    Parts { channel, contact, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_sample_of_its_kind() {
        for kind in KINDS {
            assert_eq!(sample(kind).body.kind(), kind);
        }
        let mut sorted = KINDS;
        sorted.sort_unstable();
        assert_eq!(sorted, KINDS, "in the order of the enumeration");
        assert_eq!(
            KINDS.map(|kind| kind as usize),
            std::array::from_fn(|index| index),
            "without a gap"
        );
        // New kinds go before the last one, so that forgetting them here leaves a gap.
        assert_eq!(KINDS.last(), Some(&Kind::Unrecognised));
    }

    #[test]
    fn samples_carry_nothing_json_would_lose() {
        for kind in KINDS {
            let event = sample(kind);
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event, "{json}");
        }
    }
}
