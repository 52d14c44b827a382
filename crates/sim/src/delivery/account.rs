//! WhatsApp: what is neither a message nor a status. Preferences, conversions, calls, templates, histories, and things that
//! no reader knows yet.

use origem_domain::time::{DAY, Timestamp};

use super::{metadata, seconds, whatsapp};
use crate::business::people::Person;
use crate::business::words::REPLIES;
use crate::business::{Campaign, Channel};
use crate::json::object;
use crate::rng::Rng;

/// An element of `user_preferences[]`.
pub(crate) fn preference(person: &Person, at: Timestamp, stop: bool) -> Vec<u8> {
    object(|json| {
        json.maybe("wa_id", person.shown_phone())
            .maybe("user_id", person.shown_bsuid());
        json.text(
            "detail",
            if stop {
                "User requested to stop marketing messages"
            } else {
                "User requested to resume marketing messages"
            },
        );
        json.text("category", "marketing_messages")
            .text("value", if stop { "stop" } else { "resume" });
        json.number("timestamp", seconds(at));
    })
}

/// An element of `automatic_events[]`: a lead, or a purchase of `cents`.
pub(crate) fn conversion(id: &str, at: Timestamp, click: &str, cents: Option<i64>) -> Vec<u8> {
    object(|json| {
        json.text("id", id)
            .text("event_name", if cents.is_some() { "Purchase" } else { "LeadSubmitted" });
        json.number("timestamp", seconds(at)).text("ctwa_clid", click);
        if let Some(cents) = cents {
            json.object("custom_data", |json| {
                json.text("currency", "BRL")
                    .raw("value", format!("{}.{:02}", cents / 100, cents % 100).as_bytes());
            });
        }
    })
}

/// An element of `calls[]`: the customer calls, or a call of `seconds_long` ends.
pub(crate) fn call(number: &Channel, person: &Person, id: &str, at: Timestamp, seconds_long: Option<i64>) -> Vec<u8> {
    object(|json| {
        json.text("id", id)
            .maybe("from", person.shown_phone())
            .maybe("from_user_id", person.shown_bsuid());
        json.text("to", &number.display)
            .digits("timestamp", seconds(at))
            .text("direction", "USER_INITIATED");
        match seconds_long {
            None => {
                json.text("event", "connect");
                json.object("session", |json| {
                    json.text("sdp_type", "offer")
                        .text("sdp", "v=0\r\no=- 7669997803033704573 2 IN IP4 127.0.0.1\r\ns=-\r\n");
                });
            }
            Some(length) => {
                json.text("event", "terminate")
                    .text("status", if length > 0 { "COMPLETED" } else { "FAILED" });
                if length > 0 {
                    json.digits("start_time", seconds(at) - length)
                        .digits("end_time", seconds(at))
                        .number("duration", length);
                }
            }
        }
    })
}

/// The value of a `message_template_status_update`.
pub(crate) fn template(campaign: &Campaign, event: &str) -> Vec<u8> {
    object(|json| {
        json.text("event", event)
            .number("message_template_id", campaign.template_id);
        json.text("message_template_name", &campaign.template)
            .text("message_template_language", campaign.language);
        json.text("reason", "NONE")
            .text("message_template_category", &campaign.category.name().to_uppercase());
    })
}

/// The value of a `history` chunk: the thread of `person`, `count` messages that were written in the weeks before `at`.
pub(crate) fn history(
    rng: &mut Rng,
    number: &Channel,
    person: &Person,
    at: Timestamp,
    chunk: i64,
    count: u32,
) -> Vec<u8> {
    let begin = at.plus(-rng.between(20 * DAY, 150 * DAY));
    let ids: Vec<(String, bool)> = (0..count)
        .map(|nth| (whatsapp::message_id(rng, person, nth % 2 == 0), nth % 2 == 0))
        .collect();
    object(|json| {
        json.text("messaging_product", "whatsapp");
        metadata(json, number);
        json.array("history", |json| {
            json.item(|json| {
                json.object("metadata", |json| {
                    json.number("phase", 1)
                        .number("chunk_order", chunk)
                        .number("progress", (chunk * 30).min(100));
                });
                json.array("threads", |json| {
                    json.item(|json| {
                        json.text("id", &person.phone);
                        json.object("context", |json| {
                            json.text("wa_id", &person.phone).maybe("user_id", person.shown_bsuid());
                        });
                        json.array("messages", |json| {
                            for (nth, (id, inbound)) in ids.iter().enumerate() {
                                json.item(|json| {
                                    let when = seconds(begin) + 3_700 * nth as i64;
                                    if *inbound {
                                        json.text("from", &person.phone);
                                    } else {
                                        json.text("from", &number.display).text("to", &person.phone);
                                    }
                                    json.text("id", id).digits("timestamp", when).text("type", "text");
                                    json.object("text", |json| {
                                        _ = json.text(
                                            "body",
                                            if *inbound {
                                                "Oi, é o José de novo 🙂"
                                            } else {
                                                REPLIES[nth % 6]
                                            },
                                        );
                                    });
                                    json.object("history_context", |json| _ = json.text("status", "READ"));
                                });
                            }
                        });
                    });
                });
            });
        });
    })
}

/// The value of a change with `user_actions`: the customer followed the link of a marketing message.
pub(crate) fn click(rng: &mut Rng, number: &Channel, person: &Person, at: Timestamp) -> Vec<u8> {
    object(|json| {
        json.text("messaging_product", "whatsapp");
        metadata(json, number);
        json.array("contacts", |json| _ = json.raw_item(&whatsapp::contact(person, true)));
        json.array("user_actions", |json| {
            json.item(|json| {
                json.digits("timestamp", seconds(at))
                    .text("action_type", "marketing_messages_link_click");
                json.object("marketing_messages_link_click_data", |json| {
                    json.text("click_component", "cta")
                        .text("click_id", &rng.digits("mmc_", 20));
                    json.text("tracking_token", &rng.digits("tk", 18));
                });
            });
        });
    })
}

/// The value of a change whose `field` no reader knows: the provider has invented something.
pub(crate) fn unknown(rng: &mut Rng, number: &Channel, at: Timestamp) -> Vec<u8> {
    object(|json| {
        json.text("messaging_product", "whatsapp");
        metadata(json, number);
        json.array("highlights", |json| {
            json.item(|json| {
                json.text("id", &rng.digits("hl_", 12)).digits("timestamp", seconds(at));
                json.text("summary", "O cliente perguntou sobre parcelamento");
            });
        });
    })
}
