//! An experience counts as seen once at least half of it, or half of the window, was visible for one second.

use crate::reach;
use crate::reach::{Hearing, many};
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// How long it has to stay visible, in milliseconds.
const DWELL: i64 = 1_000;

/// Of what is taller than the window the browser has to tell when half the window is filled: somewhere between the ratio at
/// which that is so and twice that ratio one of these lies, up to 180 windows.
const THRESHOLDS: &str = r#"{"threshold":[0,0.004,0.006,0.009,0.013,0.02,0.03,0.045,0.07,0.1,0.15,0.22,0.33,0.5]}"#;

type Watched = Rc<RefCell<Vec<Watch>>>;

struct Watch {
    element: Element,
    /// Nothing stands in it, so that its place alone counts.
    blank: bool,
    seen: Rc<dyn Fn()>,
    dwelling: Option<Timeout>,
}

/// Watches elements until each was seen once. Without IntersectionObserver nothing is ever counted: an exposure that
/// cannot be known is not claimed.
pub(crate) struct Exposures {
    /// `undefined` where the browser has none.
    observer: JsValue,
    watched: Watched,
    _callback: Hearing,
}

impl Exposures {
    pub(crate) fn new() -> Exposures {
        let watched = Watched::default();
        let inner = watched.clone();
        let callback = many(Box::new(move |entries| {
            for entry in reach::items(&entries, u32::MAX) {
                moved(&inner, &entry);
            }
        }));
        let options = reach::literal(THRESHOLDS);
        let observer = reach::new("IntersectionObserver", &[callback.as_ref(), &options]);
        Exposures { observer, watched, _callback: callback }
    }

    /// Calls `seen` once when `element` was visible long enough. Watching an element again replaces the call.
    pub(crate) fn watch(&self, element: &Element, blank: bool, seen: Rc<dyn Fn()>) {
        self.forget(element);
        if self.observer.is_undefined() {
            return;
        }
        self.watched.borrow_mut().push(Watch { element: element.clone(), blank, seen, dwelling: None });
        reach::call(&self.observer, "observe", &[element]);
    }

    /// Nobody looks at a page in the background: time counts anew once it is shown again.
    pub(crate) fn restart(&self, hidden: bool) {
        for watch in self.watched.borrow_mut().iter_mut() {
            watch.dwelling = None;
            reach::call(&self.observer, "unobserve", &[&watch.element]);
            if !hidden {
                reach::call(&self.observer, "observe", &[&watch.element]);
            }
        }
    }

    /// Stops watching an element.
    pub(crate) fn forget(&self, element: &Element) {
        self.retain(|watched| watched != element);
        // What was seen is observed still; only what is observed anew is reported anew.
        self.unobserve(element);
    }

    fn unobserve(&self, element: &Element) {
        reach::call(&self.observer, "unobserve", &[element]);
    }

    /// Lets go of what has left the page: a slot keeps all of the tree alive that it stood in.
    pub(crate) fn sweep(&self) {
        self.retain(|watched| watched.is_connected());
    }

    /// Stops watching altogether.
    pub(crate) fn clear(&self) {
        self.retain(|_| false);
    }

    fn retain(&self, stays: impl Fn(&Element) -> bool) {
        self.watched.borrow_mut().retain(|watch| {
            let stays = stays(&watch.element);
            if !stays {
                self.unobserve(&watch.element);
            }
            stays
        });
    }
}

impl Drop for Exposures {
    fn drop(&mut self) {
        reach::call(&self.observer, "disconnect", &[]);
    }
}

/// Width and height of a rectangle; nothing of what is none.
fn extent(of: &JsValue, rectangle: &str) -> (f64, f64) {
    let rectangle = reach::get(of, rectangle);
    (reach::number(&rectangle, "width"), reach::number(&rectangle, "height"))
}

fn moved(watched: &Watched, entry: &JsValue) {
    let element: Element = reach::get(entry, "target").unchecked_into();
    let ((width, height), (all_width, all_height)) = (extent(entry, "intersectionRect"), extent(entry, "rootBounds"));
    // The browser does not tell frames of other origins how large the window is.
    let fills = all_width > 0.0 && width * height >= 0.5 * all_width * all_height;
    let half = fills || reach::number(entry, "intersectionRatio") >= 0.5;
    let mut list = watched.borrow_mut();
    let Some(watch) = list.iter_mut().find(|watch| watch.element == element) else { return };
    let visible = half && (height > 0.0 || watch.blank) && reach::is_true(entry, "isIntersecting");
    if !visible {
        watch.dwelling = None;
    } else if watch.dwelling.is_none() {
        let watched = watched.clone();
        watch.dwelling = Some(crate::clock::after(DWELL, move || {
            let mut list = watched.borrow_mut();
            let Some(at) = list.iter().position(|watch| watch.element == element) else { return };
            let mut watch = list.swap_remove(at);
            drop(list);
            // The timer that is running now must not be cancelled from inside itself.
            if let Some(timer) = watch.dwelling.take() {
                timer.forget();
            }
            (watch.seen)();
        }));
    }
}
