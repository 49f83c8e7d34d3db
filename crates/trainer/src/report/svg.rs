//! Plots as inline SVG: lines over numbered places, and points near a diagonal.

use std::fmt::Write;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 46.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 14.0;
const RIGHT: f64 = 14.0;

/// The class of the n-th line: its colour is in the page's style.
pub(super) fn class(nth: usize) -> &'static str {
    ["one", "two", "three"].get(nth).unwrap_or(&"three")
}

/// Lines over the places 1, 2, … with shares on the other axis.
pub(super) fn lines(title: &str, across: &str, series: &[(&str, &[f64])], last_is_more: bool) -> String {
    let count = series.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    let most = ceiling(series.iter().flat_map(|(_, values)| values.iter()).copied().fold(0.0, f64::max));
    let x = |nth: usize| LEFT + (WIDTH - LEFT - RIGHT) * nth as f64 / (count.max(2) - 1) as f64;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / most);
    let mut out = frame(title, most, &y);
    let every = if count > 10 { 5 } else { 1 };
    for nth in (0..count).filter(|nth| every == 1 || *nth == 0 || (nth + 1) % every == 0) {
        let more = if last_is_more && nth + 1 == count { "+" } else { "" };
        let _ = write!(
            out,
            "<text class=\"mark\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}{more}</text>",
            x(nth),
            HEIGHT - BOTTOM + 18.0,
            nth + 1
        );
    }
    let _ = write!(
        out,
        "<text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{across}</text>",
        WIDTH - RIGHT,
        HEIGHT - 4.0
    );
    for (nth, (name, values)) in series.iter().enumerate().rev() {
        let points: Vec<String> =
            values.iter().enumerate().map(|(at, value)| format!("{:.1},{:.1}", x(at), y(*value))).collect();
        let _ = write!(
            out,
            "<polyline class=\"{}\" points=\"{}\"><title>{name}</title></polyline>",
            class(nth),
            points.join(" ")
        );
        for (at, value) in values.iter().enumerate() {
            let _ = write!(
                out,
                "<circle class=\"{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"><title>{name}: {:.1}%</title></circle>",
                class(nth),
                x(at),
                y(*value),
                value * 100.0
            );
        }
    }
    out.push_str("</svg>");
    out
}

/// Points at what was foretold and what happened; on the diagonal both agree.
pub(super) fn calibration(title: &str, points: &[(f64, f64)]) -> String {
    let most = ceiling(points.iter().fold(0.0, |most, (told, happened)| told.max(*happened).max(most)));
    let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value / most;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / most);
    let mut out = frame(title, most, &y);
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let _ = write!(
            out,
            "<text class=\"mark\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x(value),
            HEIGHT - BOTTOM + 18.0,
            percent(value, most)
        );
    }
    let _ = write!(
        out,
        "<text class=\"mark\" x=\"{}\" y=\"{}\" text-anchor=\"end\">foretold</text>",
        WIDTH - RIGHT,
        HEIGHT - 4.0
    );
    let _ = write!(
        out,
        "<line class=\"diagonal\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        x(0.0),
        y(0.0),
        x(most),
        y(most)
    );
    for (told, happened) in points {
        let _ = write!(
            out,
            "<circle class=\"one\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"><title>foretold {:.1}%, happened {:.1}%</title></circle>",
            x(*told),
            y(*happened),
            told * 100.0,
            happened * 100.0
        );
    }
    out.push_str("</svg>");
    out
}

/// The opening tag, the title for those who cannot see it, and lines at five heights.
fn frame(title: &str, most: f64, y: &dyn Fn(f64) -> f64) -> String {
    let mut out = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">");
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let _ = write!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
            WIDTH - RIGHT,
            y(value),
            y(value)
        );
        let _ = write!(
            out,
            "<text class=\"mark\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y(value) + 4.0,
            percent(value, most)
        );
    }
    out
}

fn percent(value: f64, most: f64) -> String {
    if most < 0.1 { format!("{:.1}%", value * 100.0) } else { format!("{:.0}%", value * 100.0) }
}

/// The next round number at or above a share.
fn ceiling(most: f64) -> f64 {
    [0.02, 0.04, 0.08, 0.2, 0.4, 0.6, 0.8].into_iter().find(|step| most <= *step).unwrap_or(1.0)
}
