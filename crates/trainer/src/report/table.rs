//! The report as lines of text for a terminal.

use std::fmt::Write;

use super::Report;

/// The figures in a table, and below it what they rest on.
pub fn table(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<30} {:>7} {:>7} {:>9} {:>13}", "", "HR@20", "MRR@20", "coverage", "popular tenth");
    for way in &report.measured {
        let _ = writeln!(
            out,
            "{:<30} {:>7.3} {:>7.3} {:>8.1}% {:>12.1}%",
            way.name,
            way.hits.last().unwrap_or(&0.0),
            way.reciprocal,
            way.coverage * 100.0,
            way.popular * 100.0,
        );
    }
    let _ = writeln!(out, "{:<30} {:>39.1}%", "what shoppers looked at", report.popular_looks * 100.0);
    for (name, foretold) in &report.foretold {
        let _ = writeln!(
            out,
            "{name}: {} moments, {:.1}% happened, AUC {:.3}, mean calibration error {:.1} points",
            foretold.cases,
            foretold.rate * 100.0,
            foretold.auc,
            foretold.calibration_error() * 100.0,
        );
    }
    let _ = writeln!(
        out,
        "learned from {} sessions, asked about the {} newest: {} questions, {} items; {} KB in {} files",
        report.sessions.0,
        report.sessions.1,
        report.questions,
        report.items,
        report.size.0.div_ceil(1000),
        report.size.1,
    );
    out
}
