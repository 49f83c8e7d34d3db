//! The counts with their names: what is printed as a table, as JSON, and as a page.

mod html;
mod svg;
mod table;

pub use html::html;
pub use table::table;

use serde::Serialize;
use tailorbird_core::schema::Millis;

use crate::side::Side;
use crate::tally::{Change, OFTEN, OfPlacement, Tally};

/// What came of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// How many events went through.
    pub events: u64,
    /// How many lines there were.
    pub lines: u64,
    /// How many of them could not be used.
    pub passed_over: u64,
    /// How many visitors there were.
    pub visitors: u64,
    /// How many sessions they had.
    pub sessions: u64,
    /// How many pages they looked at for at least a second.
    pub page_views: u64,
    /// When the first event happened.
    pub from: Option<Millis>,
    /// When the last one did.
    pub until: Option<Millis>,
    /// Errors of the rules; what they concern is off.
    pub errors: usize,
    /// Placements, in the order of the rules, then those that only the rules compared with have.
    pub placements: Vec<PlacementReport>,
    /// Audiences, in the order of the rules.
    pub audiences: Vec<AudienceReport>,
    /// Pairs of audiences that share visitors.
    pub overlap: Vec<OverlapReport>,
    /// Whether there are other rules to compare with.
    pub compared: bool,
}

/// A placement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlacementReport {
    /// Its id.
    pub id: String,
    /// Page views on which it was decided.
    pub page_views: u64,
    /// The share of them on which nothing wins; of a placement that is gone, all.
    pub default_share: f64,
    /// The share of them on which an experiment leaves the default.
    pub control_share: f64,
    /// The share on which nothing won by the rules compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_share_before: Option<f64>,
    /// Its experiences, those of the rules first, then those that only the rules compared with have.
    pub experiences: Vec<ExperienceReport>,
    /// What page views showed by the rules compared with, and show now; only what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<MoveReport>,
}

/// An experience, or one arm of an experiment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExperienceReport {
    /// Its id.
    pub id: String,
    /// The arm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Visitors who would have seen it.
    pub visitors: u64,
    /// Sessions in which they would have.
    pub sessions: u64,
    /// How often in all.
    pub views: u64,
    /// How often each of them on average.
    pub views_per_visitor: f64,
    /// How often at most.
    pub most_views: u32,
    /// How many visitors saw it how often.
    pub often: Vec<(String, u64)>,
    /// What changes against the rules compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeReport>,
}

/// What changes for an experience.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// Visitors who saw it by the rules compared with.
    pub visitors_before: u64,
    /// Visitors who see it only now.
    pub gained: u64,
    /// Visitors who no longer see it.
    pub lost: u64,
    /// Of those who see it only now, how many are in which audience, most first.
    pub gained_in: Vec<(String, u64)>,
    /// The same for those who no longer see it.
    pub lost_in: Vec<(String, u64)>,
}

/// Page views on which a placement shows something else.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MoveReport {
    /// What was shown by the rules compared with; nothing is the default.
    pub from: Option<String>,
    /// What is shown now.
    pub to: Option<String>,
    /// On how many page views.
    pub page_views: u64,
}

/// An audience.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudienceReport {
    /// Its id.
    pub id: String,
    /// Visitors who were in it on some page view.
    pub visitors: u64,
}

/// Two audiences with visitors in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OverlapReport {
    /// One of them.
    pub one: String,
    /// The other.
    pub other: String,
    /// Visitors in both.
    pub visitors: u64,
}

impl Report {
    pub(crate) fn new(sides: &[Side], tally: Tally, lines: u64, passed_over: u64) -> Report {
        let side = &sides[0];
        let audiences: Vec<&str> = side.audiences.iter().map(|(id, _)| id.as_str()).collect();
        let visitors = &tally.sides[0].audiences;
        let count = audiences.len();
        let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
        let overlap = pairs.map(|(one, other)| OverlapReport {
            one: audiences[one].to_owned(),
            other: audiences[other].to_owned(),
            visitors: tally.sides[0].overlap[one * count + other],
        });
        Report {
            events: tally.events,
            lines,
            passed_over,
            visitors: tally.visitors,
            sessions: tally.sessions,
            page_views: tally.page_views,
            from: tally.span.map(|(from, _)| from),
            until: tally.span.map(|(_, until)| until),
            errors: side.errors,
            placements: (0..tally.places.len()).map(|nth| placement(sides, &tally, nth, &audiences)).collect(),
            audiences: audiences
                .iter()
                .zip(visitors)
                .map(|(id, visitors)| AudienceReport { id: (*id).to_owned(), visitors: *visitors })
                .collect(),
            overlap: overlap.filter(|pair| pair.visitors > 0).collect(),
            compared: sides.len() > 1,
        }
    }

    /// As one JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn placement(sides: &[Side], tally: &Tally, nth: usize, audiences: &[&str]) -> PlacementReport {
    let of = |side: usize| Some((side, tally.places[nth][side]?));
    let sums = |(side, place): (usize, usize)| &tally.sides[side].placements[place];
    let id = of(0).or(of(1)).map_or("", |(side, place)| sides[side].placement(place)).to_owned();
    let (now, before) = (of(0).map(sums), of(1).map(sums));
    let page_views = now.or(before).map_or(0, |sums| sums.page_views);
    let default = |sums: &OfPlacement| share(sums.default, sums.page_views);
    let rows = tally.rows.iter().enumerate().filter(|(_, row)| row.placement == id);
    let experiences = rows.map(|(number, row)| {
        let of = |nth: usize| {
            let place = sides.get(nth)?.rows.iter().position(|other| other == row)?;
            tally.sides[nth].rows.get(place)
        };
        let sums = of(0).cloned().unwrap_or_default();
        ExperienceReport {
            id: row.experience.clone(),
            variant: row.variant.clone(),
            visitors: sums.visitors,
            sessions: sums.sessions,
            views: sums.views,
            views_per_visitor: share(sums.views, sums.visitors),
            most_views: sums.most,
            often: OFTEN.iter().zip(sums.often).map(|(often, visitors)| ((*often).to_owned(), visitors)).collect(),
            change: tally.changes.get(number).map(|sums| change(sums, audiences)),
        }
    });
    let name = |row: Option<usize>| row.and_then(|row| tally.rows.get(row)).map(title);
    let moved = tally.moves.iter().filter(|((place, here, there), _)| *place == nth && here != there);
    let mut moves: Vec<MoveReport> = moved
        .map(|((_, here, there), page_views)| MoveReport {
            from: name(*there),
            to: name(*here),
            page_views: *page_views,
        })
        .collect();
    moves.sort_by(|one, other| {
        other.page_views.cmp(&one.page_views).then_with(|| (&one.from, &one.to).cmp(&(&other.from, &other.to)))
    });
    PlacementReport {
        id: id.clone(),
        page_views,
        default_share: now.map_or(1.0, default),
        control_share: now.map_or(0.0, |sums| share(sums.control, sums.page_views)),
        default_share_before: before.map(default),
        experiences: experiences.collect(),
        moves,
    }
}

/// What people call a row.
fn title(row: &crate::side::Row) -> String {
    match &row.variant {
        Some(variant) => format!("{} · {variant}", row.experience),
        None => row.experience.clone(),
    }
}

impl ExperienceReport {
    /// What people call it.
    fn title(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} · {variant}", self.id),
            None => self.id.clone(),
        }
    }
}

fn change(sums: &Change, audiences: &[&str]) -> ChangeReport {
    let most_first = |counts: &[u64]| {
        let mut list: Vec<(String, u64)> = audiences
            .iter()
            .zip(counts)
            .filter(|(_, count)| **count > 0)
            .map(|(id, count)| ((*id).to_owned(), *count))
            .collect();
        list.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        list
    };
    ChangeReport {
        visitors_before: sums.kept + sums.lost,
        gained: sums.gained,
        lost: sums.lost,
        gained_in: most_first(&sums.gained_in),
        lost_in: most_first(&sums.lost_in),
    }
}

/// 12345 as `12,345`.
fn thousands(number: u64) -> String {
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

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}
