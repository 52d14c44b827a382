//! Rules on the schema: every field, value and message says what it is, absence included.

use super::Finding;
use super::tree::Tree;

/// Every definition in `proto/` has a comment right above it.
pub fn comments(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.texts("proto/", ".proto") {
        let mut commented = false;
        let mut continues = false;
        for (index, line) in text.lines().map(str::trim).enumerate() {
            if line.starts_with("//") {
                commented = true;
                continue;
            }
            if !continues && is_definition(line) && !commented {
                let what = format!("`{line}` has no comment: what it holds, and what absence means");
                found.push(Finding::new(path, index + 1, what));
            }
            continues = !line.is_empty() && !line.ends_with([';', '{', '}']);
            commented = continues && commented;
        }
    }
    found
}

/// A message, enumeration, service, method, oneof, field or value; not syntax, package, imports, options, reserved numbers.
fn is_definition(line: &str) -> bool {
    const STATEMENTS: &[&str] = &["syntax", "package", "import", "option", "reserved", "}"];
    !line.is_empty() && !STATEMENTS.iter().any(|statement| line.starts_with(statement)) || line.starts_with("optional ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_has_a_comment() {
        for (text, findings) in [
            ("syntax = \"proto3\";\npackage a;\nimport \"b\";\n", 0),
            ("// A.\nmessage A {\n  // B.\n  string b = 1;\n}\n", 0),
            ("message A {\n  string b = 1;\n}\n", 2),
            (
                "// A.\nmessage A {\n  // Absent: none.\n  optional string b = 1;\n  optional string c = 2;\n}\n",
                1,
            ),
            (
                "// A.\nenum A {\n  // None.\n  A_NONE = 0;\n  A_ONE = 1;\n  reserved 2;\n}\n",
                1,
            ),
            (
                "// A.\nmessage A {\n  // Long.\n  map<string,\n    string> b = 1;\n}\n",
                0,
            ),
        ] {
            let found = comments(&Tree::of(&[("proto/a.proto", text)]));
            assert_eq!(found.len(), findings, "{text}\n{found:?}");
        }
    }
}
