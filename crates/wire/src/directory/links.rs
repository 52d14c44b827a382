//! Links as a table, in both directions: `code,name,channel,text,hashtag,site,utm_source,...,campaign_id,expires_at`; answers have the
//! address of each link beside.

use std::collections::BTreeMap;

use csv::WriterBuilder;
use origem_domain::directory::{Faults, Item, Link};

use super::Named;
use super::table::{Entries, Table};
use crate::cell::harmless;

/// Columns of UTM values, with their names in a link.
const UTM: [(&str, &str); 6] = [
    ("utm_source", "source"),
    ("utm_medium", "medium"),
    ("utm_campaign", "campaign"),
    ("utm_term", "term"),
    ("utm_content", "content"),
    ("utm_id", "id"),
];

/// Reads the links of a file.
///
/// # Errors
/// Everything that is wrong, by line; nothing is read then.
pub fn read(body: &[u8]) -> Result<Vec<Named>, Faults> {
    let table = Table::read(body, &["code", "código"])?;
    let mut entries = Entries::default();
    for line in table.lines() {
        if entries.faults.is_full() {
            break;
        }
        let link = || -> Result<Named, String> {
            let code = line.cell(&["code", "código"]).ok_or("the code is missing")?;
            let utm: BTreeMap<String, String> = UTM
                .iter()
                .filter_map(|(column, name)| Some(((*name).to_owned(), line.cell(&[column])?)))
                .collect();
            let link = Link {
                code: Some(code.clone()),
                // Whoever makes ten thousand of them names few.
                name: line.cell(&["name", "nome"]).unwrap_or_else(|| code.clone()),
                channel: line.cell(&["channel", "canal"]).ok_or("the channel is missing")?,
                text: line.cell(&["text", "texto"]),
                hashtag: line.cell(&["hashtag"]),
                site: line.cell(&["site"]),
                utm,
                campaign_id: line.cell(&["campaign_id", "campaign", "campanha"]),
                expires_at: line.instant(&["expires_at", "expires", "expira em"])?,
            };
            Ok((code, Item::Link(link)))
        };
        entries.take(line.number, link());
    }
    entries.done()
}

/// The line of names of [`write`].
const COLUMNS: [&str; 16] = [
    "code",
    "name",
    "channel",
    "text",
    "hashtag",
    "site",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "campaign_id",
    "expires_at",
    "address",
    "qr",
];

/// Links as a table that [`read`] reads again, each with its address below `base` and that of its QR code.
pub fn write<'a>(links: impl IntoIterator<Item = (&'a str, &'a Link)>, base: &str) -> Vec<u8> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let mut line = |cells: &[String]| {
        // Writing to memory cannot fail.
        let written = writer.write_record(cells.iter().map(|cell| harmless(cell).into_owned()));
        debug_assert!(written.is_ok());
    };
    line(&COLUMNS.map(str::to_owned));
    for (code, link) in links {
        let told = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut cells = vec![
            code.to_owned(),
            link.name.clone(),
            link.channel.clone(),
            told(&link.text),
            told(&link.hashtag),
            told(&link.site),
        ];
        cells.extend(UTM.map(|(_, name)| link.utm.get(name).cloned().unwrap_or_default()));
        cells.push(told(&link.campaign_id));
        cells.push(link.expires_at.map(|at| at.to_string()).unwrap_or_default());
        cells.push(format!("{base}/l/{code}"));
        cells.push(format!("{base}/v1/links/{code}/qr.svg"));
        line(&cells);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::table::told;
    use super::*;

    #[test]
    fn links_are_read_or_everything_wrong_is_told_by_line() {
        for (text, expected) in [
            (
                "code,name,channel,text,utm_source,campaign_id,expires_at\n\
                 bio,Bio,whatsapp:1,\"Oi, quero saber\nmais\",instagram,c1,2027-01-01\n\
                 site,,whatsapp:1,,,,\n",
                r#"bio {"code":"bio","name":"Bio","channel":"whatsapp:1","text":"Oi, quero saber\nmais","utm":{"source":"instagram"},"campaign_id":"c1","expires_at":"2027-01-01T00:00:00Z"}; site {"code":"site","name":"site","channel":"whatsapp:1"}"#,
            ),
            (
                "\u{feff}Canal;Código;Nome;Texto;Outra\nwhatsapp:1;bio;Bio;Oi, tudo bem?;x\n",
                r#"bio {"code":"bio","name":"Bio","channel":"whatsapp:1","text":"Oi, tudo bem?"}"#,
            ),
            (
                "code,channel\nbio,whatsapp:1\nbio,whatsapp:1\n\nno good,nowhere\n,whatsapp:1\nx,\n",
                "line 3: `bio` is told twice; line 5: id: `no good` is no code; write up to 64 letters, digits, `-` or `_`; \
                 line 5: channel: `nowhere` is not KIND:ID, such as whatsapp:200000000000002; line 6: the code is missing; \
                 line 7: the channel is missing",
            ),
            (
                "code,channel,expires_at,site\na,whatsapp:1,soon,\nb,whatsapp:1,,javascript:alert(1)\n",
                "line 2: `soon` is no instant like 2026-10-01T12:00:00Z and no date like 2026-10-01; \
                 line 3: site: `javascript:alert(1)` is no address; it must begin with https:// or http://",
            ),
            (
                "name,channel\n",
                "there is no line of names with the column `code`, `código`",
            ),
            ("code,channel\n", "there is no entry in it"),
            ("", "there is no line of names with the column `code`, `código`"),
        ] {
            assert_eq!(told(read(text.as_bytes())), expected, "{text}");
        }
    }

    #[test]
    fn ten_thousand_links_go_out_and_come_back() {
        let link = |code: String| Link {
            code: Some(code.clone()),
            name: format!("Loja \"{code}\""),
            channel: "whatsapp:1".to_owned(),
            text: Some(format!("Olá; quero, {code}\n#{code}")),
            utm: [("source".to_owned(), "a,b".to_owned())].into(),
            ..Link::default()
        };
        let links: Vec<(String, Link)> = (0..10_000)
            .map(|number| format!("loja{number:05}"))
            .map(|code| (code.clone(), link(code)))
            .collect();
        let text = write(
            links.iter().map(|(code, link)| (code.as_str(), link)),
            "https://o.example",
        );
        let head = String::from_utf8_lossy(&text);
        let address = ",https://o.example/l/loja00000,https://o.example/v1/links/loja00000/qr.svg\n";
        assert!(head.contains(address), "{}", &head[..600]);
        let read = read(&text).unwrap();
        assert_eq!(read.len(), 10_000);
        assert!(
            read.iter()
                .zip(&links)
                .all(|((id, item), (code, link))| id == code && *item == Item::Link(link.clone()))
        );
    }

    #[test]
    fn no_cell_is_a_formula_and_all_come_back() {
        for name in [
            "=HYPERLINK(\"https://evil.example\")",
            "+HYPERLINK(\"https://evil.example\")",
            "-2+3+cmd|' /C calc'!A0",
            "@SUM(A1)",
            "'=1",
            "plain",
        ] {
            for text in [name.to_owned(), format!("  {name}")] {
                let link = Link {
                    code: Some("a".to_owned()),
                    name: name.to_owned(),
                    channel: "whatsapp:1".to_owned(),
                    text: Some(text.clone()),
                    ..Link::default()
                };
                let table = write([("a", &link)], "");
                let cells = String::from_utf8(table.clone()).unwrap();
                for begins in ['=', '+', '-', '@'] {
                    let bare = |place: &str| cells.contains(&format!("{place}{begins}"));
                    assert!(![",", ",\"", ",  ", ",\"  "].into_iter().any(bare), "{cells}");
                }
                let expected = Link {
                    // Blanks around a cell are not kept.
                    text: Some(text.trim().to_owned()),
                    ..link
                };
                assert_eq!(read(&table).unwrap(), [("a".to_owned(), Item::Link(expected))]);
            }
        }
    }
}
