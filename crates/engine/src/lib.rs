//! Decisions alone, over attributes that the caller hands over: the module's side of `tailorbird/engine`.
//!
//! It is a module of its own, so that nothing of it is in what shoppers download.
//!
//! The boundary is what costs: attribute names and known texts are numbers on the JavaScript side, changes are written
//! straight into two lists in the module's memory, and one call applies them and decides.

use tailorbird_core::json::{self, line_column};
use tailorbird_core::rules::{self, Alone, Decider, Draft, Lexicon};
use tailorbird_schema::Gather;
use tailorbird_schema::{Millis, Value};
use wasm_bindgen::prelude::*;

/// How many changes fit into the lists at once.
const ROOM: usize = 64;
/// In `winners`: nobody won.
const NOBODY: u32 = u32::MAX;

/// The agent's allocator. That of the standard library is one long function, which browsers stop to optimise.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static MEMORY: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Rules and the visitors they decide for.
#[wasm_bindgen]
pub struct Engine {
    draft: Draft,
    compiled: bool,
    problems: Value,
    lexicon: Lexicon,
    visitors: Vec<Option<Visitor>>,
    /// Handles that were given back.
    free: Vec<u32>,
    /// Pairs of slot and kind, one for each change.
    words: Vec<u32>,
    /// The number or symbol of each change.
    numbers: Vec<f64>,
    winners: Vec<u32>,
}

struct Visitor {
    decider: Decider,
    winners: Vec<u32>,
    version: u32,
}

#[wasm_bindgen]
impl Engine {
    /// Reads rules. The text comes as bytes: browsers write those fast, and a text one letter at a time.
    #[wasm_bindgen(constructor)]
    pub fn new(text: Vec<u8>) -> Engine {
        let draft = Draft::new(text);
        let winners = vec![NOBODY; draft.rules().placements().len()];
        Engine {
            draft,
            compiled: false,
            problems: Value::List(Vec::new()),
            lexicon: Lexicon::default(),
            visitors: Vec::new(),
            free: Vec::new(),
            words: vec![0; 2 * ROOM],
            numbers: vec![0.0; ROOM],
            winners,
        }
    }

    /// Decides every placement before the rules are compiled, straight from their text, for a visitor with these attributes:
    /// a JSON list, by turns path and value. The winners then lie in the module's memory. `false`: it cannot be done so.
    pub fn first(&mut self, attributes: &str, id: &str, now: f64) -> bool {
        let Some(attributes) = json::parse_value(attributes).ok().filter(|_| !self.compiled) else { return false };
        let facts = Alone { now: now as Millis, visitor: id, attributes: attributes.items() };
        let Some(winners) = self.draft.winners(&facts) else { return false };
        for (place, winner) in self.winners.iter_mut().zip(winners) {
            *place = winner.map_or(NOBODY, |winner| winner as u32);
        }
        true
    }

    /// Compiles the rules; what is wrong in them is off and in `problems`. All but `first`, `names` and `id` comes after it.
    pub fn compile(&mut self) {
        self.compiled = true;
        let problems = self.draft.compile();
        let text = self.draft.take_text();
        let told = problems.iter().map(|problem| {
            let (line, column) = line_column(&text, problem.at);
            let severity = if problem.severity == rules::Severity::Error { "error" } else { "warning" };
            Value::from([
                ("severity", severity.into()),
                ("code", problem.code.into()),
                ("message", problem.message().into()),
                ("line", (line as f64).into()),
                ("column", (column as f64).into()),
            ])
        });
        self.problems = Value::List(told.gather());
    }

    /// What is wrong with the rules, as JSON text.
    #[must_use]
    pub fn problems(&self) -> String {
        text_of(&self.problems)
    }

    /// The names of placements and, once compiled, of the attributes that rules look at, as JSON text: one value crosses the boundary
    /// sooner than many.
    pub fn names(&self) -> String {
        let rules = self.draft.rules();
        let placements = rules.placements().iter().map(|placement| Value::from(placement.id.as_str())).gather();
        let attributes = rules.attributes().map(|attribute| Value::from(attribute.path.as_str())).gather();
        let names = Value::List(vec![Value::List(placements), Value::List(attributes)]);
        text_of(&names)
    }

    /// The id of an experience by its number in `winners`. Few of many ever win, so none is told before it does.
    pub fn id(&self, number: u32) -> Option<String> {
        self.draft.rules().experiences().get(number as usize).map(|experience| experience.id.clone())
    }

    /// The slot of each of these attributes.
    pub fn slots(&self) -> Vec<u32> {
        let slot = |attribute: &tailorbird_core::attributes::Attribute| self.draft.rules().slot(&attribute.path);
        self.draft.rules().attributes().filter_map(slot).gather()
    }

    /// A text's number, by which it is told from then on; none once there are too many.
    pub fn number_of(&mut self, text: &str) -> Option<u32> {
        self.lexicon.number(self.draft.rules(), text)
    }

    /// Where the lists lie in the module's memory (bytes): slots and kinds, numbers, winners. Then how many changes fit.
    pub fn words_at(&self) -> Vec<u32> {
        vec![self.words.as_ptr() as u32, self.numbers.as_ptr() as u32, self.winners.as_ptr() as u32, ROOM as u32]
    }

    /// A new visitor's handle.
    pub fn visitor(&mut self) -> u32 {
        let visitor = Visitor {
            decider: Decider::new(self.draft.rules()),
            winners: vec![NOBODY; self.draft.rules().placements().len()],
            version: 0,
        };
        let handle = self.free.pop().unwrap_or_else(|| {
            self.visitors.push(None);
            self.visitors.len() as u32 - 1
        });
        if let Some(place) = self.visitors.get_mut(handle as usize) {
            *place = Some(visitor);
        }
        handle
    }

    /// Ends a visitor.
    pub fn release(&mut self, handle: u32) {
        if let Some(place) = self.visitors.get_mut(handle as usize)
            && place.take().is_some()
        {
            self.free.push(handle);
        }
    }

    /// Says who a visitor is, which experiments hash. Nobody, with an empty id, takes part in none.
    pub fn identify(&mut self, handle: u32, id: &str) {
        if let Some(Some(visitor)) = self.visitors.get_mut(handle as usize) {
            visitor.decider.set_visitor(self.draft.rules(), id);
        }
    }

    /// The variant of the winner of a placement, if it is an experiment.
    pub fn variant(&mut self, handle: u32, placement: u32, now: f64) -> Option<String> {
        let visitor = self.visitors.get_mut(handle as usize)?.as_mut()?;
        let rules = self.draft.rules();
        let verdict = visitor.decider.verdict_now(rules, placement as usize, now as Millis);
        let variant = rules.experiences().get(verdict.experience?)?.variants.get(verdict.variant?)?;
        Some(variant.id.clone())
    }

    /// Applies the first `count` changes of the lists.
    pub fn apply(&mut self, handle: u32, count: u32) {
        let Some(Some(visitor)) = self.visitors.get_mut(handle as usize) else { return };
        for (pair, number) in self.words.chunks_exact(2).zip(&self.numbers).take(count as usize) {
            let [slot, kind] = pair else { continue };
            match kind {
                1 => visitor.decider.set_number(self.draft.rules(), *slot, *number),
                2 => visitor.decider.set_symbol(self.draft.rules(), &mut self.lexicon, *slot, *number as u32),
                3 => visitor.decider.set_bool(self.draft.rules(), *slot, true),
                4 => visitor.decider.set_bool(self.draft.rules(), *slot, false),
                _ => visitor.decider.clear(self.draft.rules(), *slot),
            }
        }
    }

    /// A text of which there are too many to number.
    pub fn set_text(&mut self, handle: u32, slot: u32, text: &str) {
        self.set_value(handle, slot, Value::from(text));
    }

    /// A list or an object, as JSON text.
    pub fn set_json(&mut self, handle: u32, slot: u32, text: &str) {
        self.set_value(handle, slot, json::parse_value(text).unwrap_or_default());
    }

    fn set_value(&mut self, handle: u32, slot: u32, value: Value) {
        if let Some(Some(visitor)) = self.visitors.get_mut(handle as usize) {
            visitor.decider.set_value(self.draft.rules(), slot, value);
        }
    }

    /// Applies the first `count` changes and decides every placement at `now` (milliseconds). The answer moves when a
    /// winner does; the winners then lie in the module's memory.
    pub fn decide(&mut self, handle: u32, count: u32, now: f64) -> u32 {
        if count > 0 {
            self.apply(handle, count);
        }
        let Some(Some(visitor)) = self.visitors.get_mut(handle as usize) else { return 0 };
        let mut moved = false;
        for (placement, winner) in visitor.winners.iter_mut().enumerate() {
            let verdict = visitor.decider.verdict_now(self.draft.rules(), placement, now as Millis);
            let next = verdict.experience.map_or(NOBODY, |experience| experience as u32);
            moved |= next != *winner;
            *winner = next;
        }
        if moved || visitor.version == 0 {
            visitor.version = visitor.version.wrapping_add(1).max(1);
        }
        self.winners.copy_from_slice(&visitor.winners);
        visitor.version
    }
}

/// Has this many bytes ready for the next rules: the system's side of new memory takes a fifth as long as reading them.
#[wasm_bindgen]
pub fn make_room(bytes: usize) {
    drop(core::hint::black_box(vec![1_u8; bytes]));
}

fn text_of(value: &Value) -> String {
    let mut text = String::new();
    json::write(value, &mut text);
    text
}

/// The module's memory, for the lists above.
#[wasm_bindgen]
#[must_use]
pub fn module_memory() -> JsValue {
    wasm_bindgen::memory()
}
