//! Learns what attributes foretell: a purchase within the session (`intent`), or staying away (`churn`).
//!
//! Events of a sample of visitors go through the very profile that the browser keeps, so that an attribute means the
//! same here and there.

use tailorbird_core::attributes::{Attribute, Facts};
use tailorbird_core::catalog::Catalog;
use tailorbird_core::json;
use tailorbird_core::products::NoModel;
use tailorbird_core::profile::{Profile, ProfileSettings, Shopper, Surroundings};
use tailorbird_core::recommend::{Odds, Shape, Term};
use tailorbird_core::schema::{Event, Millis, Value};

use crate::events::{SESSION_PAUSE, Visit};
use crate::logistic::{Case, Fitted, fit};

/// Attributes that count by how large they are.
const AMOUNTS: [&str; 13] = [
    "session.pages",
    "session.minutes",
    "session.searches",
    "visitor.sessions",
    "visitor.lastSeenDays",
    "count.Product Viewed",
    "count.Product Added",
    "days.Product Viewed",
    "days.Order Completed",
    "cart.items",
    "cart.value",
    "orders.count",
    "orders.revenue",
];
/// Attributes that count by being one of a few texts.
const STATES: [(&str, &str); 2] = [("cart.stage", "open"), ("cart.stage", "checkout")];
/// Moments of a session that are asked about: early ones close together, then ever further apart.
const MOMENTS: [usize; 7] = [0, 1, 2, 4, 7, 12, 20];
/// With fewer cases of either outcome there is nothing to learn.
const FEWEST: usize = 30;
const RIDGE: f64 = 2.0;
/// A term that adds less than this to the log-odds is left out.
const SLIGHT: f64 = 0.05;
const DAY: f64 = 86_400_000.0;

/// What a probability is worth, measured on visitors that it was not learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct Foretold {
    /// The model.
    pub odds: Odds,
    /// How many moments it was measured on.
    pub cases: usize,
    /// The share of them in which it happened.
    pub rate: f64,
    /// The chance that one where it happened was given a higher probability than one where it did not.
    pub auc: f64,
    /// By rising probability, in tenths of the cases: the mean probability, and the share in which it happened.
    pub calibration: Vec<(f64, f64)>,
}

impl Foretold {
    /// What a manifest tells of `intent` or `churn`, with no measure of its worth.
    pub fn in_manifest(manifest: &str, name: &str) -> Option<Foretold> {
        let odds = Odds::read(json::parse(manifest).ok()?.get(name)?)?;
        Some(Foretold { odds, cases: 0, rate: 0.0, auc: 0.0, calibration: Vec::new() })
    }

    /// The mean distance between what was foretold and what happened.
    pub fn calibration_error(&self) -> f64 {
        let distances = self.calibration.iter().map(|(told, happened)| (told - happened).abs());
        distances.sum::<f64>() / self.calibration.len().max(1) as f64
    }
}

/// A moment: who, what the attributes said, and what came of it.
struct Moment {
    visitor: u32,
    values: Vec<Value>,
    happened: bool,
}

/// `intent`: will an order be completed before the session ends?
pub fn intent(visits: &[Visit], catalog: &Catalog) -> Option<Foretold> {
    let moments = moments_of(visits, catalog, |session| {
        let order = session.iter().position(|event| event.name == "Order Completed");
        let before = order.unwrap_or(session.len());
        MOMENTS.into_iter().filter(|nth| *nth < before).map(|nth| (nth, order.is_some())).collect()
    });
    foretold(&moments)
}

/// `churn`: will the visitor stay away longer than three of four do who come back? Also tells how many days that is.
pub fn churn(visits: &[Visit], catalog: &Catalog, newest: Millis) -> Option<(Foretold, f64)> {
    let mut pauses: Vec<Millis> = Vec::new();
    for visit in visits {
        let ends: Vec<(Millis, Millis)> = sessions(&visit.events).filter_map(ends_of).collect();
        pauses.extend(ends.windows(2).map(|pair| pair[1].0 - pair[0].1));
    }
    pauses.sort_unstable();
    let usual = (*pauses.get(pauses.len() * 3 / 4)?).max(DAY as Millis);
    let mut next_starts: Vec<Option<Millis>> = Vec::new();
    for visit in visits {
        let starts: Vec<Millis> = sessions(&visit.events).filter_map(ends_of).map(|ends| ends.0).collect();
        next_starts.extend(starts.iter().skip(1).map(|start| Some(*start)).chain([None]).take(starts.len()));
    }
    let mut nexts = next_starts.into_iter();
    let moments = moments_of(visits, catalog, |session| {
        let end = session.last().map_or(0, |event| event.at);
        let next = nexts.next().flatten();
        // Of a session too close to the end of the recording, nobody knows yet.
        let known = end + usual <= newest;
        let away = next.is_none_or(|next| next - end > usual);
        if known { vec![(session.len() - 1, away)] } else { Vec::new() }
    });
    Some((foretold(&moments)?, usual as f64 / DAY))
}

fn ends_of(session: &[Event]) -> Option<(Millis, Millis)> {
    session.first().zip(session.last()).map(|(first, last)| (first.at, last.at))
}

fn sessions(events: &[Event]) -> impl Iterator<Item = &[Event]> {
    events.chunk_by(|one, next| next.at - one.at < SESSION_PAUSE)
}

/// Folds each visitor's events and asks the attributes after those that `asked` chooses of each session.
fn moments_of(
    visits: &[Visit],
    catalog: &Catalog,
    mut asked: impl FnMut(&[Event]) -> Vec<(usize, bool)>,
) -> Vec<Moment> {
    let settings = ProfileSettings::default();
    let around = Surroundings::default();
    let attributes: Vec<Attribute> = measures().map(|(of, _)| Attribute::parse(of)).collect();
    let mut moments = Vec::new();
    for visit in visits {
        let Some(first) = visit.events.first() else { continue };
        let mut profile = Profile::new(&first.anonymous_id, first.at);
        for session in sessions(&visit.events) {
            let wanted = asked(session);
            for (nth, event) in session.iter().enumerate() {
                profile.record(event, &settings, catalog);
                for (_, happened) in wanted.iter().filter(|(moment, _)| *moment == nth) {
                    let now = event.at;
                    let shopper = Shopper {
                        profile: &profile,
                        around: &around,
                        catalog,
                        settings: &settings,
                        scores: &NoModel,
                        now,
                    };
                    let values = attributes.iter().map(|attribute| shopper.value(attribute)).collect();
                    moments.push(Moment { visitor: visit.visitor, values, happened: *happened });
                }
            }
        }
    }
    moments
}

/// The attributes in order, each with the text that it is compared with, if any.
fn measures() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    AMOUNTS.into_iter().map(|of| (of, None)).chain(STATES.into_iter().map(|(of, is)| (of, Some(is))))
}

/// Learns from three of five visitors, calibrates on one, measures on one; then learns from all and keeps the calibration.
fn foretold(moments: &[Moment]) -> Option<Foretold> {
    let happened = moments.iter().filter(|moment| moment.happened).count();
    if happened < FEWEST || moments.len() - happened < FEWEST {
        return None;
    }
    let shapes: Vec<Shape> = measures()
        .enumerate()
        .map(|(nth, (_, is))| match is {
            Some(text) => Shape::Is(text.to_owned()),
            None => Shape::Half(middle(moments.iter().filter_map(|moment| moment.values[nth].as_f64()))),
        })
        .collect();
    let case = |moment: &Moment| -> Case {
        (shapes.iter().zip(&moment.values).map(|(shape, value)| shape.of(value)).collect(), moment.happened)
    };
    let part = |wanted: fn(u32) -> bool| -> Vec<Case> {
        moments.iter().filter(|moment| wanted(moment.visitor % 5)).map(case).collect()
    };
    let (learned, calibrating, measured) =
        (part(|fifth| fifth < 3), part(|fifth| fifth == 3), part(|fifth| fifth == 4));
    let first = fit(&learned, RIDGE);
    let stretched: Vec<Case> = calibrating.iter().map(|case| (vec![first.odds(&case.0)], case.1)).collect();
    // With little to calibrate on, what was fitted stays as it is.
    let stretch = if stretched.iter().filter(|case| case.1).count() < FEWEST {
        Fitted { bias: 0.0, weights: vec![1.0] }
    } else {
        fit(&stretched, 0.0)
    };
    let calibrated = |fitted: &Fitted| Fitted {
        bias: stretch.bias + stretch.weights[0] * fitted.bias,
        weights: fitted.weights.iter().map(|weight| weight * stretch.weights[0]).collect(),
    };
    let tested = calibrated(&first);
    let mut told: Vec<(f64, bool)> = measured.iter().map(|case| (tested.probability(&case.0), case.1)).collect();
    told.sort_by(|one, other| one.0.total_cmp(&other.0));

    let everything: Vec<Case> = moments.iter().map(case).collect();
    let all = calibrated(&fit(&everything, RIDGE));
    let terms = measures().zip(shapes).zip(&all.weights).filter(|(_, weight)| weight.abs() >= SLIGHT);
    let terms = terms.map(|(((of, _), shape), weight)| Term { of: of.to_owned(), shape, weight: *weight });
    Some(Foretold {
        odds: Odds { bias: all.bias, terms: terms.collect() },
        cases: told.len(),
        rate: told.iter().filter(|case| case.1).count() as f64 / told.len().max(1) as f64,
        auc: auc(&told),
        calibration: tenths(&told),
    })
}

/// The middle one of the numbers above 0; 1 if there are none.
fn middle(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.filter(|number| *number > 0.0).collect();
    numbers.sort_by(f64::total_cmp);
    let found = numbers.get(numbers.len() / 2).copied().unwrap_or(1.0);
    // Three digits are enough, and short in the manifest.
    format!("{found:.2e}").parse().unwrap_or(found)
}

/// The chance that a case that happened stands behind one that did not, in a list sorted by probability.
fn auc(told: &[(f64, bool)]) -> f64 {
    let (mut below, mut wins, mut happened) = (0.0, 0.0, 0.0);
    for equal in told.chunk_by(|one, next| one.0 == next.0) {
        let yes = equal.iter().filter(|case| case.1).count() as f64;
        let no = equal.len() as f64 - yes;
        wins += yes * (below + no / 2.0);
        below += no;
        happened += yes;
    }
    if below * happened > 0.0 { wins / (below * happened) } else { 0.5 }
}

fn tenths(told: &[(f64, bool)]) -> Vec<(f64, f64)> {
    let tenth = |nth: usize| &told[told.len() * nth / 10..told.len() * (nth + 1) / 10];
    let mean = |part: &[(f64, bool)]| {
        let count = part.len() as f64;
        let told = part.iter().map(|case| case.0).sum::<f64>() / count;
        (told, part.iter().filter(|case| case.1).count() as f64 / count)
    };
    (0..10).map(tenth).filter(|part| !part.is_empty()).map(mean).collect()
}
