//! The drawings of the page: bars, small histograms and the matrix of audiences, as SVG that needs nothing else.

use std::fmt::Write;

use super::percent;

/// A bar of a share of 1, with a mark where it was before.
pub(super) fn bar(share: f64, before: Option<f64>, what: &str) -> String {
    let at = |share: f64| (share * 1000.0).clamp(0.0, 1000.0);
    let mark = before.map_or_else(String::new, |before| {
        format!(
            "<rect class=\"mark\" x=\"{:.1}\" y=\"0\" width=\"5\" height=\"14\"/>",
            (at(before) - 2.5).clamp(0.0, 995.0)
        )
    });
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>\
         <rect class=\"rail\" width=\"1000\" height=\"14\"/><rect class=\"one\" width=\"{1:.1}\" height=\"14\"/>{mark}</svg>",
        escaped(what),
        at(share)
    )
}

/// Parts of a whole beside each other, by the class that colours each.
pub(super) fn parts(parts: &[(&str, f64)], what: &str) -> String {
    let mut out = format!(
        "<svg class=\"parts\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        escaped(what)
    );
    let mut from = 0.0;
    for (class, share) in parts {
        let width = share * 1000.0;
        let _ = write!(out, "<rect class=\"{class}\" x=\"{from:.1}\" width=\"{width:.1}\" height=\"14\"/>");
        from += width;
    }
    out + "</svg>"
}

/// Who is lost to the left, who is gained to the right, as shares of the most that any row has.
pub(super) fn balance(lost: f64, gained: f64, what: &str) -> String {
    let (left, right) = ((lost * 490.0).min(490.0), (gained * 490.0).min(490.0));
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>\
         <rect class=\"rail\" width=\"1000\" height=\"14\"/><rect class=\"lost\" x=\"{1:.1}\" width=\"{left:.1}\" height=\"14\"/>\
         <rect class=\"one\" x=\"502\" width=\"{right:.1}\" height=\"14\"/><rect class=\"axis\" x=\"498.5\" width=\"3\" height=\"14\"/></svg>",
        escaped(what),
        498.0 - left
    )
}

/// How many visitors saw it how often: a small column each.
pub(super) fn histogram(often: &[(String, u64)]) -> String {
    let most = often.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1) as f64;
    let told: Vec<String> = often.iter().map(|(times, visitors)| format!("{times}×: {visitors}")).collect();
    let mut out = format!(
        "<svg class=\"often\" viewBox=\"0 0 62 22\" role=\"img\" aria-label=\"{0}\"><title>visitors who saw it {0}</title>",
        escaped(&told.join(", "))
    );
    for (nth, (_, count)) in often.iter().enumerate() {
        let height = if *count == 0 { 1.0 } else { (*count as f64 / most * 21.0).max(2.0) };
        let class = if *count == 0 { "rail" } else { "two" };
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{:.1}\" width=\"10\" height=\"{height:.1}\" rx=\"1.5\"/>",
            nth * 13,
            22.0 - height
        );
    }
    out + "</svg>"
}

/// For each audience (row) the share of its visitors who are in another one (column) too.
pub(super) fn matrix(names: &[&str], shares: &dyn Fn(usize, usize) -> f64) -> String {
    const CELL: usize = 46;
    let letters = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(28);
    let (left, top) = (letters * 8 + 14, letters * 6 + 16);
    let (width, height) = (left + names.len() * CELL + top / 2, top + names.len() * CELL);
    let mut out = format!(
        "<svg class=\"matrix\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\" aria-label=\"overlap of audiences\">"
    );
    for (row, name) in names.iter().enumerate() {
        let short: String = name.chars().take(28).collect();
        let short = escaped(&short);
        let (x, y) = (left - 10, top + row * CELL + CELL / 2 + 5);
        let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{short}</text>");
        let x = left + row * CELL + CELL / 2 + 4;
        let _ = write!(out, "<text transform=\"translate({x} {}) rotate(-45)\">{short}</text>", top - 10);
        for (column, other) in names.iter().enumerate() {
            let (x, y) = (left + column * CELL, top + row * CELL);
            let share = shares(row, column);
            if row == column {
                let _ = write!(
                    out,
                    "<rect class=\"self\" x=\"{x}\" y=\"{y}\" width=\"{0}\" height=\"{0}\" rx=\"6\"/>",
                    CELL - 3
                );
                continue;
            }
            let title = format!("{} of {name} are in {other}", percent(share));
            let _ = write!(
                out,
                "<g><title>{}</title><rect class=\"rail\" x=\"{x}\" y=\"{y}\" width=\"{1}\" height=\"{1}\" rx=\"6\"/>\
                 <rect class=\"one\" x=\"{x}\" y=\"{y}\" width=\"{1}\" height=\"{1}\" rx=\"6\" opacity=\"{share:.3}\"/>",
                escaped(&title),
                CELL - 3
            );
            if share >= 0.005 {
                let class = if share > 0.55 { "over" } else { "" };
                let _ = write!(
                    out,
                    "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{:.0}</text>",
                    x + (CELL - 3) / 2,
                    y + CELL / 2 + 4,
                    share * 100.0
                );
            }
            out.push_str("</g>");
        }
    }
    out + "</svg>"
}

/// Text for markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
