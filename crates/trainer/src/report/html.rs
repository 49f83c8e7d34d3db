//! The report as one page that needs nothing else: figures, plots and what they mean.

use std::fmt::Write;

use super::svg::{calibration, class, lines};
use super::{Measured, Report};

const STYLE: &str = include_str!("report.css");

/// The whole page. `source` is what was learned from, as the reader knows it.
pub fn page(report: &Report, source: &str) -> String {
    let source = escaped(source);
    let ways = &report.measured;
    let model = ways.first().cloned().unwrap_or_default();
    let mut body = format!(
        "<header><p class=\"eyebrow\">tailorbird · recommendations</p><h1>{}</h1>\
         <p class=\"lead\">Learned from {} sessions of <b>{source}</b>, then asked what the shoppers of the {} newest \
         sessions looked at next: {} questions about {} products.</p></header>",
        headline(ways),
        thousands(report.sessions.0),
        thousands(report.sessions.1),
        thousands(report.questions),
        thousands(report.items),
    );
    body.push_str("<section class=\"cards\">");
    for (figure, name, what) in [
        (
            percent(model.hits.last().copied().unwrap_or(0.0)),
            "HR@20",
            "of the time the next product is among twenty shown",
        ),
        (format!("{:.3}", model.reciprocal), "MRR@20", "mean of one over its place; 1 would be always first"),
        (percent(model.coverage), "coverage", "of all products were shown to somebody"),
        (
            format!("{} KB", thousands(report.size.0.div_ceil(1000))),
            "size",
            "the whole model; a visit loads a few KB of it",
        ),
    ] {
        let _ = write!(body, "<div class=\"card\"><b>{figure}</b><span>{name}</span><p>{what}</p></div>");
    }
    body.push_str("</section>");
    body.push_str(&table(report));

    let hits: Vec<(&str, &[f64])> = ways.iter().map(|way| (way.name, way.hits.as_slice())).collect();
    let lengths: Vec<(&str, &[f64])> = ways.iter().map(|way| (way.name, way.by_length.as_slice())).collect();
    body.push_str("<section class=\"plots\">");
    figure(
        &mut body,
        "How many are hit by how few",
        "A row of four products on a page is read at four.",
        &lines("Share of questions whose product is among the first answers", "products shown", &hits, false),
        ways,
    );
    figure(
        &mut body,
        "From the first click on",
        "By how many products the visit had seen so far.",
        &lines("Share of hits by length of the visit", "products seen", &lengths, true),
        ways,
    );
    for (name, foretold) in &report.foretold {
        let what = match (*name, report.churn_days) {
            ("churn", Some(days)) => format!("Staying away for more than {days:.0} days"),
            _ => "A purchase before the visit ends".to_owned(),
        };
        let note = format!(
            "{} moments of visitors it was not learned from, {} of them happened; AUC {:.2}. Each point is a tenth of the \
             moments: on the diagonal, what was foretold is what happened.",
            thousands(foretold.cases),
            percent(foretold.rate),
            foretold.auc
        );
        let plot = calibration(&format!("Calibration of {name}"), &foretold.calibration);
        figure(&mut body, &format!("<code>{name}</code> · {what}"), &note, &plot, &[]);
    }
    body.push_str("</section>");
    let _ = write!(
        body,
        "<footer><p>Time split: nothing that was asked about was learned from, and the settings were chosen on the newest \
         part of what was learned from. The current product is never an answer; products that the past had never seen are not asked about. \
         The model that ships learns from all sessions, so it knows a little more than this one.</p></footer>"
    );
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>Recommendations: {source}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
}

fn headline(ways: &[Measured]) -> String {
    let hits = |nth: usize| ways.get(nth).and_then(|way| way.hits.last()).copied().unwrap_or(0.0);
    match hits(2) {
        popular if popular > 0.0 => {
            format!("Finds the next product {:.1} times as often as a bestseller list", hits(0) / popular)
        }
        _ => "How good the recommendations are".to_owned(),
    }
}

fn table(report: &Report) -> String {
    let mut out = "<section><table><thead><tr><th></th><th>HR@20</th><th>MRR@20</th><th>coverage</th>\
                   <th>popular tenth</th></tr></thead><tbody>"
        .to_owned();
    for (nth, way) in report.measured.iter().enumerate() {
        let _ = write!(
            out,
            "<tr><th><i class=\"dot {}\"></i>{}</th><td>{:.3}</td><td>{:.3}</td><td>{}</td><td>{}</td></tr>",
            class(nth),
            way.name,
            way.hits.last().unwrap_or(&0.0),
            way.reciprocal,
            percent(way.coverage),
            percent(way.popular)
        );
    }
    let _ = write!(
        out,
        "<tr class=\"aside\"><th>what shoppers looked at</th><td></td><td></td><td></td><td>{}</td></tr></tbody></table></section>",
        percent(report.popular_looks)
    );
    out
}

fn figure(out: &mut String, title: &str, note: &str, plot: &str, legend: &[Measured]) {
    let _ = write!(out, "<figure><figcaption><h2>{title}</h2><p>{note}</p></figcaption>{plot}");
    if !legend.is_empty() {
        out.push_str("<ul class=\"legend\">");
        for (nth, way) in legend.iter().enumerate() {
            let _ = write!(out, "<li><i class=\"dot {}\"></i>{}</li>", class(nth), way.name);
        }
        out.push_str("</ul>");
    }
    out.push_str("</figure>");
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
