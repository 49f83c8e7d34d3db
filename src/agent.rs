//! Where everything is put together: a click becomes an event, an event becomes a profile, a profile becomes a decision,
//! a decision becomes what the page shows; and the same event leaves for the collector.
//!
//! `Mind` thinks, the other fields are hands. A borrow of the mind never lasts while JavaScript is called: handlers of the
//! page may come back in.

use crate::boundary::to_js;
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::intake::{self, Intake, Signal, Switches};
use crate::later::Later;
use crate::lookup::CatalogLookup;
use crate::mind::Mind;
use crate::options::Options;
use crate::parts::Parts;
use crate::render::{Exposures, Stage};
use crate::segment;
use crate::showing::Shown;
use crate::storage::Store;
use crate::tabs::{Tabs, Word};
use crate::transport::Transport;
use gloo_timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tailorbird_core::outbox;
use tailorbird_core::profile::{Device, Page};
use tailorbird_core::rules::{Problem, Severity};
use tailorbird_schema::{Decision, Event, Value};
use wasm_bindgen::JsValue;

/// What the package's facade lends us.
pub(crate) struct Hooks {
    emit: Option<js_sys::Function>,
    wants: Option<js_sys::Function>,
    warn: Option<js_sys::Function>,
    pub(crate) keep: Option<js_sys::Function>,
    /// `tap.ts`: listens in on a function of the page.
    tap: JsValue,
    pub(crate) forget_kept: Option<js_sys::Function>,
    /// Makes the calls that waited for the module.
    drain: Option<js_sys::Function>,
    /// The name of what is told most often: making a text for the page is not free.
    event: JsValue,
}

/// One agent. Cheap to clone; all clones are the same agent.
#[derive(Clone)]
pub(crate) struct Agent(pub(crate) Rc<Inner>);

pub(crate) struct Inner {
    pub(crate) mind: RefCell<Mind>,
    pub(crate) hooks: Hooks,
    pub(crate) clock: Clock,
    pub(crate) transport: Option<Transport>,
    pub(crate) prefix: String,
    pub(crate) stage: Stage,
    pub(crate) exposures: Exposures,
    /// What each slot shows now.
    pub(crate) shown: RefCell<Vec<Shown>>,
    /// What was seen and counted on this page view, wherever it stands.
    pub(crate) counted: RefCell<Vec<Decision>>,
    pub(crate) slots_watch: RefCell<Option<crate::showing::SlotWatch>>,
    pub(crate) store: RefCell<Store>,
    /// Whether what is kept may be kept: the store is open, or about to be.
    pub(crate) store_open: Cell<bool>,
    /// How often the store was opened: what an opening before the last brings is too late.
    pub(crate) openings: Cell<u32>,
    /// Whether the store is about to be open.
    pub(crate) opening: Cell<bool>,
    /// Events were refused meanwhile.
    pub(crate) refused: Cell<bool>,
    pub(crate) delivery: RefCell<Option<Delivery>>,
    pub(crate) tabs: RefCell<Tabs>,
    pub(crate) flushes: RefCell<Vec<js_sys::Function>>,
    pub(crate) saving: RefCell<Option<Timeout>>,
    pub(crate) rendering: RefCell<Option<Timeout>>,
    pub(crate) looking: RefCell<Option<Timeout>>,
    pub(crate) intake: RefCell<Option<Rc<Intake>>>,
    pub(crate) later: Later,
    pub(crate) running: Cell<bool>,
}

impl Agent {
    /// An agent that knows its options and nothing else.
    pub(crate) fn new(options: &str, hooks: &JsValue) -> Agent {
        let hook = |name: &str| crate::reach::function(hooks, name);
        let options = Options::read(options);
        let clock = Clock::new(hook("clock"));
        let prefix = options.prefix.clone();
        let transport = options.collector.as_deref().map(|url| Transport::new(url, hook("transport")));
        Agent(Rc::new(Inner {
            mind: RefCell::new(Mind::new(options, clock.now())),
            hooks: Hooks {
                emit: hook("emit"),
                wants: hook("wants"),
                warn: hook("warn"),
                keep: hook("keep"),
                tap: hook("tap").map(JsValue::from).unwrap_or_default(),
                forget_kept: hook("forgetKept"),
                drain: hook("drain"),
                event: "event".into(),
            },
            clock,
            transport,
            stage: Stage::new(hook),
            exposures: Exposures::new(),
            shown: RefCell::default(),
            counted: RefCell::default(),
            slots_watch: RefCell::default(),
            store: RefCell::new(Store::in_memory(&prefix)),
            store_open: Cell::new(false),
            openings: Cell::default(),
            opening: Cell::default(),
            refused: Cell::default(),
            delivery: RefCell::default(),
            tabs: RefCell::new(Tabs::silent()),
            flushes: RefCell::default(),
            saving: RefCell::default(),
            rendering: RefCell::default(),
            looking: RefCell::default(),
            intake: RefCell::default(),
            later: Later::default(),
            running: Cell::new(false),
            prefix,
        }))
    }

    /// Takes the rules in. Answers the catalogue that they name.
    pub(crate) fn load(&self, rules: Option<&str>) -> Option<String> {
        if let Some(text) = rules {
            let problems = self.0.mind.borrow_mut().load_rules(text);
            for problem in &problems {
                let told = told("rules", text, problem);
                self.warn(problem.code, &told);
                if let Some(experience) = problem.experience.clone().filter(|_| problem.severity == Severity::Error) {
                    self.0.mind.borrow_mut().faults.push((experience, told));
                }
            }
        }
        self.0.mind.borrow().rules().and_then(|rules| rules.catalog().map(str::to_owned))
    }

    /// The model that the rules name, by the URL of its manifest.
    pub(crate) fn model_named(&self) -> Option<String> {
        self.0.mind.borrow().rules().and_then(|rules| rules.model().map(str::to_owned))
    }

    pub(crate) fn load_catalog(&self, text: &str, address: &str) {
        let parts = Parts::of(text, address);
        self.0.mind.borrow_mut().parts = parts;
        self.add_products(Some(text));
        self.want_parts();
    }

    /// Takes products in: the whole catalogue, or a part of it.
    pub(crate) fn add_products(&self, text: Option<&str>) {
        if let Some(text) = text {
            let problems = self.0.mind.borrow_mut().catalog.add(text);
            for problem in problems.iter().take(10) {
                self.warn("catalog", &told("catalogue", text, problem));
            }
        }
        let listening = self.0.intake.borrow().clone();
        if let Some(listening) = listening {
            listening.rescan();
        }
        self.render_soon();
    }

    /// Begins to listen and to show.
    pub(crate) fn begin(&self) {
        if self.0.running.replace(true) {
            return;
        }
        let switches = {
            let mind = self.0.mind.borrow();
            let options = &mind.options;
            Switches {
                clicks: options.clicks,
                pages: options.pages,
                data_layer: options.data_layer,
                json_ld: options.json_ld,
                visibility: options.visibility,
            }
        };
        let told = Rc::downgrade(&self.0);
        let sink: Rc<dyn Fn(Signal)> = Rc::new(move |signal| {
            if let Some(inner) = told.upgrade() {
                Agent(inner).hear(signal);
            }
        });
        let lookup = Rc::new(CatalogLookup(Rc::downgrade(&self.0)));
        let listening = Rc::new(Intake::listen(switches, lookup, sink, self.0.hooks.tap.clone()));
        *self.0.intake.borrow_mut() = Some(listening.clone());
        self.watch_slots();
        listening.begin();
        if self.0.running.get() {
            self.render(None);
        }
    }

    /// Stops listening and showing; the page's own markup comes back.
    pub(crate) fn stop(&self) {
        self.0.running.set(false);
        drop(self.0.intake.take());
        drop(self.0.slots_watch.take());
        drop(self.0.rendering.take());
        drop(self.0.looking.take());
        self.0.stage.give_back();
        self.0.shown.borrow_mut().clear();
        self.0.exposures.clear();
        self.save_now();
        // Nobody tells it when the page ends any more.
        self.tell_delivery(outbox::Input::Hidden);
        // Whoever starts after this one reads what it knew.
        self.0.store.borrow().hurry(true);
    }

    /// Does now what would be done within the next moments; whether something is still on its way from the network.
    pub(crate) fn settle(&self) -> bool {
        let listening = self.0.intake.borrow().clone();
        if let Some(listening) = listening {
            listening.settle();
        }
        self.work_off();
        self.render(None);
        self.save_now();
        self.0.mind.borrow().model.is_coming()
    }

    /// What the page told.
    fn hear(&self, signal: Signal) {
        // One of the calls that waited may have been `stop`.
        if !self.0.running.get() {
            return;
        }
        if !matches!(signal, Signal::Track { .. }) {
            self.work_off();
        }
        match signal {
            Signal::Page { counts } => {
                self.look_at_page();
                self.new_page_view();
                if counts {
                    self.page_seen();
                }
                // What the page itself has told outweighs what we would notice on it.
                if let Some(drain) = &self.0.hooks.drain {
                    let _ = drain.call0(&JsValue::NULL);
                }
            }
            Signal::Track { name, properties } => self.track(&name, properties, self.0.clock.now()),
            Signal::Consent { source, said } => self.hear_tool(source, said),
            Signal::SlotClick { placement, product } => self.clicked(&placement, product),
            Signal::Facts => {
                self.look_at_page();
                self.render_soon();
            }
            Signal::Hidden => {
                self.0.exposures.restart(true);
                self.save_now();
                self.tell_delivery(tailorbird_core::outbox::Input::Hidden);
                self.0.store.borrow().hurry(true);
            }
            Signal::Leaving => {
                self.save_now();
                self.tell_delivery(tailorbird_core::outbox::Input::PageHide);
                self.0.store.borrow().hurry(true);
                self.stop_listening_to_tabs();
            }
            Signal::Shown => {
                self.0.exposures.restart(false);
                self.0.store.borrow().hurry(false);
                self.tell_delivery(tailorbird_core::outbox::Input::Visible);
            }
            Signal::Restored => {
                self.0.store.borrow().hurry(false);
                self.thaw();
            }
            Signal::Online(true) => self.tell_delivery(tailorbird_core::outbox::Input::Online),
            Signal::Online(false) => self.tell_delivery(tailorbird_core::outbox::Input::Offline),
        }
    }

    /// Reads page, device and context anew.
    fn look_at_page(&self) {
        let listening = self.0.intake.borrow().clone();
        let Some(page) = listening.map(|listening| listening.page()) else { return };
        let device = intake::device();
        let mut context = intake::context();
        let library = [("name", "tailorbird".into()), ("version", env!("CARGO_PKG_VERSION").into())];
        context.set("library", Value::from(library));
        let mut mind = self.0.mind.borrow_mut();
        mind.context = context;
        mind.around.set_page(Page {
            url: page.url,
            path: page.path,
            kind: page.page_type,
            title: page.title,
            product: page.product,
            category: page.category,
            query: page.query,
        });
        mind.around.set_device(Device {
            kind: device.kind.to_owned(),
            language: device.language,
            timezone: device.timezone,
            utc_offset: device.utc_offset_minutes,
            touch: device.touch,
        });
    }

    /// What follows from an event: it becomes part of the profile, leaves for the collector, and may change what is shown.
    pub(crate) fn follow_event(&self, event: Event) {
        let stage = self.0.mind.borrow_mut().record(&event);
        let value = segment::value(&event);
        let mut text = String::with_capacity(512);
        tailorbird_core::json::write(&value, &mut text);
        if self.0.tabs.borrow().in_company() {
            self.0.tabs.borrow().say(&Word::Event(text.clone()));
        }
        self.deliver(event, text);
        if self.events_are_heard() {
            self.emit("event", &value);
        }
        self.save_soon();
        self.want_model_files();
        if self.may_show() {
            self.render_soon();
        }
        if let Some(stage) = stage {
            let told = Value::from([("from", stage.from.name().into()), ("to", stage.to.name().into())]);
            self.emit("stage", &told);
            self.track("Stage Changed", told, self.0.clock.now());
        }
    }

    /// Events that another tab recorded become part of this tab's profile too; that tab delivers them.
    pub(crate) fn overhear(&self, text: &str) {
        let Some(event) = segment::read(text) else { return };
        let mine = self.0.mind.borrow().profile.visitor_id() == event.anonymous_id;
        if mine {
            self.0.mind.borrow_mut().record(&event);
            self.save_soon();
            self.render_soon();
        }
    }

    /// Tells the page's handlers, if there are any: turning values into objects is not free.
    pub(crate) fn emit(&self, name: &str, detail: &Value) {
        let name = JsValue::from(name);
        if let Some(emit) = self.0.hooks.emit.as_ref().filter(|_| self.is_heard(&name)) {
            let _ = emit.call2(&JsValue::NULL, &name, &to_js(detail));
        }
    }

    /// Whether the page listens for events.
    pub(crate) fn events_are_heard(&self) -> bool {
        self.is_heard(&self.0.hooks.event)
    }

    fn is_heard(&self, name: &JsValue) -> bool {
        let wants = self.0.hooks.wants.as_ref();
        wants.is_some_and(|wants| wants.call1(&JsValue::NULL, name).is_ok_and(|wanted| wanted.is_truthy()))
    }

    pub(crate) fn warn(&self, code: &str, message: &str) {
        if let Some(warn) = &self.0.hooks.warn {
            let _ = warn.call2(&JsValue::NULL, &code.into(), &message.into());
        }
    }

    /// A callback that does nothing once the agent is gone.
    pub(crate) fn weak<T: 'static>(&self, then: impl Fn(&Agent, T) + 'static) -> impl Fn(T) + 'static {
        let inner = Rc::downgrade(&self.0);
        move |given| {
            if let Some(inner) = inner.upgrade() {
                then(&Agent(inner), given);
            }
        }
    }
}

/// A problem of a document, and where in its text it is.
fn told(document: &str, text: &str, problem: &Problem) -> String {
    let (line, column) = tailorbird_core::json::line_column(text, problem.at);
    let [line, column] = [line, column].map(|number| number.to_string());
    [document, ", line ", &line, ", column ", &column, ": ", &problem.message()].concat()
}
