//! The report for a terminal.

use std::fmt::Write;

use super::{Report, percent, thousands};

/// The whole report as text.
pub fn table(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "{} visitors, {} sessions, {} page views at rest for a second, {} events",
        thousands(report.visitors),
        thousands(report.sessions),
        thousands(report.page_views),
        thousands(report.events)
    );
    if report.errors > 0 {
        let _ = writeln!(
            out,
            "{} errors in the rules: what they concern is off, `tailorbird check` tells all",
            report.errors
        );
    }
    for place in &report.placements {
        let before = place.default_share_before.map_or_else(String::new, |share| format!(" (was {})", percent(share)));
        let control = if place.control_share > 0.0 {
            format!(", control {}", percent(place.control_share))
        } else {
            String::new()
        };
        let _ =
            writeln!(out, "\n{}: default on {}{before}{control} of page views", place.id, percent(place.default_share));
        let mut rows = vec![vec![
            "".to_owned(),
            "visitors".into(),
            "sessions".into(),
            "views".into(),
            "a visitor".into(),
            "most".into(),
        ]];
        if report.compared {
            rows[0].extend(["before", "gained", "lost"].map(str::to_owned));
        }
        for one in &place.experiences {
            let mut row = vec![
                one.title(),
                thousands(one.visitors),
                thousands(one.sessions),
                thousands(one.views),
                format!("{:.1}", one.views_per_visitor),
                thousands(one.most_views.into()),
            ];
            if let Some(change) = &one.change {
                row.extend([
                    thousands(change.visitors_before),
                    format!("+{}", thousands(change.gained)),
                    format!("-{}", thousands(change.lost)),
                ]);
            }
            rows.push(row);
        }
        columns(&mut out, &rows);
    }
    if !report.audiences.is_empty() {
        out.push_str("\naudiences\n");
        let mut rows = vec![vec!["".to_owned(), "visitors".into(), "share".into(), "shared most with".into()]];
        for audience in &report.audiences {
            let pairs = report.overlap.iter().filter(|pair| pair.one == audience.id || pair.other == audience.id);
            let most = pairs.max_by_key(|pair| pair.visitors).map_or_else(String::new, |pair| {
                let other = if pair.one == audience.id { &pair.other } else { &pair.one };
                format!("{other} ({})", thousands(pair.visitors))
            });
            let share = super::share(audience.visitors, report.visitors);
            rows.push(vec![audience.id.clone(), thousands(audience.visitors), percent(share), most]);
        }
        columns(&mut out, &rows);
    }
    out
}

/// Rows whose columns stand below each other: names to the left, numbers to the right.
fn columns(out: &mut String, rows: &[Vec<String>]) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |nth: usize| rows.iter().filter_map(|row| row.get(nth)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    for row in rows {
        let mut line = String::from(" ");
        for (nth, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let space = " ".repeat(width - cell.chars().count());
            let _ = if nth == 0 { write!(line, " {cell}{space}") } else { write!(line, "  {space}{cell}") };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
