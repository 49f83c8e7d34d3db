//! The report as one page that needs nothing else, for people who decide what a shop shows.

use std::fmt::Write;

use super::svg::{balance, bar, escaped, histogram, matrix, parts};
use super::{ExperienceReport, PlacementReport, Report, percent, share, thousands};

const STYLE: &str = include_str!("page.css");
/// So many audiences are drawn, those with the most visitors first.
const MOST_AUDIENCES: usize = 16;
/// So many moves of a placement are listed.
const MOST_MOVES: usize = 12;

/// The whole page. `rules` and `against` are what the reader calls the two sets of rules, `source` the events.
pub fn html(report: &Report, source: &str, rules: &str, against: Option<&str>) -> String {
    let mut body = header(report, source, rules, against);
    cards(&mut body, report);
    if report.compared {
        gains(&mut body, report, against.unwrap_or("the other rules"));
    }
    for place in &report.placements {
        placement(&mut body, report, place);
    }
    audiences(&mut body, report);
    body.push_str(
        "<footer><p>Recorded visits went through these rules with the same engine that decides in the browser, each by its own \
         clock. A visitor has seen something once the page had been at rest for a second; limits, schedules and experiments count as \
         they would have. Every placement is taken to be on every page that its conditions allow. What visitors would have done \
         differently, had they seen it, nobody knows.</p></footer>",
    );
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>Replay: {}</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>\n",
        escaped(rules)
    )
}

fn header(report: &Report, source: &str, rules: &str, against: Option<&str>) -> String {
    let span = match (report.from, report.until) {
        (Some(from), Some(until)) => format!(" from {} to {}", day(from), day(until)),
        _ => String::new(),
    };
    let against = against.map_or_else(String::new, |other| format!(", compared with <b>{}</b>", escaped(other)));
    format!(
        "<header><p class=\"eyebrow\">tailorbird · replay</p><h1>{}</h1><p class=\"lead\">{} visitors of <b>{}</b>{span} went through \
         <b>{}</b>{against}.</p></header>",
        headline(report),
        thousands(report.visitors),
        escaped(source),
        escaped(rules),
    )
}

fn headline(report: &Report) -> String {
    let whole = |share_of: &dyn Fn(&PlacementReport) -> f64| {
        let views: u64 = report.placements.iter().map(|place| place.page_views).sum();
        let default: f64 = report.placements.iter().map(|place| share_of(place) * place.page_views as f64).sum();
        if views == 0 { 0.0 } else { 1.0 - default / views as f64 }
    };
    let (now, before) =
        (whole(&|place| place.default_share), whole(&|place| place.default_share_before.unwrap_or(1.0)));
    match report.compared {
        _ if report.page_views == 0 => "No page was looked at in these events".to_owned(),
        true => format!("{} of all places would show something chosen, {} before", percent(now), percent(before)),
        false => format!("{} of all places would show something chosen for the visitor", percent(now)),
    }
}

fn cards(out: &mut String, report: &Report) {
    let shown = report.placements.iter().flat_map(|place| &place.experiences);
    let never = shown
        .clone()
        .filter(|one| one.visitors == 0 && one.change.as_ref().is_none_or(|change| change.visitors_before == 0));
    out.push_str("<section class=\"cards\">");
    for (figure, what) in [
        (thousands(report.visitors), format!("visitors in {} sessions", thousands(report.sessions))),
        (thousands(report.page_views), "page views at rest for a second".to_owned()),
        (
            thousands(shown.clone().filter(|one| one.visitors > 0).count() as u64),
            "experiences and arms that somebody sees".to_owned(),
        ),
        (thousands(never.count() as u64), "that nobody ever sees".to_owned()),
    ] {
        let _ = write!(out, "<div class=\"card\"><b>{figure}</b><span>{what}</span></div>");
    }
    out.push_str("</section>");
}

/// Who sees more and who sees less than by the other rules.
fn gains(out: &mut String, report: &Report, against: &str) {
    let all = report.placements.iter().flat_map(|place| place.experiences.iter().map(move |one| (place, one)));
    let mut rows: Vec<_> = all
        .filter_map(|(place, one)| Some((place, one, one.change.as_ref()?)))
        .filter(|(_, _, change)| change.gained + change.lost > 0)
        .collect();
    rows.sort_by_key(|(_, _, change)| std::cmp::Reverse(change.gained + change.lost));
    let _ = write!(
        out,
        "<section class=\"place\"><h2>Who gains and who loses</h2><p class=\"about\">Visitors who see something only now, and those who saw it \
         by {} and no longer do.</p>",
        escaped(against)
    );
    if rows.is_empty() {
        out.push_str("<p class=\"about\"><b>Nothing changes for anybody.</b></p></section>");
        return;
    }
    out.push_str(
        "<ul class=\"legend\"><li><i class=\"lost\"></i>no longer see it</li><li><i class=\"one\"></i>see it only now</li></ul>\
         <div class=\"scroll\"><table><thead><tr><th>experience</th><th>before</th><th>now</th><th></th><th>lost</th><th>gained</th></tr></thead><tbody>",
    );
    let most = rows.iter().map(|(_, _, change)| change.gained.max(change.lost)).max().unwrap_or(1);
    for (place, one, change) in rows {
        let what = format!("{}: {} lost, {} gained", one.title(), change.lost, change.gained);
        let _ = write!(
            out,
            "<tr><th>{}<span class=\"who\">{}{}</span></th><td>{}</td><td>{}</td><td class=\"wide\">{}</td><td class=\"lose\">−{}</td>\
             <td class=\"gain\">+{}</td></tr>",
            escaped(&one.title()),
            escaped(&place.id),
            among(&change.gained_in, &change.lost_in),
            thousands(change.visitors_before),
            thousands(one.visitors),
            balance(share(change.lost, most), share(change.gained, most), &what),
            thousands(change.lost),
            thousands(change.gained),
        );
    }
    out.push_str("</tbody></table></div></section>");
}

/// Which audiences the change is mostly about.
fn among(gained: &[(String, u64)], lost: &[(String, u64)]) -> String {
    let list = |what: &str, list: &[(String, u64)]| match list {
        [] => String::new(),
        list => {
            let names: Vec<String> =
                list.iter().take(2).map(|(id, count)| format!("{} of {}", thousands(*count), escaped(id))).collect();
            format!(" · {what} {}", names.join(", "))
        }
    };
    list("gains", gained) + &list("loses", lost)
}

fn placement(out: &mut String, report: &Report, place: &PlacementReport) {
    let chosen = (1.0 - place.default_share - place.control_share).max(0.0);
    let before = place.default_share_before.map_or_else(String::new, |share| format!(", {} before", percent(share)));
    let control = match place.control_share {
        0.0 => String::new(),
        share => format!(" and the control of an experiment on {}", percent(share)),
    };
    let what = format!(
        "{} chosen, {} default, {} control",
        percent(chosen),
        percent(place.default_share),
        percent(place.control_share)
    );
    let _ = write!(
        out,
        "<section class=\"place\"><h2><code>{}</code></h2><p class=\"about\">The default on <b>{}</b> of page views{before}{control}.</p>{}",
        escaped(&place.id),
        percent(place.default_share),
        parts(&[("one", chosen), ("two", place.control_share), ("rail", place.default_share)], &what)
    );
    if place.experiences.is_empty() {
        out.push_str("</section>");
        return;
    }
    out.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>experience</th><th></th><th>of all<br>visitors</th><th>visitors</th><th>sessions</th>\
         <th>views</th><th>a visitor</th><th>1 · 2 · 3–5 · 6–10 · 11+<br>times</th></tr></thead><tbody>",
    );
    for one in &place.experiences {
        row(out, report, one);
    }
    out.push_str("</tbody></table></div>");
    if !place.moves.is_empty() {
        let _ = write!(
            out,
            "<details class=\"moves\"><summary>What takes whose place, on how many page views</summary><table><thead><tr><th>before</th><th>now</th>\
             <th>page views</th></tr></thead><tbody>"
        );
        let name = |title: &Option<String>| title.as_deref().map_or_else(|| "<i>default</i>".to_owned(), escaped);
        for way in place.moves.iter().take(MOST_MOVES) {
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
                name(&way.from),
                name(&way.to),
                thousands(way.page_views)
            );
        }
        out.push_str("</tbody></table></details>");
    }
    out.push_str("</section>");
}

fn row(out: &mut String, report: &Report, one: &ExperienceReport) {
    let part = share(one.visitors, report.visitors);
    let before = one.change.as_ref().map(|change| share(change.visitors_before, report.visitors));
    let was = before.map_or_else(String::new, |before| format!(", {} before", percent(before)));
    let class = if one.visitors == 0 { " class=\"never\"" } else { "" };
    let _ = write!(
        out,
        "<tr{class}><th>{}</th><td class=\"wide\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        escaped(&one.title()),
        bar(part, before, &format!("{} of all visitors{was}", percent(part))),
        percent(part),
        thousands(one.visitors),
        thousands(one.sessions),
        thousands(one.views),
        if one.visitors == 0 { "never".to_owned() } else { format!("{:.1}×", one.views_per_visitor) },
        histogram(&one.often),
    );
}

fn audiences(out: &mut String, report: &Report) {
    if report.audiences.is_empty() {
        return;
    }
    let mut largest: Vec<_> = report.audiences.iter().collect();
    largest.sort_by_key(|audience| std::cmp::Reverse(audience.visitors));
    out.push_str(
        "<section class=\"place\"><h2>Audiences</h2><p class=\"about\">Visitors who were in them on some page view.</p>\
         <div class=\"scroll\"><table><thead><tr><th>audience</th><th></th><th>of all visitors</th><th>visitors</th></tr></thead><tbody>",
    );
    for audience in &largest {
        let part = share(audience.visitors, report.visitors);
        let class = if audience.visitors == 0 { " class=\"never\"" } else { "" };
        let _ = write!(
            out,
            "<tr{class}><th>{}</th><td class=\"wide\">{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&audience.id),
            bar(part, None, &format!("{} of all visitors", percent(part))),
            percent(part),
            thousands(audience.visitors)
        );
    }
    out.push_str("</tbody></table></div></section>");
    let drawn: Vec<_> = largest.into_iter().filter(|audience| audience.visitors > 0).take(MOST_AUDIENCES).collect();
    if drawn.len() < 2 {
        return;
    }
    let names: Vec<&str> = drawn.iter().map(|audience| audience.id.as_str()).collect();
    let shares = |row: usize, column: usize| {
        let (one, other) = (names[row], names[column]);
        let pair = report
            .overlap
            .iter()
            .find(|pair| (pair.one == one && pair.other == other) || (pair.one == other && pair.other == one));
        share(pair.map_or(0, |pair| pair.visitors), drawn[row].visitors)
    };
    let _ = write!(
        out,
        "<section class=\"place\"><h2>How audiences overlap</h2><p class=\"about\">Of a hundred visitors of the audience on the left, so many are \
         in the one above too.</p><div class=\"scroll\">{}</div></section>",
        matrix(&names, &shares)
    );
}

/// A day as `1 Nov 2026`.
fn day(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map_or_else(|_| String::new(), |moment| moment.strftime("%-d %b %Y").to_string())
}
