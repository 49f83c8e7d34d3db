//! Writes lists and objects as JSON, piece by piece: no tree is built for what is saved after every event.

use crate::json;
use crate::schema::{Millis, Value};

/// JSON in the making.
pub(crate) struct Line {
    out: String,
    /// Whether what comes next needs a comma before it.
    comma: bool,
}

impl Line {
    /// An open list.
    pub(crate) fn new() -> Line {
        // Room for most events, so that the text rarely moves while it grows.
        let mut out = String::with_capacity(240);
        out.push('[');
        Line { out, comma: false }
    }

    /// The whole, once the outer list is closed.
    pub(crate) fn end(mut self) -> String {
        self.out.push(']');
        self.out
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(',');
        }
        self.comma = true;
    }

    pub(crate) fn open(&mut self, bracket: &str) -> &mut Line {
        self.separate();
        self.out.push_str(bracket);
        self.comma = false;
        self
    }

    pub(crate) fn close(&mut self, bracket: &str) -> &mut Line {
        self.out.push_str(bracket);
        self.comma = true;
        self
    }

    /// A member's name; its value is to follow.
    pub(crate) fn name(&mut self, name: &str) -> &mut Line {
        self.text(name);
        self.out.push(':');
        self.comma = false;
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Line {
        self.separate();
        json::write_text(text, &mut self.out);
        self
    }

    pub(crate) fn maybe_text(&mut self, text: Option<&str>) -> &mut Line {
        match text {
            Some(text) => self.text(text),
            None => self.value(&Value::Null),
        }
    }

    pub(crate) fn number(&mut self, number: f64) -> &mut Line {
        self.separate();
        json::write_number(number, &mut self.out);
        self
    }

    pub(crate) fn whole(&mut self, number: Millis) -> &mut Line {
        self.number(number as f64)
    }

    pub(crate) fn maybe_whole(&mut self, number: Option<Millis>) -> &mut Line {
        match number {
            Some(number) => self.whole(number),
            None => self.value(&Value::Null),
        }
    }

    pub(crate) fn value(&mut self, value: &Value) -> &mut Line {
        self.separate();
        json::write(value, &mut self.out);
        self
    }

    /// An object of these members.
    pub(crate) fn members<'a>(&mut self, members: impl IntoIterator<Item = &'a (String, Value)>) -> &mut Line {
        self.open("{");
        for (name, value) in members {
            self.name(name).value(value);
        }
        self.close("}")
    }

    /// What is JSON already.
    pub(crate) fn written(&mut self, json: &str) -> &mut Line {
        self.separate();
        self.out.push_str(json);
        self
    }

    /// A list of items.
    pub(crate) fn list<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Line, T)) -> &mut Line {
        self.open("[");
        for item in items {
            write(self, item);
        }
        self.close("]")
    }

    /// A list of lists.
    pub(crate) fn rows<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Line, T)) -> &mut Line {
        self.list(items, |line, item| {
            line.open("[");
            write(line, item);
            line.close("]");
        })
    }
}
