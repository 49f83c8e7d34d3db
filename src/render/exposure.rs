//! An experience counts as seen once at least half of it, or half of the window, was visible for one second.

use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// How long it has to stay visible, in milliseconds.
const DWELL: i64 = 1_000;

type Watched = Rc<RefCell<Vec<Watch>>>;

struct Watch {
    element: Element,
    seen: Rc<dyn Fn()>,
    dwelling: Option<Timeout>,
}

/// Watches elements until each was seen once. Without IntersectionObserver nothing is ever counted: an exposure that
/// cannot be known is not claimed.
pub(crate) struct Exposures {
    observer: Option<IntersectionObserver>,
    watched: Watched,
    _callback: Closure<dyn Fn(js_sys::Array)>,
}

impl Exposures {
    pub(crate) fn new() -> Exposures {
        let watched = Watched::default();
        let inner = watched.clone();
        let callback = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
            for entry in entries.iter() {
                moved(&inner, entry.unchecked_ref());
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_threshold(&js_sys::Array::of3(&0.0.into(), &0.25.into(), &0.5.into()));
        let known = js_sys::Reflect::has(&js_sys::global(), &"IntersectionObserver".into()).unwrap_or(false);
        let observer = known
            .then(|| IntersectionObserver::new_with_options(callback.as_ref().unchecked_ref(), &options).ok())
            .flatten();
        Exposures { observer, watched, _callback: callback }
    }

    /// Calls `seen` once when `element` was visible long enough. Watching an element again replaces the call.
    pub(crate) fn watch(&self, element: &Element, seen: Rc<dyn Fn()>) {
        self.forget(element);
        let Some(observer) = &self.observer else { return };
        self.watched.borrow_mut().push(Watch { element: element.clone(), seen, dwelling: None });
        observer.observe(element);
    }

    /// Stops watching an element.
    pub(crate) fn forget(&self, element: &Element) {
        self.retain(|watched| watched != element);
        // What was seen is observed still; only what is observed anew is reported anew.
        if let Some(observer) = &self.observer {
            observer.unobserve(element);
        }
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
        let Some(observer) = &self.observer else { return };
        self.watched.borrow_mut().retain(|watch| {
            let stays = stays(&watch.element);
            if !stays {
                observer.unobserve(&watch.element);
            }
            stays
        });
    }
}

impl Drop for Exposures {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

fn moved(watched: &Watched, entry: &IntersectionObserverEntry) {
    let element = entry.target();
    let (part, window) = (entry.intersection_rect(), entry.root_bounds());
    let fills = window.is_some_and(|window| part.width() * part.height() >= 0.5 * window.width() * window.height());
    let visible = entry.is_intersecting() && (entry.intersection_ratio() >= 0.5 || fills) && part.height() > 0.0;
    let mut list = watched.borrow_mut();
    let Some(watch) = list.iter_mut().find(|watch| watch.element == element) else { return };
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
