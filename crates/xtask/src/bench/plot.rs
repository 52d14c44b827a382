//! A chart as SVG: groups of horizontal bars. Own code, because a chart that is readable on light and on dark pages takes its colours
//! from a style sheet that asks which it is, and drawing libraries write them into every shape.

use std::fmt::Write as _;

use origem_measure::told;

/// A chart.
pub struct Chart {
    /// What one sees.
    pub title: String,
    /// Of the values; empty for ratios.
    pub unit: String,
    /// From the top.
    pub groups: Vec<Group>,
    /// Lengths grow with the logarithm: for values that lie orders of magnitude apart.
    pub is_logarithmic: bool,
    /// A line across all bars: where, and what it says.
    pub mark: Option<(f64, String)>,
}

/// Bars under one label.
pub struct Group {
    /// What they are of.
    pub label: String,
    /// Name and value of each; the same names in all groups of a chart.
    pub bars: Vec<(String, f64)>,
}

const WIDTH: f64 = 860.0;
const LABEL_WIDTH: f64 = 330.0;
/// Right of the longest bar, for its value.
const VALUE_WIDTH: f64 = 120.0;
const BAR: f64 = 15.0;
const GAP: f64 = 12.0;
const TOP: f64 = 44.0;

/// Colours that differ in lightness too, for those who see few.
const STYLE: &str = "\
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 14px; font-weight: 600 } .soft { fill: #59636e } \
.s0 { fill: #1f6feb } .s1 { fill: #a371f7 } .s2 { fill: #2da44e } .s3 { fill: #bf8700 } .mark { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3 } \
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .soft { fill: #9198a1 } .s0 { fill: #58a6ff } .s1 { fill: #bc8cff } .s2 { fill: #56d364 } \
.s3 { fill: #e3b341 } .mark { stroke: #ff7b72 } }";

impl Chart {
    /// The text of an SVG file.
    pub fn svg(&self) -> String {
        let series = self.series();
        let legend = if series.len() > 1 { 20.0 } else { 0.0 };
        let bars: usize = self.groups.iter().map(|group| group.bars.len()).sum();
        let mark = if self.mark.is_some() { 18.0 } else { 0.0 };
        let height = TOP + legend + bars as f64 * BAR + self.groups.len() as f64 * GAP + mark;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n<text class=\"title\" x=\"0\" y=\"18\">{title}</text>\n",
            title = escaped(&self.title)
        );
        let mut x = LABEL_WIDTH;
        for (index, name) in series.iter().enumerate().filter(|_| legend > 0.0) {
            let _ = writeln!(
                svg,
                "<rect class=\"s{}\" x=\"{x}\" y=\"31\" width=\"10\" height=\"10\" rx=\"2\"/><text class=\"soft\" x=\"{}\" y=\"40\">{}</text>",
                index % 4,
                x + 15.0,
                escaped(name)
            );
            x += 40.0 + name.chars().count() as f64 * 6.6;
        }
        let mut y = TOP + legend;
        for group in &self.groups {
            let middle = y + group.bars.len() as f64 * BAR / 2.0 + 4.0;
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{}</text>",
                LABEL_WIDTH - 8.0,
                escaped(&group.label)
            );
            for (name, value) in &group.bars {
                let colour = series.iter().position(|known| known == &name).unwrap_or_default() % 4;
                let length = self.length(*value);
                let _ = writeln!(
                    svg,
                    "<rect class=\"s{colour}\" x=\"{LABEL_WIDTH}\" y=\"{}\" width=\"{length:.1}\" height=\"{}\" rx=\"2\"/>\
                     <text class=\"soft\" x=\"{:.1}\" y=\"{}\">{}</text>",
                    y + 1.0,
                    BAR - 2.0,
                    LABEL_WIDTH + length + 6.0,
                    y + BAR - 3.5,
                    escaped(&told(*value, &self.unit))
                );
                y += BAR;
            }
            y += GAP;
        }
        if let Some((at, said)) = &self.mark {
            let x = LABEL_WIDTH + self.length(*at);
            let _ = writeln!(
                svg,
                "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{y}\"/><text class=\"soft\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                TOP + legend - 4.0,
                y + 12.0,
                escaped(said)
            );
        }
        svg + "</svg>\n"
    }

    /// The names of bars, in the order in which they come.
    fn series(&self) -> Vec<&String> {
        let mut names: Vec<&String> = Vec::new();
        for (name, _) in self.groups.iter().flat_map(|group| &group.bars) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// How long the bar of a value is.
    fn length(&self, value: f64) -> f64 {
        let values = || {
            let bars = self
                .groups
                .iter()
                .flat_map(|group| &group.bars)
                .map(|(_, value)| *value);
            bars.chain(self.mark.iter().map(|(at, _)| *at))
                .filter(|value| *value > 0.0)
        };
        let most = values().fold(f64::MIN_POSITIVE, f64::max);
        let room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
        if value <= 0.0 {
            return 0.0;
        }
        if !self.is_logarithmic {
            return room * value / most;
        }
        // The least one keeps something to be seen.
        let least = values().fold(most, f64::min) / 2.0;
        room * (value / least).ln() / (most / least).ln()
    }
}

/// A text inside of XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &[f64], is_logarithmic: bool) -> Chart {
        let bars = values.iter().map(|value| ("a < b".to_owned(), *value)).collect();
        let label = "one & two".to_owned();
        Chart {
            title: "t".to_owned(),
            unit: "ms".to_owned(),
            groups: vec![Group { label, bars }],
            is_logarithmic,
            mark: Some((5.0, "aim".to_owned())),
        }
    }

    #[test]
    fn the_longest_bar_takes_the_room() {
        let room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
        for (values, is_logarithmic, value, length) in [
            (&[10.0, 5.0][..], false, 10.0, room),
            (&[10.0, 5.0][..], false, 5.0, room / 2.0),
            (&[1.0, 2.0][..], false, 5.0, room),
            (&[10.0, 0.0][..], true, 0.0, 0.0),
            (&[10.0, 1.0][..], true, 10.0, room),
        ] {
            let told = chart(values, is_logarithmic).length(value);
            assert!((told - length).abs() < 1e-6, "{values:?} {value}: {told}");
        }
        assert!(chart(&[10.0, 1.0], true).length(1.0) > 1.0);
    }

    #[test]
    fn texts_are_escaped_and_values_told() {
        let svg = chart(&[10.0], false).svg();
        assert!(
            svg.contains("one &amp; two") && svg.contains(">10.0 ms<") && svg.contains(">aim<"),
            "{svg}"
        );
        assert!(!svg.contains("a < b"));
    }
}
