//! Campaigns as a table: `id,name,type,dispatched_at,image_url,dashboard_url`.

use origem_domain::directory::{Campaign, Faults, Item};

use super::Named;
use super::table::{Entries, Table};

/// Names of the column with the id.
const ID: [&str; 5] = [
    "id",
    "campaign_id",
    "Campaign ID",
    "ID da campanha",
    "Identificação da campanha",
];

/// Reads the campaigns of a file. The export of an ads manager may name them more than once: the last name counts.
///
/// # Errors
/// Everything that is wrong, by line; nothing is read then.
pub fn read(body: &[u8]) -> Result<Vec<Named>, Faults> {
    let table = Table::read(body, &ID)?;
    let mut entries = Entries::default();
    for line in table.lines() {
        if entries.faults.is_full() {
            break;
        }
        let campaign = || -> Result<Named, String> {
            let id = line.cell(&ID).ok_or("the id is missing")?;
            let campaign = Campaign {
                name: line
                    .cell(&["name", "Campaign name", "Nome da campanha", "nome"])
                    .ok_or("the name is missing")?,
                kind: line.cell(&["type", "tipo"]),
                dispatched_at: line.instant(&["dispatched_at", "dispatched", "enviada em", "sent_at"])?,
                image_url: line.cell(&["image_url", "image", "imagem"]),
                dashboard_url: line.cell(&["dashboard_url", "dashboard", "painel"]),
            };
            Ok((id, Item::Campaign(campaign)))
        };
        entries.take(line.number, campaign());
    }
    entries.done()
}

#[cfg(test)]
mod tests {
    use super::super::table::told;
    use super::*;

    #[test]
    fn campaigns_are_read_or_everything_wrong_is_told_by_line() {
        for (text, expected) in [
            (
                "id,name,type,dispatched_at,dashboard_url\nc1,Black Friday,dispatch,2026-11-27T12:00:00Z,https://crm.example/c1\nc2,Natal,,,\n",
                r#"c1 {"name":"Black Friday","type":"dispatch","dispatched_at":"2026-11-27T12:00:00Z","dashboard_url":"https://crm.example/c1"}; c2 {"name":"Natal"}"#,
            ),
            (
                "ID da campanha;Nome da campanha\n120210000000000001;Inverno\n",
                r#"120210000000000001 {"name":"Inverno"}"#,
            ),
            (
                "id,name,dashboard_url\nc1,,\n,x,\nc3,x,javascript:alert(1)\n",
                "line 2: the name is missing; line 3: the id is missing; \
                 line 4: dashboard_url: `javascript:alert(1)` is no address; it must begin with https:// or http://",
            ),
        ] {
            assert_eq!(told(read(text.as_bytes())), expected, "{text}");
        }
    }
}
