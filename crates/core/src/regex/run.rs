//! Runs a compiled pattern over a text, all ways at once: every character is looked at once per step at most.

use super::Step;
use super::class::is_word;
use crate::letter::lower;

/// Whether `part` stands somewhere in `text`.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else { return true };
    let mut left = text;
    while left.len() >= part.len() {
        let Some(found) = left.iter().position(|byte| byte == first) else { return false };
        left = left.get(found + 1..).unwrap_or(&[]);
        if left.starts_with(rest) {
            return true;
        }
    }
    false
}

/// The steps that wait for the next character, each once.
struct Threads<'a> {
    steps: &'a [Step],
    waiting: Vec<u32>,
    /// Per step the last position at which it was reached, plus one.
    reached: Vec<u32>,
    todo: Vec<u32>,
}

/// What surrounds a position of the text.
struct Place {
    stamp: u32,
    before: Option<char>,
    after: Option<char>,
}

impl Threads<'_> {
    /// Goes on from a step up to those that need a character. Says whether the pattern is found.
    fn reach(&mut self, from: u32, place: &Place) -> bool {
        self.todo.push(from);
        while let Some(at) = self.todo.pop() {
            let Some(reached) = self.reached.get_mut(at as usize).filter(|reached| **reached != place.stamp) else {
                continue;
            };
            *reached = place.stamp;
            match self.steps.get(at as usize) {
                None | Some(Step::Match) => return true,
                Some(Step::Char(_) | Step::Class(_)) => self.waiting.push(at),
                Some(Step::Jump(to)) => self.todo.push(*to),
                Some(Step::Split(one, other)) => self.todo.extend([*other, *one]),
                Some(Step::Start) if place.before.is_none() => self.todo.push(at + 1),
                Some(Step::End) if place.after.is_none() => self.todo.push(at + 1),
                Some(Step::Edge(edge)) => {
                    let word = |letter: Option<char>| letter.is_some_and(is_word);
                    if (word(place.before) != word(place.after)) == *edge {
                        self.todo.push(at + 1);
                    }
                }
                Some(Step::Start | Step::End) => {}
            }
        }
        false
    }
}

/// Whether the pattern is found anywhere in the text.
pub(super) fn is_match(steps: &[Step], text: &str, insensitive: bool) -> bool {
    let anchored = matches!(steps.first(), Some(Step::Start));
    let mut threads = Threads { steps, waiting: Vec::new(), reached: vec![0; steps.len()], todo: Vec::new() };
    let mut letters = text.chars();
    let mut place = Place { stamp: 1, before: None, after: letters.next() };
    if threads.reach(0, &place) {
        return true;
    }
    let mut ready = Vec::new();
    while let Some(letter) = place.after {
        core::mem::swap(&mut ready, &mut threads.waiting);
        if ready.is_empty() && anchored {
            return false;
        }
        place = Place { stamp: place.stamp + 1, before: Some(letter), after: letters.next() };
        let small = if insensitive { lower(letter) } else { letter };
        for at in ready.drain(..) {
            let passes = match steps.get(at as usize) {
                Some(Step::Char(expected)) => *expected == small,
                Some(Step::Class(class)) => class.holds(letter, insensitive),
                _ => false,
            };
            if passes && threads.reach(at + 1, &place) {
                return true;
            }
        }
        if !anchored && threads.reach(0, &place) {
            return true;
        }
    }
    false
}
