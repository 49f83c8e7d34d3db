//! Beginning anew: `forget` for the shopper who wants to be erased, `reset` for the next one at the same device.

use crate::agent::Agent;
use crate::keeping::{at_the_start, report_members};
use crate::segment;
use crate::storage::Store;
use crate::tabs::Word;
use tailorbird_core::consent::Grant;
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
        transport.send(&text, true, move |answer| answered(answer.is_some_and(|answer| answer.status < 300)));
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

    /// Reports of dropped events name the visitor of now.
    fn report_anew(&self) {
        let report = report_members(&self.0.mind.borrow());
        if let Some(delivery) = &*self.0.delivery.borrow() {
            delivery.set_report(report);
        }
    }
}
