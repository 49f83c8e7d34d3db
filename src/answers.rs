//! What the agent answers when it is asked: decisions, why, and what is known of the shopper. Nothing here shows or counts.

use crate::agent::Agent;
use crate::mind::decision_value;
use tailorbird_core::rules::Outcome;
use tailorbird_schema::Gather;
use tailorbird_schema::{Decision, Value};

impl Agent {
    pub(crate) fn decide(&self, placement: &str, context: &str) -> Decision {
        let now = self.0.clock.now();
        let mut mind = self.0.mind.borrow_mut();
        if context.is_empty() {
            let decision = mind.decide(placement, now);
            drop(mind);
            self.want_parts();
            return decision;
        }
        let before = mind.around.context().clone();
        mind.around.set_context(crate::boundary::map_from_text(context));
        let decision = mind.decide(placement, now);
        mind.around.set_context(before);
        decision
    }

    pub(crate) fn decide_all(&self, context: &str) -> Value {
        let names: Vec<String> = {
            let mind = self.0.mind.borrow();
            let placements = mind.rules().map(|rules| rules.placements()).unwrap_or_default();
            placements.iter().map(|placement| placement.id.clone()).gather()
        };
        let decide = |name: String| {
            let decision = decision_value(&self.decide(&name, context));
            (name, decision)
        };
        Value::Map(names.into_iter().map(decide).gather())
    }

    pub(crate) fn explain(&self, placement: &str) -> Value {
        let now = self.0.clock.now();
        let mut mind = self.0.mind.borrow_mut();
        let (explained, picked) = mind.explain(placement, now);
        let told = explained.into_iter().map(|one| {
            let mut told = one.to_value();
            if let (Outcome::Off, Some(fault)) = (&one.outcome, mind.fault(&one.experience)) {
                told.set("warning", fault.into());
            }
            let variants = mind.experience(&one.experience).map(|known| known.variants.as_slice()).unwrap_or_default();
            if !variants.is_empty() {
                let names: Vec<&str> = variants.iter().map(|variant| variant.id.as_str()).gather();
                told.set("variants", names.into());
            }
            if matches!(one.outcome, Outcome::Won { .. }) && !picked.is_empty() {
                told.set("products", Value::List(picked.clone()));
            }
            told
        });
        Value::List(told.gather())
    }

    pub(crate) fn profile(&self) -> Value {
        self.0.mind.borrow().profile_value(self.0.clock.now())
    }

    pub(crate) fn attributes(&self) -> Value {
        self.0.mind.borrow().shopper(self.0.clock.now()).attributes()
    }

    pub(crate) fn preview(&self, forced: Option<(String, Option<String>)>) {
        if let Some((experience, variant)) = &forced {
            let known = self.0.mind.borrow().experience(experience).is_some_and(|known| {
                let named = |variant: &String| known.variants.iter().any(|other| other.id == *variant);
                variant.as_ref().is_none_or(named)
            });
            if !known {
                self.warn(
                    "preview",
                    &["the rules have no experience `", experience, "` or no such variant of it: nothing is previewed"]
                        .concat(),
                );
            }
        }
        self.0.mind.borrow_mut().preview = forced;
        self.render(None);
    }
}
