//! A row of a thread.

use crate::json;
use crate::proto::{Attachment, ThreadRow, timestamp};

impl From<json::ThreadRow> for ThreadRow {
    fn from(row: json::ThreadRow) -> Self {
        Self {
            at: Some(timestamp(row.at)),
            kind: row.kind.to_owned(),
            direction: row.direction.map(str::to_owned),
            message_id: row.message_id,
            r#type: row.type_,
            text: row.text,
            agent: row.agent,
            edited: row.edited,
            revoked: row.revoked,
            voided: row.voided,
            touch: row.touch.map(|touch| Box::new(touch.into())),
            agent_name: row.agent_name,
            attachment: row.attachment.map(Attachment::from),
            withheld: row.withheld,
        }
    }
}

impl From<json::Attachment> for Attachment {
    fn from(attachment: json::Attachment) -> Self {
        Self {
            id: attachment.id,
            mime_type: attachment.mime_type,
            filename: attachment.filename,
            url: attachment.url,
        }
    }
}
