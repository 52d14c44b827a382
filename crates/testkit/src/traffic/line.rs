//! A line of the log that engines share: its form in `events.csv`, and the event as a producer sends it to us.

use serde_json::{Value, json};

/// The columns, in order.
pub const HEADINGS: &str = "position,conversation,channel,kind,occurred_at,dedup_key,name,message_id,text,reply_to,ad_id,ctwa_clid,hashtag,via,campaign_id,agent,state";

/// One event. What the columns mean: benches/peers/README.md.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)] // as there
pub struct Line {
    pub conversation: String,
    pub channel: String,
    pub kind: String,
    /// Microseconds since 1970 in UTC.
    pub occurred_at: i64,
    pub dedup_key: String,
    pub name: Option<String>,
    pub message_id: Option<String>,
    pub text: Option<String>,
    pub reply_to: Option<String>,
    pub ad_id: Option<String>,
    pub ctwa_clid: Option<String>,
    pub hashtag: Option<String>,
    pub via: Option<String>,
    pub campaign_id: Option<String>,
    pub agent: Option<String>,
    pub state: Option<String>,
}

/// A line of text that is no event.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no line of events.csv; export the data again")]
pub struct Malformed(String);

impl Line {
    /// The line as it stands at `position`, without its end.
    #[must_use]
    pub fn csv(&self, position: u64) -> String {
        let optional = [
            &self.name,
            &self.message_id,
            &self.text,
            &self.reply_to,
            &self.ad_id,
            &self.ctwa_clid,
            &self.hashtag,
            &self.via,
            &self.campaign_id,
            &self.agent,
            &self.state,
        ];
        let optional: Vec<&str> = optional
            .iter()
            .map(|value| value.as_deref().unwrap_or_default())
            .collect();
        format!(
            "{position},{},{},{},{},{},{}",
            self.conversation,
            self.channel,
            self.kind,
            self.occurred_at,
            self.dedup_key,
            optional.join(",")
        )
    }

    /// Reads a line; its position is not kept.
    ///
    /// # Errors
    /// `Malformed` if it has not as many fields as there are headings, or if its time is no number.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed(text.to_owned());
        let fields: Vec<&str> = text.split(',').collect();
        let [_, conversation, channel, kind, occurred_at, dedup_key, rest @ ..] = fields.as_slice() else {
            return Err(malformed());
        };
        let rest: [&str; 11] = rest.try_into().map_err(|_| malformed())?;
        let [
            name,
            message_id,
            text,
            reply_to,
            ad_id,
            ctwa_clid,
            hashtag,
            via,
            campaign_id,
            agent,
            state,
        ] = rest.map(|field| (!field.is_empty()).then(|| field.to_owned()));
        Ok(Self {
            conversation: (*conversation).to_owned(),
            channel: (*channel).to_owned(),
            kind: (*kind).to_owned(),
            occurred_at: occurred_at.parse().map_err(|_| malformed())?,
            dedup_key: (*dedup_key).to_owned(),
            name,
            message_id,
            text,
            reply_to,
            ad_id,
            ctwa_clid,
            hashtag,
            via,
            campaign_id,
            agent,
            state,
        })
    }

    /// The event as docs/formats/events.md has it, with the customer's second alias.
    #[must_use]
    pub fn event(&self, time: &str) -> Value {
        let mut event = json!({
            "kind": self.kind,
            "channel": {"kind": "whatsapp", "id": self.channel},
            "contact": {"aliases": [
                {"kind": "bsuid", "value": format!("BR.{}", self.conversation)},
                {"kind": "phone", "value": self.conversation},
            ]},
            "occurred_at": time,
            "dedup_key": self.dedup_key,
        });
        if let Some(name) = &self.name {
            event["contact"]["name"] = json!(name);
        }
        for (key, value) in [
            ("via", &self.via),
            ("campaign_id", &self.campaign_id),
            ("agent", &self.agent),
        ] {
            if let Some(value) = value {
                event[key] = json!(value);
            }
        }
        match (self.kind.as_str(), &self.message_id) {
            ("message_status", id) => event["status"] = json!({"message_id": id, "state": self.state}),
            (_, Some(id)) => {
                event["message"] = json!({"id": id, "type": "text", "text": self.text});
                if let Some(reply_to) = &self.reply_to {
                    event["message"]["reply_to"] = json!(reply_to);
                }
            }
            _ => {}
        }
        if let Some(ad) = &self.ad_id {
            event["referral"] = json!({
                "source_type": "ad", "source_id": ad, "source_url": "https://fb.me/x", "ctwa_clid": self.ctwa_clid,
            });
        }
        event
    }
}
