//! The `settings` of the rules: how a profile is counted.

use super::read::Reader;
use crate::json::Node;

/// What a shopper is taken to have chosen before being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// Allowed.
    Granted,
    /// Refused.
    Denied,
    /// Not known yet.
    #[default]
    Pending,
}

const CHOICES: [(&str, Choice); 3] =
    [("granted", Choice::Granted), ("denied", Choice::Denied), ("pending", Choice::Pending)];

/// The borders between the five scores of recency, frequency and monetary value; each list rises.
#[derive(Debug, Clone, PartialEq)]
pub struct Rfm {
    /// Days since the last order: at most the first border scores 5, beyond the last 1.
    pub recency: [f64; 4],
    /// Orders: below the first border scores 1, from the last on 5.
    pub frequency: [f64; 4],
    /// Revenue: below the first border scores 1, from the last on 5.
    pub monetary: [f64; 4],
}

/// The settings of a rules document.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// After so many days an event counts half for affinities.
    pub half_life_days: f64,
    /// A session ends after so many minutes without an event.
    pub session_minutes: f64,
    /// The currency of amounts, as an ISO 4217 code.
    pub currency: Option<String>,
    /// How much each event counts for affinities, for the events named here.
    pub weights: Vec<(String, f64)>,
    /// The borders between scores.
    pub rfm: Rfm,
    /// Consent to personalisation before the shopper chose.
    pub personalization: Choice,
    /// Consent to analytics before the shopper chose.
    pub analytics: Choice,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            half_life_days: 14.0,
            session_minutes: 30.0,
            currency: None,
            weights: Vec::new(),
            rfm: Rfm {
                recency: [30.0, 60.0, 120.0, 240.0],
                frequency: [2.0, 3.0, 5.0, 8.0],
                monetary: [50.0, 150.0, 300.0, 600.0],
            },
            personalization: Choice::Pending,
            analytics: Choice::Pending,
        }
    }
}

/// Reads the settings; what is bad keeps its default.
pub(super) fn read(reader: &mut Reader, node: Node) -> Settings {
    let mut settings = Settings::default();
    let known = ["halfLifeDays", "sessionMinutes", "currency", "weights", "rfm", "consent"];
    for member in reader.members(node, &known) {
        let value = member.value;
        match member.key {
            "halfLifeDays" => {
                let days = reader.number(value, 0.001, 36_500.0, "a number of days above 0, at most 36500");
                settings.half_life_days = days.unwrap_or(settings.half_life_days);
            }
            "sessionMinutes" => {
                let minutes = reader.number(value, 1.0, 1440.0, "a number of minutes between 1 and 1440");
                settings.session_minutes = minutes.unwrap_or(settings.session_minutes);
            }
            "currency" => match reader.text(value) {
                Some(code) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                    settings.currency = Some(code.to_owned());
                }
                Some(_) => reader.error("out-of-range", value, "three capital letters such as `EUR`"),
                None => {}
            },
            "weights" => {
                for weight in reader.entries(value) {
                    let number = reader.number(weight.value, -1e6, 1e6, "a number between -1000000 and 1000000");
                    settings.weights.extend(number.map(|number| (weight.key.to_owned(), number)));
                }
            }
            "rfm" => rfm(reader, value, &mut settings.rfm),
            "consent" => consent(reader, value, &mut settings),
            _ => {}
        }
    }
    settings
}

fn rfm(reader: &mut Reader, node: Node, rfm: &mut Rfm) {
    for member in reader.members(node, &["recency", "frequency", "monetary"]) {
        let borders = match member.key {
            "recency" => &mut rfm.recency,
            "frequency" => &mut rfm.frequency,
            "monetary" => &mut rfm.monetary,
            _ => continue,
        };
        let mut four = [f64::NAN; 4];
        for (place, item) in four.iter_mut().zip(member.value.items()) {
            *place = item.as_f64().unwrap_or(f64::NAN);
        }
        // What is no number is not smaller than its neighbour either.
        if member.value.items().count() == 4 && four.is_sorted() {
            *borders = four;
        } else {
            reader.error("out-of-range", member.value, "four numbers, the smallest first");
        }
    }
}

fn consent(reader: &mut Reader, node: Node, settings: &mut Settings) {
    const EXPECTED: &str = "`granted`, `denied` or `pending`";
    if node.as_str().is_some() {
        let both = reader.word("unknown-word", node, &CHOICES, EXPECTED).unwrap_or_default();
        (settings.personalization, settings.analytics) = (both, both);
        return;
    }
    for member in reader.members(node, &["personalization", "analytics"]) {
        let choice = reader.word("unknown-word", member.value, &CHOICES, EXPECTED).unwrap_or_default();
        match member.key {
            "personalization" => settings.personalization = choice,
            "analytics" => settings.analytics = choice,
            _ => {}
        }
    }
}
