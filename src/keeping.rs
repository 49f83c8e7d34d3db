//! What is kept and what is sent, and the shopper's say in it: consent opens the store and the queue, and closes them.

use crate::agent::Agent;
use crate::consenting::by_default;
use crate::delivery::{Delivery, Heard, warning_words};
use crate::mind::Mind;
use crate::storage::Store;
use crate::tabs::{Tabs, Word};
use crate::{boundary, segment};
use tailorbird_core::consent::{Change, Effective, Grant, Input, Said};
use tailorbird_core::json;
use tailorbird_core::outbox::{self, Config};
use tailorbird_core::profile::Profile;
use tailorbird_schema::{Event, EventKind, Millis, Value};
use wasm_bindgen::JsValue;

/// How long the profile may be unsaved while the page stays, in milliseconds.
const SAVE_AFTER: Millis = 500;

impl Agent {
    /// Finds out what is allowed and opens what may be opened, then calls `done`.
    pub(crate) fn open(&self, done: impl Fn() + 'static) {
        let default = {
            let mind = self.0.mind.borrow();
            let by_rules = mind.rules().map(|rules| by_default(rules.settings()));
            // A purpose of which the options say nothing is as the rules have it.
            mind.options.consent.map(|said| by_rules.map_or(said, |rules| said.over(rules))).or(by_rules)
        };
        let change = {
            let mut mind = self.0.mind.borrow_mut();
            if let Some(default) = default {
                mind.consent.hear(Input::Default(default));
            }
            mind.consent.hear(Input::GlobalPrivacyControl(crate::intake::privacy_control()));
            if let Some(remembered) = self.remembered_consent() {
                mind.consent.hear(Input::Manual(remembered));
            }
            let after = mind.consent.effective();
            mind.around.set_consent(after);
            at_the_start(after)
        };
        self.follow(change, done);
    }

    /// Does what a change of consent asks for.
    pub(crate) fn follow(&self, change: Change, done: impl Fn() + 'static) {
        if change.drop_events || change.erase_profile {
            self.say(&Word::Erased { profile: change.erase_profile, events: change.drop_events });
            self.take_back(change.erase_profile, change.drop_events);
        }
        let after = change.after;
        if after.analytics == Grant::Pending {
            // What is stored waits; what comes is held.
            drop(self.0.delivery.take());
        }
        if after.analytics != Grant::Granted && self.0.delivery.borrow().is_none() {
            self.flushed();
        }
        let granted = [after.personalization, after.analytics].contains(&Grant::Granted);
        if !granted {
            if self.0.store_open.replace(false) {
                self.0.store.borrow().wipe(false);
                *self.0.tabs.borrow_mut() = Tabs::silent();
            } else {
                self.clean(change.erase_profile, change.drop_events);
            }
            return done();
        }
        if self.0.store_open.replace(true) {
            if self.0.opening.get() {
                // What follows comes once it is open: a queue that began now would be in memory alone.
                return done();
            }
            if change.keep_profile && self.0.mind.borrow().is_unsettled() {
                // Until now only events were allowed: nobody has looked at the profile.
                self.read_back();
            }
            self.begin_delivery();
            self.save_soon();
            return done();
        }
        let nth = self.0.openings.get() + 1;
        self.0.openings.set(nth);
        self.0.opening.set(true);
        self.0.refused.set(change.drop_events);
        let opened = self.weak(move |agent, (store, saved): (Store, Option<String>)| {
            if agent.0.openings.get() != nth {
                // The shopper wanted to be forgotten meanwhile.
                store.close();
                return done();
            }
            agent.0.opening.set(false);
            // Somebody new since: what an earlier visit left was refused, or is another's.
            if !agent.0.mind.borrow().is_unsettled() {
                store.forget_profile();
            }
            if agent.0.refused.get() {
                store.wipe_rows();
            }
            agent.opened(store, saved);
            done();
        });
        Store::open(&self.0.prefix, true, move |store, saved| opened((store, saved)));
    }

    /// Takes out of a store that is not open what an earlier visit left there.
    pub(crate) fn clean(&self, profile: bool, rows: bool) {
        match (profile, rows) {
            (true, true) => self.0.store.borrow().wipe(true),
            (false, false) => {}
            _ => Store::open(&self.0.prefix, false, move |store, _| {
                match profile {
                    true => store.forget_profile(),
                    false => store.wipe_rows(),
                }
                store.close();
            }),
        }
    }

    /// Tells the other tabs, whether or not this one may listen to them.
    pub(crate) fn say(&self, word: &Word) {
        match self.0.store_open.get() {
            true => self.0.tabs.borrow().say(word),
            false => Tabs::aside(&self.0.prefix).say(word),
        }
    }

    fn opened(&self, store: Store, saved: Option<String>) {
        if !self.0.store_open.get() {
            // Consent was taken back while the store was opening.
            return store.wipe(false);
        }
        *self.0.store.borrow_mut() = store;
        let heard = self.weak(|agent, word| match word {
            Word::Event(text) => agent.overhear(&text),
            Word::Rows { rows, bytes, flush } => agent.tell_delivery(outbox::Input::Announced { rows, bytes, flush }),
            Word::Flushed(looked) => agent.tell_delivery(outbox::Input::Flushed { looked }),
            Word::Erased { profile, events } => agent.erased_elsewhere(profile, events),
            Word::Anew(text) => agent.anew_elsewhere(&text),
        });
        *self.0.tabs.borrow_mut() = Tabs::open(&self.0.prefix, heard);
        let personal = self.0.mind.borrow().consent.effective().personalization == Grant::Granted;
        let asked = personal && self.0.mind.borrow().is_unsettled();
        let stored = saved.filter(|_| asked).map(|text| Profile::load(&text));
        if matches!(stored, Some(Err(_))) {
            self.warn("profile", "the stored profile is damaged; this visitor begins anew");
        }
        let first = stored.is_none();
        if personal {
            self.0.mind.borrow_mut().settle(stored.and_then(Result::ok));
        }
        self.begin_delivery();
        self.save_soon();
        if first {
            // The next tab, which may open at any moment, is the same visitor's.
            self.save_now();
        }
        self.render_soon();
    }

    /// A message to a frozen page would throw it out of the back/forward cache.
    pub(crate) fn stop_listening_to_tabs(&self) {
        *self.0.tabs.borrow_mut() = Tabs::silent();
    }

    /// Out of the back/forward cache: what happened in other pages meanwhile is read back, and they are listened to again.
    pub(crate) fn thaw(&self) {
        if !self.0.store_open.get() {
            return;
        }
        let remembered = self.remembered_consent().is_some_and(Said::grants);
        let granted = self.0.mind.borrow().consent.manual().grants();
        if granted && !remembered {
            // It was taken back in another page.
            return self.erased_elsewhere(true, true);
        }
        // So it was, in part, or something else was said there.
        let before = self.0.mind.borrow().consent.effective();
        if let Some(said) = self.remembered_consent() {
            let change = self.take_in(Input::Manual(said));
            if change.after != before {
                self.follow(change, || ());
            }
            if !self.0.store_open.get() {
                return;
            }
        }
        self.tell_delivery(outbox::Input::Resume);
        self.0.mind.borrow_mut().unsettle();
        self.read_back();
    }

    /// Takes the stored profile in.
    fn read_back(&self) {
        let store = self.0.store.borrow().clone();
        let opened = self.weak(|agent, (store, saved): (Store, Option<String>)| agent.opened(store, saved));
        store.clone().read_profile(move |saved| opened((store, saved)));
    }

    /// Starts to deliver, if the shopper agreed and there is somewhere to deliver to.
    fn begin_delivery(&self) {
        let allowed = self.0.mind.borrow().consent.effective().analytics == Grant::Granted;
        let Some(transport) = self.0.transport.clone().filter(|_| allowed && self.0.delivery.borrow().is_none()) else {
            return;
        };
        let (config, random, held) = {
            let mut mind = self.0.mind.borrow_mut();
            let mut config = Config {
                write_key: mind.options.write_key.clone(),
                report: report_members(&mind),
                ..Config::default()
            };
            config.flush_at = mind.options.flush_at.unwrap_or(config.flush_at);
            config.flush_interval = mind.options.flush_interval.unwrap_or(config.flush_interval);
            let dropped = std::mem::take(&mut mind.let_go);
            if dropped > 0 {
                let told = Value::from([("dropped", dropped.into()), ("reason", "overflow".into())]);
                let event = mind.event(EventKind::Track, "Events Dropped", told, self.0.clock.now());
                mind.held.push(event);
            }
            (config, mind.random.split(), std::mem::take(&mut mind.held))
        };
        let heard = self.weak(|agent, heard| agent.heard(heard));
        let store = self.0.store.borrow().clone();
        let clock = self.0.clock.clone();
        // The queue says where it stands when it starts: that does not answer who asked before there was one.
        let asked = self.0.flushes.take();
        let delivery = Delivery::start(config, store, &self.0.prefix, transport, (clock, random), heard);
        for mut event in held {
            self.0.mind.borrow().tell_consent(&mut event);
            let text = segment::text(&event);
            delivery.tell(outbox::Input::Push { id: event.message_id, event: text });
        }
        *self.0.delivery.borrow_mut() = Some(delivery.clone());
        if !asked.is_empty() {
            self.0.flushes.borrow_mut().extend(asked);
            delivery.tell(outbox::Input::Flush);
        }
    }

    /// Hands an event to the queue, or holds it until it is known whether that is allowed.
    pub(crate) fn deliver(&self, event: Event, text: String) {
        let grant = self.0.mind.borrow().consent.effective();
        let delivery = self.0.delivery.borrow().clone();
        match (delivery, grant.analytics) {
            (Some(delivery), Grant::Granted) => {
                delivery.tell(outbox::Input::Push { id: event.message_id, event: text })
            }
            (_, Grant::Denied) => {}
            (None, Grant::Granted) if self.0.transport.is_none() => {}
            _ => self.0.mind.borrow_mut().hold(event),
        }
    }

    pub(crate) fn tell_delivery(&self, input: outbox::Input) {
        let delivery = self.0.delivery.borrow().clone();
        if let Some(delivery) = delivery {
            delivery.tell(input);
        }
    }

    /// Sends what waits; `done` is called once that was tried.
    pub(crate) fn flush(&self, done: js_sys::Function) {
        self.0.flushes.borrow_mut().push(done);
        let delivery = self.0.delivery.borrow().clone();
        match delivery {
            Some(delivery) => delivery.tell(outbox::Input::Flush),
            // Just agreed to: the queue begins as soon as the store is open, and with this.
            None if self.0.store_open.get() && self.may_send() => {}
            None => self.flushed(),
        }
    }

    fn may_send(&self) -> bool {
        self.0.transport.is_some() && self.0.mind.borrow().consent.effective().analytics == Grant::Granted
    }

    /// Tells those who asked for a flush that it is over.
    fn flushed(&self) {
        for done in self.0.flushes.take() {
            let _ = done.call0(&JsValue::NULL);
        }
    }

    fn heard(&self, heard: Heard) {
        match heard {
            Heard::Status(status) => {
                self.emit("sync", &status_value(&status));
                if !status.flushing {
                    self.flushed();
                }
            }
            Heard::Warning(warning) => {
                let (code, message) = warning_words(warning);
                self.warn(code, &message);
            }
            Heard::Flushed { looked } => self.0.tabs.borrow().say(&Word::Flushed(looked)),
            Heard::Stored { rows, bytes, flush } => self.0.tabs.borrow().say(&Word::Rows { rows, bytes, flush }),
        }
    }

    /// Saves the profile soon, if it may be saved.
    pub(crate) fn save_soon(&self) {
        if !self.may_save() || self.0.saving.borrow().is_some() {
            return;
        }
        let save = self.weak(|agent, ()| agent.save_now());
        *self.0.saving.borrow_mut() = Some(crate::clock::after(SAVE_AFTER, move || save(())));
    }

    /// Saves the profile now, if it may be saved and something may have changed.
    pub(crate) fn save_now(&self) {
        if self.0.saving.take().is_none() || !self.may_save() {
            return;
        }
        let text = self.0.mind.borrow().profile.save();
        self.0.store.borrow().commit(&[], &[], Some(&text), Box::new(|_| ()));
    }

    pub(crate) fn may_save(&self) -> bool {
        let personal = self.0.mind.borrow().consent.effective().personalization == Grant::Granted;
        personal && self.0.store_open.get()
    }

    /// All that is stored about this shopper here.
    pub(crate) fn export(&self) -> Value {
        let now = self.0.clock.now();
        let mind = self.0.mind.borrow();
        let mut out = Value::from([("version", 1u32.into()), ("visitor", mind.profile.visitor_id().into())]);
        out.set("user", mind.profile.user_id().into());
        out.set("profile", mind.profile_value(now));
        out.set("stored", boundary::from_text(&mind.profile.save()));
        drop(mind);
        out.set("consent", self.consent_value());
        let delivery = self.0.delivery.borrow();
        out.set("delivery", delivery.as_ref().map(|delivery| status_value(&delivery.status())).unwrap_or_default());
        out
    }
}

/// What follows from where consent stands while nothing is kept or sent yet.
pub(crate) fn at_the_start(after: Effective) -> Change {
    Change {
        after,
        keep_profile: after.personalization == Grant::Granted,
        send_events: after.analytics == Grant::Granted,
        ..Change::default()
    }
}

/// What every report of dropped events carries.
pub(crate) fn report_members(mind: &Mind) -> String {
    let mut out = "\"anonymousId\":".to_owned();
    json::write_text(mind.profile.visitor_id(), &mut out);
    out.push_str(",\"context\":{\"library\":{\"name\":\"tailorbird\"}");
    if mind.consent.analytics_granted_explicitly() {
        out.push_str(",\"consent\":{\"analytics\":\"granted\"}");
    }
    out.push('}');
    out
}

fn status_value(status: &outbox::Status) -> Value {
    let count = |number: usize| Value::from(number as f64);
    Value::from([
        ("waiting", count(status.waiting)),
        ("delivered", count(status.delivered)),
        ("rejected", count(status.rejected)),
        ("dropped", count(status.dropped)),
        ("refused", count(status.refused)),
        ("failures", status.failures.into()),
        ("flushing", status.flushing.into()),
    ])
}
