//! Ads as the ads manager exports them: CSV with a row an ad, or a row an ad, placement and day, in English or Portuguese.
//!
//! ```text
//! Ad ID,Ad name,Ad set ID,Ad set name,Campaign ID,Campaign name,Platform,Placement
//! 120210000000000003,Oferta,120210000000000002,Lookalike,120210000000000001,Inverno,instagram,instagram_stories
//! ```
//! An ad that is shown on both platforms has rows for both: then it is placed on none of them. Source of the columns: exports and
//! the documentation of the ads manager's reports in both languages, as others read them.

use std::collections::BTreeMap;

use origem_domain::directory::{Ad, AdNames, Faults, Item};
use origem_domain::touch::Platform;

use super::Named;
use super::table::{Entries, Line, Table, place};

const ID: [&str; 5] = ["Ad ID", "ID do anúncio", "Identificação do anúncio", "ad_id", "id"];
const NAME: [&str; 5] = ["Ad name", "Nome do anúncio", "Anúncio", "ad_name", "name"];
const SET_ID: [&str; 4] = [
    "Ad set ID",
    "ID do conjunto de anúncios",
    "Identificação do conjunto de anúncios",
    "adset_id",
];
const SET: [&str; 4] = ["Ad set name", "Nome do conjunto de anúncios", "adset_name", "ad_set"];
const CAMPAIGN_ID: [&str; 3] = ["Campaign ID", "ID da campanha", "Identificação da campanha"];
const CAMPAIGN: [&str; 3] = ["Campaign name", "Nome da campanha", "campaign"];
const PLATFORM: [&str; 4] = [
    "Platform",
    "Plataforma",
    "Publisher platform",
    "Plataforma de publicação",
];
const PLACEMENT: [&str; 3] = ["Placement", "Posicionamento", "Platform position"];
const URL: [&str; 6] = [
    "Permalink",
    "Link",
    "Preview link",
    "Link de visualização",
    "Link (ad settings)",
    "url",
];
const IMAGE: [&str; 4] = ["Image URL", "URL da imagem", "image_url", "imagem"];
const FROM: [&str; 2] = ["from", "valid_from"];

/// An ad with the line that named it last, and whether it is on several platforms.
struct Found {
    line: u64,
    ad: Ad,
    several: bool,
}

/// Reads the ads of a file, each once.
///
/// # Errors
/// Everything that is wrong, by line; nothing is read then.
pub fn read(body: &[u8]) -> Result<Vec<Named>, Faults> {
    let table = Table::read(body, &ID)?;
    let mut entries = Entries::default();
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for line in table.lines() {
        if entries.faults.is_full() {
            break;
        }
        match row(&line) {
            // The line of sums at the end has no ad.
            Ok(None) => {}
            Ok(Some((id, ad))) => join(&mut found, id, line.number, ad),
            Err(reason) => entries.faults.add(place(line.number), reason),
        }
    }
    for (id, Found { line, ad, .. }) in found {
        entries.take(line, Ok((id, Item::Ad(ad))));
    }
    entries.done()
}

fn join(found: &mut BTreeMap<String, Found>, id: String, line: u64, ad: Ad) {
    let Some(known) = found.get_mut(&id) else {
        let several = false;
        found.insert(id, Found { line, ad, several });
        return;
    };
    known.line = line;
    known.several |= known.ad.platform != ad.platform;
    if known.several {
        known.ad.platform = None;
    }
    if known.ad.placement != ad.placement {
        known.ad.placement = None;
    }
    known.ad.url = ad.url.or(known.ad.url.take());
    known.ad.image_url = ad.image_url.or(known.ad.image_url.take());
    for names in ad.names {
        match known.ad.names.iter_mut().find(|other| other.from == names.from) {
            Some(other) => *other = names,
            None => known.ad.names.push(names),
        }
    }
    known.ad.names.sort_by_key(|names| names.from);
}

/// The ad of a line; `None` where it names none.
fn row(line: &Line<'_>) -> Result<Option<(String, Ad)>, String> {
    let Some(id) = line.cell(&ID) else {
        return match line.cell(&NAME) {
            Some(name) => Err(format!("the id of `{name}` is missing")),
            None => Ok(None),
        };
    };
    if id.contains(['E', 'e', '.', ',']) {
        // Spreadsheets write long numbers as 1.2021E+17, and the rest of the digits is gone.
        return Err(format!(
            "`{id}` is no id: a spreadsheet has rounded it; export again, or format the column as text"
        ));
    }
    let names = AdNames {
        from: line.instant(&FROM)?,
        ad: line.cell(&NAME).ok_or("the name of the ad is missing")?,
        ad_set: line.cell(&SET),
        ad_set_id: line.cell(&SET_ID),
        campaign: line.cell(&CAMPAIGN),
        campaign_id: line.cell(&CAMPAIGN_ID),
    };
    let placement = line.cell(&PLACEMENT);
    let platform = line.cell(&PLATFORM).or_else(|| placement.clone());
    let url = line.cell(&URL).filter(|url| url.starts_with("http"));
    Ok(Some((
        id,
        Ad {
            names: vec![names],
            platform: platform.as_deref().and_then(platform_of),
            placement,
            image_url: line.cell(&IMAGE),
            url,
        },
    )))
}

/// The platform of a word, or of a list of words, of the ads manager; `None` unless it is exactly one of the two.
fn platform_of(text: &str) -> Option<Platform> {
    let text = text.to_lowercase();
    match (text.contains("facebook"), text.contains("instagram")) {
        (true, false) => Some(Platform::Facebook),
        (false, true) => Some(Platform::Instagram),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::told;
    use super::*;

    #[test]
    fn exports_are_read_in_both_languages() {
        let names = r#"{"ad":"Oferta","ad_set":"Lookalike","ad_set_id":"2","campaign":"Inverno","campaign_id":"1"}"#;
        for (text, expected) in [
            (
                "Ad ID,Ad name,Ad set ID,Ad set name,Campaign ID,Campaign name,Platform,Placement,Impressions\n\
                 3,Oferta,2,Lookalike,1,Inverno,instagram,instagram_stories,10\n,,,,,,,,10\n",
                format!(r#"3 {{"names":[{names}],"platform":"instagram","placement":"instagram_stories"}}"#),
            ),
            (
                "Nome do anúncio;Identificação do anúncio;Nome do conjunto de anúncios;Identificação do conjunto de anúncios;\
                 Nome da campanha;Identificação da campanha;Plataforma;Posicionamento\n\
                 Oferta;3;Lookalike;2;Inverno;1;Facebook;Feed\n",
                format!(r#"3 {{"names":[{names}],"platform":"facebook","placement":"Feed"}}"#),
            ),
            // Rows by placement: an ad on both platforms is on none.
            (
                "Ad ID,Ad name,Platform,Placement\n3,Oferta,facebook,feed\n3,Oferta,instagram,stories\n3,Oferta,facebook,feed\n4,Outra,instagram,feed\n4,Outra,instagram,stories\n",
                r#"3 {"names":[{"ad":"Oferta"}]}; 4 {"names":[{"ad":"Outra"}],"platform":"instagram"}"#.to_owned(),
            ),
            ("Ad ID,Ad name,Platform\n3,Oferta,\"facebook, instagram\"\n5,X,audience_network\n", r#"3 {"names":[{"ad":"Oferta"}]}; 5 {"names":[{"ad":"X"}]}"#.to_owned()),
            // Names that changed.
            (
                "Ad ID,Ad name,from\n3,Nova,2026-06-01\n3,Velha,\n",
                r#"3 {"names":[{"ad":"Velha"},{"from":"2026-06-01T00:00:00Z","ad":"Nova"}]}"#.to_owned(),
            ),
            (
                "Ad ID,Ad name,Permalink\n3,Oferta,https://www.instagram.com/p/x\n4,Outra,javascript:alert(1)\n",
                r#"3 {"names":[{"ad":"Oferta"}],"url":"https://www.instagram.com/p/x"}; 4 {"names":[{"ad":"Outra"}]}"#.to_owned(),
            ),
            (
                "Ad ID,Ad name\n1.2021E+17,Oferta\n,Sem id\n4,\n",
                "line 2: `1.2021E+17` is no id: a spreadsheet has rounded it; export again, or format the column as text; \
                 line 3: the id of `Sem id` is missing; line 4: the name of the ad is missing"
                    .to_owned(),
            ),
            ("Campaign name,Spend\nx,1\n", "there is no line of names with the column `Ad ID`, `ID do anúncio`, `Identificação do anúncio`, `ad_id`, `id`".to_owned()),
        ] {
            assert_eq!(told(read(text.as_bytes())), expected, "{text}");
        }
    }
}
