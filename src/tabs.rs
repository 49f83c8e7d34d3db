//! Several tabs of one shop: what happens in one is known in all, and one at a time sends.

use crate::reach;
use crate::reach::{Hearing, many};
use std::cell::Cell;
use std::rc::Rc;
use tailorbird_schema::Millis;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::BroadcastChannel;

/// What one tab tells the others.
#[derive(Debug, PartialEq)]
pub(crate) enum Word {
    /// An event was recorded (its JSON text): the others fold it into their profile too.
    Event(String),
    /// Rows wait in the store: whoever sends may look.
    Rows { rows: usize, bytes: usize, flush: bool },
    /// What waited in the store when the sender looked there last (milliseconds since 1970) was sent, or cannot be now.
    Flushed(Millis),
    /// The shopper took consent back or asked to be forgotten: forget the profile, what waits to be sent, or both, at once.
    Erased { profile: bool, events: bool },
    /// Somebody else may sit here now: who from now on (a saved profile).
    Anew(String),
}

/// A tab opened.
const HELLO: &str = "h";
/// The answer of those that were open.
const HERE: &str = "i";

/// The channel to the other tabs; silent where the browser has none.
pub(crate) struct Tabs {
    channel: Option<BroadcastChannel>,
    /// Another tab was heard of. A message costs more than all the rest of an event, and most shoppers have one tab.
    company: Rc<Cell<bool>>,
    _hear: Option<Hearing>,
}

impl Tabs {
    /// Before consent nobody is told anything.
    pub(crate) fn silent() -> Tabs {
        Tabs { channel: None, company: Rc::default(), _hear: None }
    }

    /// To tell the others something without listening to them.
    pub(crate) fn aside(prefix: &str) -> Tabs {
        Tabs { channel: channel(prefix), company: Rc::default(), _hear: None }
    }

    pub(crate) fn open(prefix: &str, heard: impl Fn(Word) + 'static) -> Tabs {
        let Some(channel) = channel(prefix) else { return Tabs::silent() };
        let company = Rc::new(Cell::new(false));
        let (known, answering) = (company.clone(), channel.clone());
        let hear = many(Box::new(move |message| {
            let Some(text) = reach::get(&message, "data").as_string() else { return };
            known.set(true);
            if text == HELLO {
                let _ = answering.post_message(&HERE.into());
            } else if let Some(word) = read(&text) {
                heard(word);
            }
        }));
        reach::set(&channel, "onmessage", hear.as_ref());
        let _ = channel.post_message(&HELLO.into());
        Tabs { channel: Some(channel), company, _hear: Some(hear) }
    }

    /// Whether there are other tabs.
    pub(crate) fn in_company(&self) -> bool {
        self.company.get()
    }

    /// Tells the other tabs, if there are any. A tab that opens later reads the store.
    pub(crate) fn say(&self, word: &Word) {
        let Some(channel) =
            self.channel.as_ref().filter(|_| self.in_company() || matches!(word, Word::Erased { .. } | Word::Anew(_)))
        else {
            return;
        };
        let text = match word {
            Word::Event(text) => ["e", text].concat(),
            Word::Rows { rows, bytes, flush } => {
                let [rows, bytes] = [rows, bytes].map(|number| number.to_string());
                ["r", &rows, " ", &bytes, if *flush { " f" } else { "" }].concat()
            }
            Word::Flushed(looked) => ["f", &looked.to_string()].concat(),
            Word::Erased { profile, events } => if *profile && *events {
                "x"
            } else if *profile {
                "xp"
            } else {
                "xe"
            }
            .to_owned(),
            Word::Anew(text) => ["n", text].concat(),
        };
        let _ = channel.post_message(&text.into());
    }
}

fn channel(prefix: &str) -> Option<BroadcastChannel> {
    reach::of_window("BroadcastChannel").and_then(|_| BroadcastChannel::new(prefix).ok())
}

impl Drop for Tabs {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.close();
        }
    }
}

fn read(text: &str) -> Option<Word> {
    let rest = text.get(1..)?;
    Some(match text.as_bytes().first()? {
        b'e' => Word::Event(rest.to_owned()),
        b'r' => {
            let mut parts = rest.split(' ');
            let rows = parts.next()?.parse().ok()?;
            Word::Rows { rows, bytes: parts.next()?.parse().ok()?, flush: parts.next().is_some() }
        }
        b'f' => Word::Flushed(rest.parse().ok()?),
        b'x' => Word::Erased { profile: rest != "e", events: rest != "p" },
        b'n' => Word::Anew(rest.to_owned()),
        _ => return None,
    })
}

/// Holds the lock that makes this tab the one that sends; dropping it lets the next tab have it. The browser frees it
/// when the tab dies.
pub(crate) struct Lead(Rc<Hold>);

#[derive(Default)]
struct Hold {
    release: Cell<Option<js_sys::Function>>,
    /// Nobody wants the lock any more: the browser may give it to us all the same, later.
    over: Cell<bool>,
}

impl Lead {
    /// Asks for the lock and calls `led` once it is held. Without Web Locks every tab leads: ids make that harmless.
    pub(crate) fn ask(prefix: &str, led: Rc<dyn Fn()>) -> Lead {
        let hold = Rc::new(Hold::default());
        let locks = reach::get(&reach::get(&reach::window(), "navigator"), "locks");
        let Some(request) = crate::reach::function(&locks, "request") else {
            crate::clock::after(0, move || led()).forget();
            return Lead(hold);
        };
        // The browser calls these when it pleases, even after we are gone: they are its own.
        let (held, refused) = (hold.clone(), led.clone());
        let granted = Closure::once_into_js(Box::new(move || {
            if held.over.get() {
                return JsValue::UNDEFINED;
            }
            led();
            // The lock is ours until this promise settles.
            js_sys::Promise::new(&mut |done, _| held.release.set(Some(done))).into()
        }) as Box<dyn FnOnce() -> JsValue>);
        let asked = request.call2(&locks, &[prefix, ".send"].concat().into(), &granted);
        // Opaque origins refuse locks: such a page has no other tabs to mind.
        let promise = asked.ok().and_then(|promise| promise.dyn_into::<js_sys::Promise>().ok());
        if let Some(promise) = promise
            && let Some(fail) = crate::reach::function(&promise, "catch")
        {
            let held = hold.clone();
            let refused = crate::reach::once(Box::new(move |_| {
                if !held.over.get() {
                    refused();
                }
            }));
            let _ = fail.call1(&promise, &refused);
        }
        Lead(hold)
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.0.over.set(true);
        if let Some(done) = self.0.release.take() {
            let _ = done.call0(&JsValue::NULL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_messages_are_passed_over() {
        assert_eq!(read(""), None);
        assert_eq!(read("?"), None);
        assert_eq!(read("r2 300 f"), Some(Word::Rows { rows: 2, bytes: 300, flush: true }));
        assert_eq!(read("r2"), None);
        assert_eq!(read("f1790000000000"), Some(Word::Flushed(1_790_000_000_000)));
        assert_eq!(read("f"), None);
        assert_eq!(read("e{}"), Some(Word::Event("{}".into())));
        assert_eq!(read("é"), None);
        assert_eq!(read("x"), Some(Word::Erased { profile: true, events: true }));
        assert_eq!(read("xp"), Some(Word::Erased { profile: true, events: false }));
    }
}
