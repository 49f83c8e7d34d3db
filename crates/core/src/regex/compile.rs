//! Turns a pattern's tree into steps, repetitions spelled out.

use super::parse::Tree;
use super::{Form, MAX_STEPS, Refused, Step};
use crate::letter::lower;

/// The pattern as plain text, if it is no more than that.
pub(super) fn literal(tree: &Tree) -> Option<Form> {
    let Tree::Row(parts) = tree else { return None };
    let mut parts = parts.as_slice();
    let (mut start, mut end) = (false, false);
    if let [Tree::Start, rest @ ..] = parts {
        (start, parts) = (true, rest);
    }
    if let [rest @ .., Tree::End] = parts {
        (end, parts) = (true, rest);
    }
    let letter = |part: &Tree| if let Tree::Char(letter) = part { Some(*letter) } else { None };
    let text: Option<String> = parts.iter().map(letter).collect();
    Some(Form::Literal { text: text?.into(), start, end })
}

/// The steps that find the pattern.
pub(super) fn steps(tree: &Tree, insensitive: bool) -> Result<Vec<Step>, Refused> {
    let mut writer = Writer { steps: Vec::new(), insensitive };
    writer.tree(tree)?;
    writer.push(Step::Match)?;
    Ok(writer.steps)
}

struct Writer {
    steps: Vec<Step>,
    insensitive: bool,
}

impl Writer {
    fn here(&self) -> u32 {
        self.steps.len() as u32
    }

    fn push(&mut self, step: Step) -> Result<usize, Refused> {
        if self.steps.len() >= MAX_STEPS {
            return Err(Refused { expected: "a smaller pattern: it comes to more than 2000 steps" });
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    /// Writes the step of an earlier place anew, now that its aims are known.
    fn aim(&mut self, at: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(at) {
            *place = step;
        }
    }

    fn tree(&mut self, tree: &Tree) -> Result<(), Refused> {
        match tree {
            Tree::Char(letter) => {
                let letter = if self.insensitive { lower(*letter) } else { *letter };
                self.push(Step::Char(letter))?;
            }
            Tree::Class(class) => {
                self.push(Step::Class(class.clone()))?;
            }
            Tree::Start => {
                self.push(Step::Start)?;
            }
            Tree::End => {
                self.push(Step::End)?;
            }
            Tree::Edge(edge) => {
                self.push(Step::Edge(*edge))?;
            }
            Tree::Row(parts) => {
                for part in parts {
                    self.tree(part)?;
                }
            }
            Tree::Either(branches) => self.either(branches)?,
            Tree::Repeat(part, least, most) => self.repeat(part, *least, *most)?,
        }
        Ok(())
    }

    fn either(&mut self, branches: &[Tree]) -> Result<(), Refused> {
        let mut ends = Vec::new();
        for (nth, branch) in branches.iter().enumerate() {
            if nth + 1 == branches.len() {
                self.tree(branch)?;
                break;
            }
            let split = self.push(Step::Match)?;
            self.tree(branch)?;
            ends.push(self.push(Step::Match)?);
            self.aim(split, Step::Split(split as u32 + 1, self.here()));
        }
        for end in ends {
            self.aim(end, Step::Jump(self.here()));
        }
        Ok(())
    }

    fn repeat(&mut self, part: &Tree, least: u32, most: Option<u32>) -> Result<(), Refused> {
        for _ in 0..least {
            self.tree(part)?;
        }
        match most {
            None => {
                let split = self.push(Step::Match)?;
                self.tree(part)?;
                self.push(Step::Jump(split as u32))?;
                self.aim(split, Step::Split(split as u32 + 1, self.here()));
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.push(Step::Match)?);
                    self.tree(part)?;
                }
                for split in splits {
                    self.aim(split, Step::Split(split as u32 + 1, self.here()));
                }
            }
        }
        Ok(())
    }
}
