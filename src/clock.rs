//! The only places that ask for the time, for chance and for a timer.

use crate::reach;
use gloo_timers::callback::Timeout;
use tailorbird_schema::Millis;

/// Answers what time it is: the browser's clock, or the one that a test hands over.
#[derive(Clone)]
pub(crate) struct Clock(Option<js_sys::Function>);

impl Clock {
    pub(crate) fn new(given: Option<js_sys::Function>) -> Clock {
        Clock(given)
    }

    /// Milliseconds since the Unix epoch. A test's clock that throws or answers no number is passed over.
    pub(crate) fn now(&self) -> Millis {
        let given = self.0.as_ref().and_then(|ask| ask.call0(&wasm_bindgen::JsValue::NULL).ok()?.as_f64());
        given.filter(|at| at.is_finite()).unwrap_or_else(js_sys::Date::now) as Millis
    }
}

/// Chance: seeded by the browser's generator, or by a test.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: Option<f64>) -> Random {
        Random(seed.map_or_else(from_browser, |seed| seed.to_bits() ^ 0x9e37_79b9_7f4a_7c15))
    }

    /// The next 64 bits. SplitMix64 (Steele, Lea, Flood 2014).
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Chance for another part, independent of what is drawn here later.
    pub(crate) fn split(&mut self) -> Random {
        Random(self.bits())
    }

    /// A number from 0 to below 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A UUID of version 7 (RFC 9562): ids made later sort later, which keeps the collector's index compact.
    pub(crate) fn id(&mut self, now: Millis) -> String {
        let (time, first, second) = (now.max(0) as u64, self.bits(), self.bits());
        let high = (time << 16) | 0x7000 | (first & 0x0fff);
        let low = (1 << 63) | (second >> 2);
        let mut text = String::with_capacity(36);
        for (nth, byte) in high.to_be_bytes().into_iter().chain(low.to_be_bytes()).enumerate() {
            if matches!(nth, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for half in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
            }
        }
        text
    }
}

/// 64 bits from the browser's generator; where a page has none, from `Math.random`.
fn from_browser() -> u64 {
    let bytes = js_sys::Uint8Array::new_with_length(8);
    let filled = reach::call(&reach::get(&reach::window(), "crypto"), "getRandomValues", &[&bytes]);
    if filled.is_undefined() {
        return js_sys::Math::random().to_bits() ^ (js_sys::Math::random().to_bits() << 20);
    }
    let mut plain = [0; 8];
    bytes.copy_to(&mut plain);
    u64::from_le_bytes(plain)
}

/// Runs `then` after `wait` milliseconds, unless the answer is dropped first.
pub(crate) fn after(wait: Millis, then: impl FnOnce() + 'static) -> Timeout {
    let then: Box<dyn FnOnce()> = Box::new(then);
    Timeout::new(wait.clamp(0, 0x7fff_ffff) as u32, then)
}

/// Runs `then` once the code that runs now has come to its end, before the page does anything else.
pub(crate) fn in_this_turn(then: impl FnOnce() + 'static) {
    let then = crate::reach::once(Box::new(move |_| then()));
    reach::call(&reach::window(), "queueMicrotask", &[&then]);
}
