//! Names as these libraries write them: `sourceId`, `sourceID` and `source_id` are one. Source: reference/meta-platform.md 5.3.

use std::borrow::Cow;

use crate::json::{Kind, Node};

/// `name` is `folded` but for case and underscores. `folded` has neither.
pub(super) fn same(name: &str, folded: &str) -> bool {
    let mut left = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase());
    let mut right = folded.chars();
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (left, right) if left != right => return false,
            _ => {}
        }
    }
}

/// Lower case without underscores.
pub(super) fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| *c != '_')
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Look-ups by folded name; several names are tried in order.
pub(super) trait Loose<'d, 'a>: Sized {
    /// The first member of one of the names that is not `null`.
    fn any(self, names: &[&str]) -> Option<Node<'d, 'a>>;
    /// The first text or number of one of the names, trimmed, that is not empty.
    fn any_word(self, names: &[&str]) -> Option<String>;
    /// The first text of one of the names that is not empty, as it came.
    fn any_text(self, names: &[&str]) -> Option<String>;
    /// The first truth value of one of the names.
    fn any_flag(self, names: &[&str]) -> Option<bool>;
}

impl<'d, 'a> Loose<'d, 'a> for Node<'d, 'a> {
    fn any(self, names: &[&str]) -> Option<Node<'d, 'a>> {
        first(self, names, |node| (node.kind() != Kind::Null).then_some(node))
    }

    fn any_word(self, names: &[&str]) -> Option<String> {
        first(self, names, |node| {
            let word = node.scalar()?;
            (!word.trim().is_empty()).then(|| word.trim().to_owned())
        })
    }

    fn any_text(self, names: &[&str]) -> Option<String> {
        first(self, names, |node| {
            node.as_text().filter(|text| !text.is_empty()).map(Cow::into_owned)
        })
    }

    fn any_flag(self, names: &[&str]) -> Option<bool> {
        self.any_word(names).map(|word| word == "true" || word == "1")
    }
}

/// The first thing `read` finds in the members of one of the names, by the order of the names.
fn first<'d, 'a, T>(node: Node<'d, 'a>, names: &[&str], read: impl Fn(Node<'d, 'a>) -> Option<T>) -> Option<T> {
    if !node.is_object() {
        return None;
    }
    names
        .iter()
        .find_map(|name| node.children().filter(|child| same(&child.key(), name)).find_map(&read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_without_case_and_underscores() {
        for (name, folded, yes) in [
            ("sourceId", "sourceid", true),
            ("sourceID", "sourceid", true),
            ("source_id", "sourceid", true),
            ("SOURCE__ID_", "sourceid", true),
            ("source", "sourceid", false),
            ("sourceIds", "sourceid", false),
            ("", "", true),
        ] {
            assert_eq!(same(name, folded), yes, "{name}");
            assert_eq!(fold(name) == folded, yes, "{name}");
        }
    }
}
