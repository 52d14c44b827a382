//! The page of figures: what stands between two marks is generated, everything else is a person's.

/// What opens the block `name`.
fn opening(name: &str) -> String {
    format!("<!-- figures: {name} -->")
}

/// What closes any block.
const CLOSING: &str = "<!-- end of figures -->";

/// The page with the block `name` replaced by `text`; `None` if it has no such block, or one that does not end.
pub fn replaced(page: &str, name: &str, text: &str) -> Option<String> {
    let opening = opening(name);
    let (before, rest) = page.split_once(&opening)?;
    let end = rest.find(CLOSING)?;
    // A block that was never closed would take the next one with it.
    if rest[..end].contains("<!-- figures: ") {
        return None;
    }
    Some(format!("{before}{opening}\n\n{}\n\n{}", text.trim(), &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_stays() {
        let block = |text: &str| format!("<!-- figures: fold -->{text}<!-- end of figures -->");
        let page = |text: &str| format!("before\n\n{}\n\nafter", block(text));
        let new = page("\n\n| 1 |\n\n");
        for (old, told) in [
            (page("\n"), Some(new.clone())),
            (page("\n\n| old |\n\n"), Some(new.clone())),
            (new.clone(), Some(new)),
            ("nothing".to_owned(), None),
            ("<!-- figures: fold -->\nno end".to_owned(), None),
            (
                "<!-- figures: fold -->\n<!-- figures: query -->\n<!-- end of figures -->".to_owned(),
                None,
            ),
        ] {
            assert_eq!(replaced(&old, "fold", "| 1 |\n"), told, "{old}");
        }
    }
}
