//! From decisions to slots: what is shown, when it changes in place, and when it counts as seen.

use crate::agent::Agent;
use crate::mind::decision_value;
use crate::reach;
use crate::reach::{Hearing, many};
use crate::render::{Put, Slot};
use std::rc::Rc;
use tailorbird_core::rules::experiment_viewed;
use tailorbird_schema::Gather;
use tailorbird_schema::{Decision, Reason, Value};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element};

/// A burst of changes to the page is looked at once, so many milliseconds after it began.
const LOOK_AFTER: i64 = 30;

/// What a slot shows on this page view.
pub(crate) struct Shown {
    pub(crate) element: Element,
    pub(crate) decision: Decision,
    /// Of an earlier page view: what it shows is decided and counted anew.
    stale: bool,
}

/// Notices slots that appear later.
pub(crate) struct SlotWatch {
    observer: JsValue,
    _changed: Hearing,
}

impl Drop for SlotWatch {
    fn drop(&mut self) {
        reach::call(&self.observer, "disconnect", &[]);
    }
}

impl Agent {
    /// Decides and shows: one placement, or every slot of the page.
    pub(crate) fn render(&self, only: Option<&str>) {
        let Some(document) = document() else { return };
        let selectors = self.selectors();
        for slot in self.0.stage.slots(&document, &selectors) {
            if only.is_none_or(|only| only == slot.placement) {
                self.show(slot);
            }
        }
        self.want_parts();
    }

    /// The page's slots as pairs of a placement's name and its element.
    pub(crate) fn places(&self) -> js_sys::Array {
        let Some(document) = document() else { return js_sys::Array::new() };
        let slots = self.0.stage.slots(&document, &self.selectors());
        slots.into_iter().map(|slot| js_sys::Array::of2(&slot.placement.into(), &slot.element)).collect()
    }

    /// Whether anything that happens can change the page: rules without placements leave it alone.
    pub(crate) fn may_show(&self) -> bool {
        let mind = self.0.mind.borrow();
        !self.0.shown.borrow().is_empty() || mind.rules().is_none_or(|rules| !rules.placements().is_empty())
    }

    /// Looks again once the page has done what it is doing.
    pub(crate) fn render_soon(&self) {
        if self.0.slots_watch.borrow().is_none() || self.0.rendering.borrow().is_some() {
            return;
        }
        let render = self.weak(|agent, ()| {
            // This timer is over; from here on a new one may be set.
            if let Some(timer) = agent.0.rendering.take() {
                timer.forget();
            }
            agent.work_off();
            agent.render(None);
        });
        *self.0.rendering.borrow_mut() = Some(crate::clock::after(0, move || render(())));
    }

    fn selectors(&self) -> Vec<(String, String)> {
        let mind = self.0.mind.borrow();
        let placements = mind.rules().map(|rules| rules.placements()).unwrap_or_default();
        let named = placements.iter().filter_map(|placement| Some((placement.id.clone(), placement.selector.clone()?)));
        named.gather()
    }

    fn show(&self, slot: Slot) {
        // A handler may have stopped the agent since the last slot.
        if !self.0.running.get() {
            return;
        }
        let now = self.0.clock.now();
        let (decision, waits, until) = {
            let mut mind = self.0.mind.borrow_mut();
            (mind.decide(&slot.placement, now), mind.waits, mind.valid_until)
        };
        // Better what stands there a moment longer than a row that changes twice.
        if waits {
            return;
        }
        // A slot that got another name is another slot.
        let renamed = |shown: &Shown| shown.element == slot.element && shown.decision.placement != slot.placement;
        if self.0.shown.borrow().iter().any(renamed) {
            self.0.stage.fill(&slot.element, None, true);
            self.0.shown.borrow_mut().retain(|shown| shown.element != slot.element);
        }
        if self.stays(&slot.element, &decision) {
            return;
        }
        let put = self.0.stage.fill(&slot.element, decision.html.as_deref(), false);
        // What is not shown is not counted either.
        if put == Put::Refused {
            return;
        }
        let changed = put == Put::Changed;
        let known = self
            .0
            .shown
            .borrow()
            .iter()
            .any(|shown| shown.element == slot.element && !shown.stale && same(&shown.decision, &decision));
        if known && !changed {
            return;
        }
        let mut all = self.0.shown.borrow_mut();
        all.retain(|shown| shown.element != slot.element && shown.element.is_connected());
        all.push(Shown { element: slot.element.clone(), decision: decision.clone(), stale: false });
        drop(all);
        let told = decision_value(&decision);
        if changed {
            self.keep(&decision, until, now);
        }
        self.watch(&slot.element, decision);
        // Last, because a handler may stop or render: then it finds all in order.
        if changed {
            self.emit("render", &told);
        }
        self.emit("decision", &told);
    }

    /// What was seen on this page view does not vanish because seeing it used up its limit.
    fn stays(&self, element: &Element, next: &Decision) -> bool {
        let all = self.0.shown.borrow();
        let Some(shown) = all.iter().find(|shown| shown.element == *element) else { return false };
        let Some(experience) = &shown.decision.experience else { return false };
        let mind = self.0.mind.borrow();
        let limited = mind.experience(experience).is_some_and(|experience| experience.limit.is_some());
        limited
            && self.0.counted.borrow().iter().any(|counted| same(counted, &shown.decision))
            && next.reason != Reason::Preview
            && next.reason != Reason::Off
            && next.experience.as_ref() != Some(experience)
    }

    fn watch(&self, element: &Element, decision: Decision) {
        let counts = decision.experience.is_some() && decision.reason != Reason::Preview;
        if !counts {
            return self.0.exposures.forget(element);
        }
        let inner = Rc::downgrade(&self.0);
        let watched = element.clone();
        // A control of nothing has no size to be half in view.
        let is_blank = decision.html.is_none()
            && reach::is_nothing(&reach::get(element, "firstElementChild"))
            && reach::text(element, "textContent").trim().is_empty();
        self.0.exposures.watch(
            element,
            is_blank,
            Rc::new(move || {
                if let Some(inner) = inner.upgrade() {
                    Agent(inner).seen(&watched, &decision);
                }
            }),
        );
    }

    /// Whether a slot still has what a decision put there, if it did.
    fn stands(&self, element: &Element, decision: &Decision) -> bool {
        decision.html.is_none() || self.0.stage.holds(element)
    }

    /// A decision was really seen: it counts, once a page view.
    fn seen(&self, element: &Element, decision: &Decision) {
        // What was taken out meanwhile was not seen.
        let shows = |shown: &Shown| !shown.stale && shown.element == *element && same(&shown.decision, decision);
        let there = self.0.shown.borrow().iter().any(shows) && self.stands(element, decision);
        // Nor does it count again where the placement stands twice, or was built anew.
        if !there || self.0.counted.borrow().iter().any(|one| same(one, decision)) {
            return;
        }
        self.0.counted.borrow_mut().push(decision.clone());
        let now = self.0.clock.now();
        let experience = decision.experience.as_deref().unwrap_or_default();
        self.emit(
            "exposure",
            &Value::from([
                ("placement", decision.placement.as_str().into()),
                ("experience", experience.into()),
                ("variant", decision.variant.as_deref().into()),
            ]),
        );
        if let Some(experiment) = &decision.experiment
            && !self.0.mind.borrow().reported(&experiment.id, now)
        {
            let (id, variant) = (&experiment.id, &experiment.variant);
            let properties = experiment_viewed(self.0.mind.borrow().experience(id), id, variant);
            self.track("Experiment Viewed", properties, now);
        }
        if decision.reason == Reason::Matched {
            self.track("Experience Viewed", experience_properties(decision), now);
            self.work_off();
            // Seeing it may have used up its limit: then the next visit begins with what comes instead.
            let (next, waits, until) = {
                let mut mind = self.0.mind.borrow_mut();
                (mind.decide(&decision.placement, now), mind.waits, mind.valid_until)
            };
            if !waits && !same(&next, decision) {
                self.keep(&next, until, now);
            }
        }
    }

    /// Something in a slot was clicked.
    pub(crate) fn clicked(&self, placement: &str, product: Option<String>) {
        let found = self
            .0
            .shown
            .borrow()
            .iter()
            .find(|shown| {
                !shown.stale && shown.decision.placement == placement && self.stands(&shown.element, &shown.decision)
            })
            .map(|shown| shown.decision.clone());
        let Some(decision) = found.filter(|decision| decision.reason == Reason::Matched) else { return };
        let mut properties = experience_properties(&decision);
        if let Some(product) = product {
            if let Some(at) = decision.products.iter().position(|id| *id == product) {
                properties.set("position", (at as u32 + 1).into());
            }
            properties.set("product_id", product.into());
        }
        self.track("Experience Clicked", properties, self.0.clock.now());
    }

    /// Another page: slots may change again, and seeing counts anew.
    pub(crate) fn new_page_view(&self) {
        self.0.stage.untouch();
        self.0.shown.borrow_mut().iter_mut().for_each(|shown| shown.stale = true);
        self.0.counted.borrow_mut().clear();
        self.render_soon();
    }

    /// Notices slots that the page adds later.
    pub(crate) fn watch_slots(&self) {
        let changed = self.weak(|agent, _| {
            if agent.0.looking.borrow().is_some() {
                return;
            }
            let look = agent.weak(|agent, ()| agent.look_for_slots());
            *agent.0.looking.borrow_mut() = Some(crate::clock::after(LOOK_AFTER, move || look(())));
        });
        let changed = many(Box::new(changed));
        let observer = reach::new("MutationObserver", &[changed.as_ref()]);
        let what = r#"{"childList":true,"subtree":true,"attributeFilter":["data-tailorbird-slot"]}"#;
        reach::call(&observer, "observe", &[&reach::document(), &reach::literal(what)]);
        *self.0.slots_watch.borrow_mut() = Some(SlotWatch { observer, _changed: changed });
    }

    fn look_for_slots(&self) {
        if let Some(timer) = self.0.looking.take() {
            timer.forget();
        }
        // What a route brings is decided for that route.
        let listening = self.0.intake.borrow().clone();
        if let Some(listening) = listening {
            listening.settle_route();
        }
        self.0.exposures.sweep();
        self.work_off();
        let (Some(document), selectors) = (document(), self.selectors()) else { return };
        let slots = self.0.stage.slots(&document, &selectors);
        let is_slot = |shown: &Shown| slots.iter().any(|slot| slot.element == shown.element);
        let (stay, gone): (Vec<_>, Vec<_>) = self.0.shown.take().into_iter().partition(is_slot);
        *self.0.shown.borrow_mut() = stay;
        // Frameworks make something else of an element that was a slot.
        for Shown { element, .. } in gone.iter().filter(|shown| shown.element.is_connected()) {
            self.0.stage.fill(element, None, true);
        }
        for slot in slots {
            let same = |shown: &Shown| {
                !shown.stale && shown.element == slot.element && shown.decision.placement == slot.placement
            };
            let known = self.0.shown.borrow().iter().any(same);
            if !known {
                self.show(slot);
            }
        }
    }

    /// Lets the loader show it at once on the next visit, where storing is allowed.
    fn keep(&self, decision: &Decision, until: Option<i64>, now: i64) {
        let Some(keep) = self.0.hooks.keep.as_ref().filter(|_| self.0.store_open.get()) else { return };
        let html = decision.html.as_deref().filter(|_| decision.reason != Reason::Preview).unwrap_or_default();
        let selectors = self.selectors();
        let selector = selectors.iter().find(|(placement, _)| *placement == decision.placement);
        let args = js_sys::Array::new();
        for arg in [
            JsValue::from(self.0.prefix.as_str()),
            decision.placement.as_str().into(),
            html.into(),
            (until.unwrap_or(0) as f64).into(),
            (now as f64).into(),
            selector.map(|(_, selector)| selector.as_str()).into(),
        ] {
            args.push(&arg);
        }
        let _ = keep.apply(&JsValue::NULL, &args);
    }
}

fn experience_properties(decision: &Decision) -> Value {
    let mut properties = Value::from([
        ("experience_id", decision.experience.as_deref().into()),
        ("placement_id", decision.placement.as_str().into()),
    ]);
    for (name, value) in [("variant_id", &decision.variant), ("block_id", &decision.block)] {
        if let Some(value) = value {
            properties.set(name, value.as_str().into());
        }
    }
    if !decision.products.is_empty() {
        properties.set("product_ids", decision.products.iter().map(String::as_str).gather().into());
    }
    properties
}

/// Whether two decisions count as one exposure.
fn same(one: &Decision, other: &Decision) -> bool {
    one.placement == other.placement
        && one.experience == other.experience
        && one.variant == other.variant
        && one.reason == other.reason
}

pub(crate) fn document() -> Option<Document> {
    reach::of_window("document").map(JsCast::unchecked_into)
}
