//! One visitor under one set of rules: events fold into a profile, pages are decided, what would be seen is counted.

use tailorbird_core::catalog::Catalog;
use tailorbird_core::decide::Decisions;
use tailorbird_core::products::ModelScores;
use tailorbird_core::profile::{Profile, Shopper, Surroundings};
use tailorbird_core::rules::experiment_viewed;
use tailorbird_core::schema::{Event, EventKind, Millis, Reason, Value};

use crate::side::Side;

/// How long something has to stay in sight to count as seen: what happens sooner belongs to the same look. As in the
/// browser.
pub(crate) const DWELL: Millis = 1_000;

/// Who holds a placement: nobody, or a row of the rules.
pub(crate) type Holder = Option<usize>;

/// Per placement of pages who holds it and why; nothing for those that the page does not have.
pub(crate) type Holders = Vec<Option<(Holder, Reason)>>;

/// What the shop knows of its products, and what was learned of its shoppers.
pub(crate) type Learned<'l> = (&'l Catalog, &'l (dyn ModelScores + Sync));

/// What is shown in a placement.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shown {
    experience: Option<usize>,
    variant: Option<usize>,
    reason: Reason,
}

/// How often a visitor saw a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) views: u32,
    pub(crate) sessions: u32,
    last_session: u32,
}

/// A visitor on one side.
pub(crate) struct Visit<'s> {
    pub(crate) side: &'s Side,
    profile: Profile,
    decisions: Decisions,
    /// Per placement what it shows on this page view; nothing before the first look.
    shown: Vec<Option<Shown>>,
    /// What was counted on this page view: what goes and comes back is seen once.
    counted: Vec<(usize, Shown)>,
    /// Whether this page was looked at.
    looked: bool,
    /// Per row how often it was seen; only those in `touched` are not 0.
    pub(crate) seen: Vec<Seen>,
    pub(crate) touched: Vec<usize>,
    pub(crate) in_audience: Vec<bool>,
    /// Per experiment in which session it was last reported.
    reported: Vec<(usize, u32)>,
    pub(crate) sessions: u32,
    last_session: u32,
}

impl<'s> Visit<'s> {
    pub(crate) fn new(side: &'s Side) -> Visit<'s> {
        Visit {
            side,
            profile: Profile::new("", 0),
            decisions: Decisions::new(&side.rules),
            shown: vec![None; side.rules.placements().len()],
            counted: Vec::new(),
            looked: false,
            seen: vec![Seen::default(); side.rows.len()],
            touched: Vec::new(),
            in_audience: vec![false; side.audiences.len()],
            reported: Vec::new(),
            sessions: 0,
            last_session: 0,
        }
    }

    /// Another visitor, who is here for the first time.
    pub(crate) fn begin(&mut self, visitor: &str, now: Millis) {
        self.profile = Profile::new(visitor, now);
        self.decisions = Decisions::new(&self.side.rules);
        self.turn_page();
        for row in self.touched.drain(..) {
            self.seen[row] = Seen::default();
        }
        self.in_audience.fill(false);
        self.reported.clear();
        (self.sessions, self.last_session) = (0, 0);
    }

    /// Whether the core will ask an event of that moment where the visitor came from: it begins a session, or one whose
    /// first page nobody told.
    pub(crate) fn asks_origin(&self, at: Millis) -> bool {
        let session = self.profile.session();
        let pause = at.saturating_sub(session.last) as f64;
        session.landing.is_none() || pause >= self.side.settings.session_minutes * 60_000.0
    }

    /// Something happened.
    pub(crate) fn record(&mut self, event: &Event, catalog: &Catalog) {
        self.profile.record(event, &self.side.settings, catalog);
        let session = self.profile.session().number;
        if session != self.last_session {
            self.last_session = session;
            self.sessions += 1;
        }
    }

    /// Another page: everything may change, and counts anew.
    pub(crate) fn turn_page(&mut self) {
        self.shown.fill(None);
        self.counted.clear();
        self.looked = false;
    }

    /// The page has come to rest: every placement is decided, and what is new there is seen. Answers who holds the
    /// placements of pages, in their order, if this is the first look at the page.
    pub(crate) fn look(&mut self, around: &Surroundings, (catalog, scores): Learned, now: Millis) -> Option<Holders> {
        let side = self.side;
        let shopper = Shopper { profile: &self.profile, around, catalog, settings: &side.settings, scores, now };
        for (nth, (_, placement)) in side.audiences.iter().enumerate() {
            if !self.in_audience[nth] {
                self.in_audience[nth] = self.decisions.winner(&side.rules, &shopper, *placement).experience.is_some();
            }
        }
        let mut first = (!std::mem::replace(&mut self.looked, true)).then(Vec::new);
        let mut new = Vec::new();
        for (nth, placement) in side.placements.iter().enumerate() {
            if !side.is_on(nth, around.page()) {
                first.iter_mut().for_each(|first| first.push(None));
                continue;
            }
            let verdict = self.decisions.winner(&side.rules, &shopper, *placement);
            let next = Shown { experience: verdict.experience, variant: verdict.variant, reason: verdict.reason };
            let before = self.shown[*placement];
            if let Some(first) = &mut first {
                let holder = next.experience.map(|experience| side.row(experience, next.variant));
                first.push(Some((holder, next.reason)));
            }
            if before == Some(next) || before.is_some_and(|before| stays(side, before, next)) {
                continue;
            }
            self.shown[*placement] = Some(next);
            if !self.counted.contains(&(*placement, next)) {
                self.counted.push((*placement, next));
                new.extend(next.experience.map(|experience| (experience, next)));
            }
        }
        for (experience, shown) in new {
            self.see(experience, shown, catalog, now + DWELL);
        }
        first
    }

    /// An experience was seen: it counts, and the profile remembers it as the browser's does.
    fn see(&mut self, experience: usize, shown: Shown, catalog: &Catalog, at: Millis) {
        let side = self.side;
        let row = side.row(experience, shown.variant);
        let session = self.profile.session().number;
        let seen = &mut self.seen[row];
        if seen.views == 0 {
            self.touched.push(row);
        }
        seen.views += 1;
        if seen.last_session != session {
            seen.last_session = session;
            seen.sessions += 1;
        }
        let names = &side.rows[row];
        if let Some(variant) = &names.variant
            && !self.reported.contains(&(experience, session))
        {
            self.reported.retain(|(other, _)| *other != experience);
            self.reported.push((experience, session));
            let told = experiment_viewed(side.rules.experiences().get(experience), &names.experience, variant);
            self.record(&tracked("Experiment Viewed", told, at), catalog);
        }
        if shown.reason == Reason::Matched {
            let mut told = Value::from([
                ("experience_id", names.experience.as_str().into()),
                ("placement_id", names.placement.as_str().into()),
            ]);
            if let Some(variant) = &names.variant {
                told.set("variant_id", variant.as_str().into());
            }
            self.record(&tracked("Experience Viewed", told, at), catalog);
        }
    }
}

/// What was seen on this page view does not vanish because seeing it used up its limit.
fn stays(side: &Side, before: Shown, next: Shown) -> bool {
    let limited = |experience: usize| side.rules.experiences().get(experience).is_some_and(|one| one.limit.is_some());
    before.experience.is_some_and(limited) && next.reason != Reason::Off && next.experience != before.experience
}

fn tracked(name: &str, properties: Value, at: Millis) -> Event {
    Event {
        kind: EventKind::Track,
        message_id: String::new(),
        at,
        name: name.to_owned(),
        category: None,
        anonymous_id: String::new(),
        user_id: None,
        other_id: None,
        properties,
        traits: Value::map(),
        context: Value::map(),
    }
}
