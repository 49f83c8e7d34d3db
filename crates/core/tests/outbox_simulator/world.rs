//! Tabs, a disk, a lock, a network and time: what happens happens in the order of an agenda, and faults come by whim. (long: one world)

use crate::chance::Chance;
use crate::climate::Climate;
use crate::disk::Operation;
use crate::network::Network;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use tailorbird_core::outbox::{Command, Config, Consent, Input, Outbox};
use tailorbird_core::schema::Millis;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Happening {
    Operated,
    Arrive { tab: u64, batch: u32, body: String },
    Tell { tab: u64, batch: u32, status: u16, retry_after: Option<i64>, body: String },
    Lost { tab: u64, batch: u32 },
    Timer { tab: u64, timer: u64 },
    Elected { tab: u64, round: u64 },
    Announced { tab: u64, rows: usize, bytes: usize, flush: bool },
    Flushed { tab: u64, looked: Millis },
    Whim,
}

pub(crate) struct Tab {
    pub(crate) outbox: Outbox,
    pub(crate) tracked: u64,
    /// Requests under way: bytes, and whether they outlive the page.
    requests: BTreeMap<u32, (usize, bool)>,
    timer: u64,
    frozen: bool,
    hidden: bool,
    held: Vec<Input>,
    wants_lock: bool,
    round: u64,
    /// Before this moment the collector wants to hear nothing from this tab.
    silent_until: i64,
    consent: Consent,
}

/// What became of a tracked event.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fate {
    pub(crate) tab: u64,
    pub(crate) too_large: bool,
    pub(crate) on_disk: bool,
    pub(crate) collected: bool,
    pub(crate) sightings: u32,
    pub(crate) dropped: bool,
    /// Its tab is gone: what was not on the disk is lost.
    pub(crate) died: bool,
    /// The visitor was forgotten after it was tracked.
    pub(crate) erased: bool,
    /// It was on the disk when that was wiped.
    pub(crate) wiped: bool,
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) chance: Chance,
    pub(crate) climate: Climate,
    now: i64,
    skew: i64,
    order: u64,
    agenda: BinaryHeap<Reverse<(i64, u64, Happening)>>,
    pub(crate) disk: BTreeMap<String, String>,
    /// Transactions run in the order in which they were asked for, over all tabs.
    operations: VecDeque<(u64, Operation)>,
    operating: bool,
    pub(crate) tabs: BTreeMap<u64, Tab>,
    next_tab: u64,
    lock: Option<u64>,
    lock_line: VecDeque<u64>,
    pub(crate) network: Network,
    pub(crate) store_broken: bool,
    pub(crate) store_full: bool,
    pub(crate) fates: BTreeMap<String, Fate>,
    /// Reports at the collector: how many they count.
    pub(crate) reports: BTreeMap<String, usize>,
    /// Tracked events in the order in which they first arrived.
    pub(crate) arrivals: Vec<String>,
    pub(crate) steps: u64,
    pub(crate) sends: u64,
    calm: bool,
    consent: Consent,
}

const KEEPALIVE_BYTES: usize = 1_500;
const BATCH_BYTES: usize = 3_000;
const BATCH_ROWS: usize = 12;

impl World {
    pub(crate) fn new(seed: u64, climate: Climate) -> World {
        let mut world = World {
            seed,
            chance: Chance::new(seed),
            climate,
            now: 1_790_000_000_000,
            skew: 0,
            order: 0,
            agenda: BinaryHeap::new(),
            disk: BTreeMap::new(),
            operations: VecDeque::new(),
            operating: false,
            tabs: BTreeMap::new(),
            next_tab: 0,
            lock: None,
            lock_line: VecDeque::new(),
            network: Network::Up,
            store_broken: false,
            store_full: false,
            fates: BTreeMap::new(),
            reports: BTreeMap::new(),
            arrivals: Vec::new(),
            steps: 0,
            sends: 0,
            calm: false,
            consent: Consent::Granted,
        };
        world.open_tab();
        world.plan(10, Happening::Whim);
        world
    }

    fn config(&self) -> Config {
        Config {
            write_key: "key".into(),
            durable: self.climate.durable,
            flush_at: 5,
            max_rows: if self.climate.small { 25 } else { 400 },
            max_bytes: if self.climate.small { 4_000 } else { 1 << 20 },
            event_bytes: 900,
            // Refusals come and go within minutes here.
            refused_most: if self.climate.small { 20_000 } else { 600_000 },
            batch_rows: BATCH_ROWS,
            batch_bytes: BATCH_BYTES,
            keepalive_bytes: KEEPALIVE_BYTES,
            ..Config::default()
        }
    }

    pub(crate) fn plan(&mut self, wait: i64, what: Happening) {
        self.order += 1;
        self.agenda.push(Reverse((self.now + wait, self.order, what)));
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.tabs.keys().copied().collect()
    }

    pub(crate) fn open_tab(&mut self) {
        let id = self.next_tab;
        self.next_tab += 1;
        let tab = Tab {
            outbox: Outbox::new(self.config()),
            tracked: 0,
            requests: BTreeMap::new(),
            timer: 0,
            frozen: false,
            hidden: false,
            held: Vec::new(),
            wants_lock: false,
            round: 0,
            silent_until: i64::MIN,
            consent: self.consent,
        };
        self.tabs.insert(id, tab);
        self.tell(id, Input::Start(self.consent));
    }

    pub(crate) fn tell(&mut self, id: u64, input: Input) {
        let (now, chance) = (self.now + self.skew, self.chance.fraction());
        let true_now = self.now;
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        if tab.frozen {
            tab.held.push(input);
            return;
        }
        if let Input::Answered { retry_after: Some(wait), .. } = input {
            tab.silent_until = tab.silent_until.max(true_now + wait);
        }
        self.steps += 1;
        for command in tab.outbox.handle(input, now, chance) {
            self.obey(id, command);
        }
    }

    fn obey(&mut self, id: u64, command: Command) {
        let seed = self.seed;
        let latency = self.chance.between(5, 300);
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        match command {
            Command::Campaign => {
                assert!(!tab.wants_lock, "seed {seed}: asked for the lock twice");
                tab.wants_lock = true;
                tab.round += 1;
                self.lock_line.push_back(id);
                self.grant_lock();
            }
            Command::Resign => {
                tab.wants_lock = false;
                self.leave_lock(id);
            }
            Command::Commit { commit, put, delete } => {
                let may = put.is_empty() || tab.consent == Consent::Granted;
                assert!(self.climate.durable && may, "seed {seed}: wrote without consent");
                self.queue(id, Operation::Commit { commit, put, delete });
            }
            Command::Load { after, rows, bytes } => {
                assert_eq!(tab.consent, Consent::Granted, "seed {seed}: read unasked");
                self.queue(id, Operation::Load { after, rows, bytes });
            }
            Command::Wipe => self.queue(id, Operation::Wipe),
            Command::Announce { rows, bytes, flush } => {
                for tab in self.ids() {
                    if tab != id && !(self.climate.deaf && self.chance.one_in(3)) {
                        let wait = self.chance.between(0, 30);
                        self.plan(wait, Happening::Announced { tab, rows, bytes, flush });
                    }
                }
            }
            Command::Flushed { looked } => {
                for tab in self.ids().into_iter().filter(|tab| *tab != id) {
                    let wait = self.chance.between(0, 30);
                    self.plan(wait, Happening::Flushed { tab, looked });
                }
            }
            Command::Send { batch, body, keepalive } => {
                assert_eq!(tab.consent, Consent::Granted, "seed {seed}: sent without consent");
                assert!(
                    self.climate.clock || tab.silent_until <= self.now,
                    "seed {seed}: sent before Retry-After ended"
                );
                let rows = body.matches("\"messageId\":\"").count();
                assert!(rows <= BATCH_ROWS && body.len() <= BATCH_BYTES, "seed {seed}: {rows} rows, {}", body.len());
                tab.requests.insert(batch, (body.len(), keepalive));
                let light: usize = tab.requests.values().filter(|(_, light)| *light).map(|(bytes, _)| bytes).sum();
                assert!(light <= KEEPALIVE_BYTES, "seed {seed}: {light} bytes of keepalive in flight");
                self.sends += 1;
                self.plan(latency, Happening::Arrive { tab: id, batch, body });
            }
            Command::Abort { batch } => drop(tab.requests.remove(&batch)),
            Command::Wake(wait) => {
                tab.timer += 1;
                // Timers of hidden tabs are slow.
                let (timer, most) = (tab.timer, if tab.hidden { 1_000 } else { 4 });
                let late = self.chance.between(0, most);
                self.plan(wait + late, Happening::Timer { tab: id, timer });
            }
            Command::Sync(_) | Command::Warn(_) => {}
        }
    }

    fn grant_lock(&mut self) {
        if self.lock.is_none()
            && let Some(tab) = self.lock_line.pop_front()
        {
            self.lock = Some(tab);
            let round = self.tabs.get(&tab).map_or(0, |tab| tab.round);
            let wait = self.chance.between(1, 20);
            self.plan(wait, Happening::Elected { tab, round });
        }
    }

    fn leave_lock(&mut self, id: u64) {
        self.lock_line.retain(|other| *other != id);
        if self.lock == Some(id) {
            self.lock = None;
        }
        self.grant_lock();
    }

    fn queue(&mut self, id: u64, operation: Operation) {
        self.operations.push_back((id, operation));
        self.go_on_operating();
    }

    fn go_on_operating(&mut self) {
        if !self.operating && !self.operations.is_empty() {
            self.operating = true;
            let wait = self.chance.between(1, 15) + if self.chance.one_in(20) { 200 } else { 0 };
            self.plan(wait, Happening::Operated);
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Operated => {
                self.operating = false;
                let Some((id, operation)) = self.operations.pop_front() else { return };
                let answer = self.operate(operation);
                self.go_on_operating();
                if self.climate.crashes && !self.calm && self.chance.one_in(400) {
                    // The disk knows, the tab will not.
                    self.end_tab(id, false);
                } else if let Some(answer) = answer {
                    self.tell(id, answer);
                }
            }
            Happening::Arrive { tab, batch, body } => self.arrive(tab, batch, &body),
            Happening::Tell { tab, batch, status, retry_after, body } => {
                if self.end_request(tab, batch) {
                    self.tell(tab, Input::Answered { batch, status, retry_after, body });
                }
            }
            Happening::Lost { tab, batch } => {
                if self.end_request(tab, batch) {
                    self.tell(tab, Input::Unreachable { batch });
                }
            }
            Happening::Timer { tab, timer } => {
                if self.tabs.get(&tab).is_some_and(|tab| tab.timer == timer) {
                    self.tell(tab, Input::Tick);
                }
            }
            Happening::Elected { tab, round } => {
                let holds = self.lock == Some(tab);
                if holds && self.tabs.get(&tab).is_some_and(|tab| tab.round == round && tab.wants_lock) {
                    self.tell(tab, Input::Elected);
                }
            }
            Happening::Announced { tab, rows, bytes, flush } => self.tell(tab, Input::Announced { rows, bytes, flush }),
            Happening::Flushed { tab, looked } => self.tell(tab, Input::Flushed { looked }),
            Happening::Whim if self.calm => {}
            Happening::Whim => {
                self.whim();
                let most = if self.chance.one_in(10) { 8_000 } else { 400 };
                let wait = self.chance.between(0, most);
                self.plan(wait, Happening::Whim);
            }
        }
    }

    fn end_request(&mut self, id: u64, batch: u32) -> bool {
        self.tabs.get_mut(&id).is_some_and(|tab| tab.requests.remove(&batch).is_some())
    }

    /// The tab is gone. What it had asked of disk and network happens, or some first part of it.
    pub(crate) fn end_tab(&mut self, id: u64, gently: bool) {
        let Some(tab) = self.tabs.remove(&id) else { return };
        self.leave_lock(id);
        if !gently {
            // A closing page leaves its committed transactions to the browser; a crash cuts somewhere. It spares
            // erasures, though: one that was cut off was never told to have happened.
            let all = self.operations.iter().filter(|(other, _)| *other == id).count() as u64;
            let mut left = self.chance.below(all + 1);
            self.operations.retain(|(other, operation)| {
                let mine = *other == id;
                let stays = !mine || left > 0 || matches!(operation, Operation::Wipe);
                left = left.saturating_sub(u64::from(mine));
                stays
            });
        }
        for Reverse((at, order, what)) in std::mem::take(&mut self.agenda).into_vec() {
            let arrives = match &what {
                Happening::Arrive { tab: other, batch, .. } if *other == id => {
                    let outlives = gently && tab.requests.get(batch).is_some_and(|(_, light)| *light);
                    outlives || self.chance.one_in(2)
                }
                _ => true,
            };
            if arrives {
                self.agenda.push(Reverse((at, order, what)));
            }
        }
        for fate in self.fates.values_mut().filter(|fate| fate.tab == id) {
            fate.died = true;
        }
    }

    /// `pagehide` into the back/forward cache, or out of it again.
    pub(crate) fn freeze_or_thaw(&mut self, id: u64) {
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        if std::mem::take(&mut tab.frozen) {
            let held = std::mem::take(&mut tab.held);
            self.tell(id, Input::Resume);
            for input in held {
                self.tell(id, input);
            }
        } else {
            self.tell(id, Input::PageHide);
            if let Some(tab) = self.tabs.get_mut(&id) {
                tab.frozen = true;
            }
        }
    }

    fn thaw_all(&mut self) {
        for id in self.ids() {
            if self.tabs.get(&id).is_some_and(|tab| tab.frozen) {
                self.freeze_or_thaw(id);
            }
        }
    }

    pub(crate) fn is_frozen(&self, id: u64) -> bool {
        self.tabs.get(&id).is_none_or(|tab| tab.frozen)
    }

    pub(crate) fn hide_or_show(&mut self, id: u64) {
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        tab.hidden = !tab.hidden;
        let input = if tab.hidden { Input::Hidden } else { Input::Visible };
        self.tell(id, input);
    }

    pub(crate) fn set_clock(&mut self) {
        let year = 365 * 86_400_000;
        let most = if self.chance.one_in(4) { 5 * year } else { 600_000 };
        self.skew += self.chance.between(-most, most);
    }

    pub(crate) fn track(&mut self, id: u64) {
        let pad = if self.chance.one_in(60) { 1_000 } else { self.chance.below(160) as usize };
        let name = if self.climate.poison && self.chance.one_in(40) { "poison" } else { "pad" };
        let Some(tab) = self.tabs.get_mut(&id).filter(|tab| !tab.frozen) else { return };
        tab.tracked += 1;
        let event = format!("e{id}-{}", tab.tracked);
        let text = format!("{{\"messageId\":\"{event}\",\"{name}\":\"{}\"}}", "x".repeat(pad));
        if tab.consent != Consent::Denied {
            self.fates.insert(event.clone(), Fate { tab: id, too_large: pad == 1_000, ..Fate::default() });
        }
        self.tell(id, Input::Push { id: event, event: text });
    }

    /// Consent is told to all tabs at once; a frozen one wakes up to it.
    pub(crate) fn change_consent(&mut self) {
        let other = if self.chance.one_in(2) { Consent::Denied } else { Consent::Pending };
        let consent = if self.consent == Consent::Granted { other } else { Consent::Granted };
        self.decide(consent);
    }

    fn decide(&mut self, consent: Consent) {
        self.thaw_all();
        self.consent = consent;
        if consent == Consent::Denied {
            self.forget_all();
        }
        for id in self.ids() {
            if let Some(tab) = self.tabs.get_mut(&id) {
                tab.consent = consent;
            }
            self.tell(id, Input::Consent(consent));
        }
    }

    pub(crate) fn erase(&mut self) {
        self.thaw_all();
        self.forget_all();
        for id in self.ids() {
            self.tell(id, Input::Erase);
        }
    }

    /// What is under way in the network cannot be called back; all else has to go.
    fn forget_all(&mut self) {
        let agenda = std::mem::take(&mut self.agenda).into_vec();
        self.agenda =
            agenda.into_iter().filter(|Reverse((_, _, what))| !matches!(what, Happening::Arrive { .. })).collect();
        for fate in self.fates.values_mut() {
            fate.erased = true;
        }
    }

    /// So many steps with faults, then a week without: whoever was refused often asks seldom.
    pub(crate) fn run(&mut self, steps: u64) {
        while self.steps < steps {
            let Some(Reverse((at, _, what))) = self.agenda.pop() else { break };
            self.now = at;
            self.happen(what);
        }
        self.calm = true;
        self.network = Network::Up;
        self.store_broken = false;
        self.store_full = false;
        self.thaw_all();
        if self.consent != Consent::Granted {
            self.decide(Consent::Granted);
        }
        if self.tabs.is_empty() {
            self.open_tab();
        }
        for id in self.ids() {
            if self.tabs.get(&id).is_some_and(|tab| tab.hidden) {
                self.hide_or_show(id);
            }
        }
        let end = self.now + 7 * 24 * 3_600_000;
        while let Some(Reverse((at, _, what))) = self.agenda.pop() {
            if at > end {
                break;
            }
            self.now = at;
            self.happen(what);
        }
    }
}
