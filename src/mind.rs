//! What the agent knows and thinks: rules, profile, page and consent, without touching the page.

use crate::clock::Random;
use crate::intake;
use crate::model::ModelFiles;
use crate::options::Options;
use crate::parts::Parts;
use tailorbird_core::attributes::Facts;
use tailorbird_core::catalog::Catalog;
use tailorbird_core::consent::{Consent, Grant};
use tailorbird_core::decide::{Decisions, plain_decision};
use tailorbird_core::journey::StageChange;
use tailorbird_core::products::{ModelScores, NoModel};
use tailorbird_core::profile::{Profile, ProfileSettings, Shopper, Surroundings};
use tailorbird_core::rules::{self, Explained, Problem, Rules};
use tailorbird_schema::Gather;
use tailorbird_schema::{Decision, Event, EventKind, Millis, Reason, Value};

/// How many events wait in memory for consent; older ones go, and are counted.
const MOST_HELD: usize = 500;

/// Everything that is thought with. Plain state: it calls nobody back.
pub(crate) struct Mind {
    pub(crate) options: Options,
    pub(crate) random: Random,
    /// `None`: no rules, or rules that could not be read: every decision is off.
    rules: Option<Rules>,
    pub(crate) catalog: Catalog,
    /// Where the products are that are not in it yet; `None` where all are.
    pub(crate) parts: Option<Parts>,
    /// Products that decisions missed.
    pub(crate) missing: Vec<String>,
    /// Whether the last decision will be another one once parts have come that are under way or will be.
    pub(crate) waits: bool,
    /// Until when the last decision holds at least, as far as time alone can change it.
    pub(crate) valid_until: Option<Millis>,
    pub(crate) model: ModelFiles,
    settings: ProfileSettings,
    decisions: Decisions,
    pub(crate) profile: Profile,
    pub(crate) around: Surroundings,
    pub(crate) consent: Consent,
    /// The experience to show whatever the rules say, and the variant of it.
    pub(crate) preview: Option<(String, Option<String>)>,
    /// What is wrong with experiences that are off: their ids, and what was told.
    pub(crate) faults: Vec<(String, String)>,
    /// What happened before it was known whether it may be kept.
    pub(crate) held: Vec<Event>,
    /// How many of them had to go.
    pub(crate) let_go: u32,
    /// What happened before the stored profile was there; `None` once it is settled who the visitor is.
    since: Option<Vec<Event>>,
    /// Segment's context for the page we are on.
    pub(crate) context: Value,
}

impl Mind {
    pub(crate) fn new(options: Options, now: Millis) -> Mind {
        let mut random = Random::new(options.seed);
        let (rules, _) = rules::read("{\"version\":1}");
        let mut consent = Consent::new();
        if let Some(said) = options.consent {
            consent.hear(tailorbird_core::consent::Input::Default(said));
        }
        let mut around = Surroundings::default();
        around.set_consent(consent.effective());
        Mind {
            profile: Profile::new(&random.id(now), now),
            options,
            random,
            decisions: Decisions::new(&rules),
            rules: None,
            catalog: Catalog::default(),
            parts: None,
            missing: Vec::new(),
            waits: false,
            valid_until: None,
            model: ModelFiles::default(),
            settings: ProfileSettings::default(),
            around,
            consent,
            preview: None,
            faults: Vec::new(),
            held: Vec::new(),
            let_go: 0,
            since: Some(Vec::new()),
            context: Value::map(),
        }
    }

    /// What turned an experience off, as it was told.
    pub(crate) fn fault(&self, experience: &str) -> Option<&str> {
        self.faults.iter().find(|(id, _)| id == experience).map(|(_, told)| told.as_str())
    }

    /// Takes rules in. Answers what is wrong with them.
    pub(crate) fn load_rules(&mut self, text: &str) -> Vec<Problem> {
        let (rules, problems) = rules::read(text);
        self.settings = ProfileSettings::from(rules.settings());
        self.decisions = Decisions::new(&rules);
        self.rules = (!rules.placements().is_empty() || problems.is_empty()).then_some(rules);
        problems
    }

    pub(crate) fn experience(&self, id: &str) -> Option<&rules::Experience> {
        let rules = self.rules.as_ref()?;
        rules.experiences().get(rules.experience(id)?)
    }

    pub(crate) fn profile_value(&self, now: Millis) -> Value {
        self.profile.snapshot(now, self.settings.half_life_days)
    }

    pub(crate) fn rules(&self) -> Option<&Rules> {
        self.rules.as_ref()
    }

    /// What moment, profile and page look like to conditions.
    pub(crate) fn shopper(&self, now: Millis) -> Shopper<'_> {
        Shopper {
            profile: &self.profile,
            around: &self.around,
            catalog: &self.catalog,
            settings: &self.settings,
            scores: scores(&self.model),
            now,
        }
    }

    /// An event of this visitor on this page, not recorded yet.
    pub(crate) fn event(&mut self, kind: EventKind, name: &str, properties: Value, at: Millis) -> Event {
        let of_order = intake::message_id(name, &properties, &self.options.write_key, &self.around.page().url);
        let mut event = Event {
            kind,
            message_id: of_order.unwrap_or_else(|| self.random.id(at)),
            at,
            name: name.to_owned(),
            category: None,
            anonymous_id: self.profile.visitor_id().to_owned(),
            user_id: self.profile.user_id().map(str::to_owned),
            other_id: None,
            properties,
            traits: Value::map(),
            context: self.context.clone(),
        };
        self.tell_consent(&mut event);
        event
    }

    /// The collector leaves out what comes with `Sec-GPC: 1`, unless the event says that its sender was asked and agreed.
    pub(crate) fn tell_consent(&self, event: &mut Event) {
        if self.consent.analytics_granted_explicitly() {
            event.context.set("consent", Value::from([("analytics", "granted".into())]));
        }
    }

    /// Folds an event into the profile; tells whether the visitor's stage moved.
    pub(crate) fn record(&mut self, event: &Event) -> Option<StageChange> {
        if let Some(since) = self.since.as_mut().filter(|since| since.len() < MOST_HELD) {
            since.push(event.clone());
        }
        self.profile.record(event, &self.settings, &self.catalog)
    }

    /// The products this shopper is about now: the page's, the cart's, those viewed last.
    pub(crate) fn items_of_interest(&self, most: usize) -> Vec<String> {
        let page = self.around.page().product.iter().map(String::as_str);
        let cart = self.profile.cart().lines.iter().map(|line| line.id.as_str());
        let viewed = self.profile.viewed().iter().map(|viewed| viewed.id.as_str());
        let mut items: Vec<String> = Vec::new();
        for id in page.chain(cart).chain(viewed) {
            if items.len() < most && !items.iter().any(|known| known == id) {
                items.push(id.to_owned());
            }
        }
        items
    }

    /// Keeps an event for the moment that consent is known.
    pub(crate) fn hold(&mut self, event: Event) {
        if self.held.len() >= MOST_HELD {
            self.held.remove(0);
            self.let_go += 1;
        }
        self.held.push(event);
    }

    /// What was held is not to be sent.
    pub(crate) fn drop_held(&mut self) {
        self.held.clear();
        self.let_go = 0;
    }

    /// It is settled who the visitor is: a stored profile takes over, and what happened since the page was opened
    /// happens to it too; without one the visitor is the stranger of this page. Where it was settled before (the shopper
    /// logged out, say) a stored profile comes too late.
    pub(crate) fn settle(&mut self, stored: Option<Profile>) {
        let Some(since) = self.since.take() else { return };
        let Some(mut stored) = stored else { return };
        for event in &since {
            stored.record(event, &self.settings, &self.catalog);
        }
        self.profile = stored;
        for event in &mut self.held {
            self.profile.visitor_id().clone_into(&mut event.anonymous_id);
        }
        self.forget_decisions();
    }

    /// Another page may have changed what is stored: from now until `settle` what happens is remembered for it.
    pub(crate) fn unsettle(&mut self) {
        self.since.get_or_insert_default();
    }

    /// Whether a stored profile may still tell who the visitor is.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.since.is_some()
    }

    /// A stranger from now on.
    pub(crate) fn begin_anew(&mut self, now: Millis) {
        let stranger = Profile::new(&self.random.id(now), now);
        self.be(stranger);
    }

    /// This visitor from now on.
    pub(crate) fn be(&mut self, profile: Profile) {
        self.profile = profile;
        self.since = None;
        // What may be sent goes as what it is: the events of who was here then.
        if self.consent.effective().analytics != Grant::Granted {
            self.drop_held();
        }
        self.forget_decisions();
    }

    fn forget_decisions(&mut self) {
        if let Some(rules) = &self.rules {
            self.decisions = Decisions::new(rules);
        }
    }

    pub(crate) fn decide(&mut self, placement: &str, now: Millis) -> Decision {
        let Some(rules) = &self.rules else { return plain_decision(placement, Reason::Off) };
        let shopper = Shopper {
            profile: &self.profile,
            around: &self.around,
            catalog: &self.catalog,
            settings: &self.settings,
            scores: scores(&self.model),
            now,
        };
        let forced = self
            .preview
            .as_ref()
            .and_then(|(experience, variant)| self.decisions.preview(rules, &shopper, experience, variant.as_deref()));
        let decided = forced
            .filter(|decided| decided.decision.placement == placement)
            .unwrap_or_else(|| self.decisions.decide(rules, &shopper, placement));
        self.waits = self.parts.as_ref().is_some_and(|parts| !parts.done_with(&decided.missing));
        if self.waits {
            self.missing.extend(decided.missing);
        }
        self.valid_until = decided.valid_until;
        decided.decision
    }

    /// Why each experience of a placement won or lost, and what the one that won with products shows, each with what spoke
    /// for it.
    pub(crate) fn explain(&mut self, placement: &str, now: Millis) -> (Vec<Explained>, Vec<Value>) {
        let Some(rules) = &self.rules else { return (Vec::new(), Vec::new()) };
        let shopper = Shopper {
            profile: &self.profile,
            around: &self.around,
            catalog: &self.catalog,
            settings: &self.settings,
            scores: scores(&self.model),
            now,
        };
        let (explained, picks) = self.decisions.explain(rules, &shopper, placement);
        (explained, picks.iter().map(|pick| pick.to_value(&self.catalog)).gather())
    }

    /// Whether the experiment was already reported in this session.
    pub(crate) fn reported(&self, experiment: &str, now: Millis) -> bool {
        let shopper = self.shopper(now);
        let session = shopper.session();
        shopper.history().iter().rev().take_while(|event| event.session == session).any(|event| {
            event.event == "Experiment Viewed"
                && event.properties.get("experiment_id").and_then(Value::as_str) == Some(experiment)
        })
    }
}

fn scores(files: &ModelFiles) -> &dyn ModelScores {
    match &files.model {
        Some(model) => model,
        None => &NoModel,
    }
}

/// A decision as JavaScript sees it.
pub(crate) fn decision_value(decision: &Decision) -> Value {
    let mut out = Value::from([
        ("placement", decision.placement.as_str().into()),
        ("experience", decision.experience.as_deref().into()),
        ("variant", decision.variant.as_deref().into()),
        ("block", decision.block.as_deref().into()),
        ("html", decision.html.as_deref().into()),
        ("fields", decision.fields.clone()),
        ("products", decision.products.iter().map(String::as_str).gather().into()),
        ("reason", decision.reason.name().into()),
    ]);
    if let Some(experiment) = &decision.experiment {
        let told = [("id", experiment.id.as_str().into()), ("variant", experiment.variant.as_str().into())];
        out.set("experiment", Value::from(told));
    }
    out
}
