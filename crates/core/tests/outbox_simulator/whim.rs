//! What people and machines do next, for no reason.

use crate::world::World;
use tailorbird_core::outbox::Input;

impl World {
    pub(crate) fn whim(&mut self) {
        let climate = self.climate;
        let ids = self.ids();
        if ids.is_empty() {
            return self.open_tab();
        }
        let id = ids[self.chance.below(ids.len() as u64) as usize];
        match self.chance.below(100) {
            0..=49 => self.track(id),
            50..=53 => {
                for _ in 0..self.chance.below(20) {
                    self.track(id);
                }
            }
            54..=56 if (ids.len() as u64) < climate.tabs => self.open_tab(),
            57..=59 if climate.closing && !self.is_frozen(id) => {
                if self.chance.one_in(3) {
                    self.track(id);
                }
                self.tell(id, Input::PageHide);
                self.tell(id, Input::Hidden);
                self.end_tab(id, true);
            }
            60..=61 if climate.crashes => self.end_tab(id, false),
            62 if climate.crashes && self.chance.one_in(3) => {
                for id in ids {
                    self.end_tab(id, false);
                }
            }
            63..=68 if climate.hiding => self.hide_or_show(id),
            69..=71 if climate.closing => self.freeze_or_thaw(id),
            72..=81 if climate.network => self.change_network(),
            82..=84 if climate.store => {
                self.store_broken = self.chance.one_in(3);
                self.store_full = self.chance.one_in(3);
            }
            85 if climate.clock && self.chance.one_in(4) => self.set_clock(),
            86..=87 => self.tell(id, Input::Flush),
            88 => self.tell(id, Input::Look),
            89 if climate.network => self.tell(id, Input::Offline),
            90..=91 if climate.network => self.tell(id, Input::Online),
            92 if climate.consent && self.chance.one_in(3) => self.change_consent(),
            93 if climate.consent && self.chance.one_in(4) => self.erase(),
            _ => {}
        }
    }
}
