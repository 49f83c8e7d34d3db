//! Beginning anew: `forget` for the shopper who wants to be erased, `reset` for the next one at the same device, and what a
//! refusal takes back, here or in another tab.

use crate::agent::Agent;
use crate::keeping::{at_the_start, report_members};
use crate::segment;
use crate::storage::Store;
use crate::tabs::{Tabs, Word};
use crate::transport::Answer;
use tailorbird_core::consent::{Change, Grant, Input, Said};
use tailorbird_core::json;
use tailorbird_core::outbox;
use tailorbird_core::profile::Profile;
use tailorbird_schema::{Event, EventKind, Value};
use wasm_bindgen::JsValue;

impl Agent {
    /// `forget`: nothing of this visitor stays on the device. `everywhere` asks the collector to erase too: what asks it
    /// waits in the queue like any event, so that a collector that is down hears it later. Then calls `done`.
    pub(crate) fn forget(&self, everywhere: bool, done: js_sys::Function) {
        if !(everywhere && self.0.transport.is_some() && self.0.mind.borrow().is_unsettled()) {
            return self.forget_now(everywhere, done);
        }
        // Whom the collector knows stands in a store that this page was not allowed to look into so far.
        let known = self.weak(move |agent, saved: Option<String>| {
            if let Some(Ok(profile)) = saved.map(|text| Profile::load(&text)) {
                agent.0.mind.borrow_mut().be(profile);
            }
            agent.forget_now(true, done.clone());
        });
        Store::open(&self.0.prefix, false, move |store, saved| {
            store.close();
            known(saved);
        });
    }

    fn forget_now(&self, everywhere: bool, done: js_sys::Function) {
        let now = self.0.clock.now();
        let wish = (everywhere && self.0.transport.is_some())
            .then(|| self.0.mind.borrow_mut().event(EventKind::Track, "Erasure Requested", Value::map(), now));
        self.tell_delivery(outbox::Input::Erase);
        self.0.mind.borrow_mut().drop_held();
        self.erase_profile();
        let queues = self.0.mind.borrow().consent.effective().analytics == Grant::Granted;
        if let Some(event) = wish.as_ref().filter(|_| queues) {
            self.0.mind.borrow_mut().hold(event.clone());
        }
        self.0.store.borrow().wipe(true);
        self.say(&Word::Erased { profile: true, events: true });
        if self.0.store_open.replace(false) {
            // Everything goes, then the store begins empty: consent itself was not taken back.
            drop(self.0.delivery.take());
            let change = at_the_start(self.0.mind.borrow().consent.effective());
            let told = done.clone();
            let flush = self.weak(move |agent, ()| agent.flush(told.clone()));
            let waits = everywhere && queues;
            self.follow(change, move || {
                if waits {
                    flush(())
                }
            });
            if waits {
                // Told at once as well: what is said next may empty the queue.
                if let Some(event) = wish {
                    self.ask_to_erase(&event, None);
                }
                return;
            }
        }
        match wish {
            Some(event) => self.ask_to_erase(&event, Some(done)),
            None => drop(done.call0(&JsValue::NULL)),
        }
    }

    /// Without leave to send events there is no queue; that the shopper wants to be erased is told all the same.
    fn ask_to_erase(&self, event: &Event, done: Option<js_sys::Function>) {
        let Some(transport) = &self.0.transport else { return };
        let mut body = Value::from([("batch", Value::List(vec![segment::value(event)]))]);
        body.set("writeKey", self.0.mind.borrow().options.write_key.as_str().into());
        body.set("sentAt", segment::iso(event.at).into());
        let mut text = String::new();
        json::write(&body, &mut text);
        let answered = self.weak(move |agent, good: bool| {
            let Some(done) = &done else { return };
            if !good {
                agent.warn("forget", "the collector could not be asked to erase this visitor: ask it by other means");
            }
            let _ = done.call0(&JsValue::NULL);
        });
        let heard = move |answer: Option<Answer>| answered(answer.is_some_and(|answer| answer.status < 300));
        transport.send(&text, true, Box::new(heard));
    }

    /// `reset`: as on log-out, somebody else may sit here now.
    pub(crate) fn reset(&self) {
        self.erase_profile();
        if !self.0.store_open.get() {
            self.clean(true, false);
        }
        self.report_anew();
        let text = self.0.mind.borrow().profile.save();
        self.say(&Word::Anew(text));
        self.save_soon();
    }

    /// Another tab was reset: this one would bring the visitor back who left.
    pub(crate) fn anew_elsewhere(&self, text: &str) {
        self.work_off();
        let Ok(profile) = Profile::load(text) else { return };
        drop(self.0.saving.take());
        self.0.mind.borrow_mut().be(profile);
        self.report_anew();
        self.render_soon();
    }

    /// Takes back what is kept and what waits to be sent.
    pub(crate) fn take_back(&self, profile: bool, events: bool) {
        if events {
            self.0.refused.set(true);
            self.0.mind.borrow_mut().drop_held();
            match self.0.delivery.take() {
                Some(delivery) => delivery.tell(outbox::Input::Consent(outbox::Consent::Denied)),
                None => self.0.store.borrow().wipe_rows(),
            }
        }
        if profile {
            self.erase_profile();
        }
    }

    pub(crate) fn erase_profile(&self) {
        drop(self.0.saving.take());
        self.0.store.borrow().forget_profile();
        if let Some(forget) = &self.0.hooks.forget_kept {
            let _ = forget.call1(&JsValue::NULL, &self.0.prefix.as_str().into());
        }
        let now = self.0.clock.now();
        self.0.mind.borrow_mut().begin_anew(now);
        self.render_soon();
    }

    /// Another tab was told to forget: so does this one.
    pub(crate) fn erased_elsewhere(&self, profile: bool, events: bool) {
        self.work_off();
        // What the shopper said is as that tab wrote it down; and it knows already, being told would end it as well.
        let tabs = self.0.tabs.replace(Tabs::silent());
        let denied = |refused: bool| refused.then_some(Grant::Denied);
        let said = Said { personalization: denied(profile), analytics: denied(events) };
        let after = self.take_in(Input::Manual(said)).after;
        let goes_on = [after.personalization, after.analytics].contains(&Grant::Granted);
        if !goes_on {
            // It has begun anew by now, and what is there is not ours to erase.
            self.0.store.borrow().close();
            *self.0.store.borrow_mut() = Store::in_memory(&self.0.prefix);
            self.0.store_open.set(false);
        }
        self.take_back(profile, events);
        self.follow(Change { after, ..Change::default() }, || ());
        if goes_on {
            *self.0.tabs.borrow_mut() = tabs;
        }
    }

    /// Reports of dropped events name the visitor of now.
    fn report_anew(&self) {
        let report = report_members(&self.0.mind.borrow());
        if let Some(delivery) = &*self.0.delivery.borrow() {
            delivery.set_report(report);
        }
    }
}
