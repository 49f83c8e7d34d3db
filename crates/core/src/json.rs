//! JSON text with positions: one small reader for rules, catalogues and stored profiles, and a writer. (long: one reader over one table of nodes, and its writer)
//!
//! A document that remembers where each part stands lets `check` and the browser's warnings point at line and column.
//! serde_json was weighed against it for the browser and knows no positions. The reader only marks where values begin
//! and end, one after the other in a single list: a tree of boxes costs a shopper's phone several times as much.
//! The agent is built for size, where little is inlined that is not told to be: what is done for every value is told so.

use crate::schema::Value;

/// Deeper nesting than this is refused.
pub const MAX_DEPTH: usize = 100;

/// A value that was read: where it stands, and what it is. What it holds follows it in the list of cells.
#[derive(Debug, Clone, Copy)]
struct Cell {
    at: u32,
    end: u32,
    /// In the lowest three bits the kind. In the others how many cells it takes with those inside; of texts with escapes
    /// which one of these it is, counted from 1.
    what: u32,
}

impl Cell {
    fn new(at: usize, end: usize, kind: Kind, number: usize) -> Cell {
        Cell { at: at as u32, end: end as u32, what: (number as u32) << 3 | kind as u32 }
    }
    #[inline(always)]
    fn kind(self) -> Kind {
        match self.what & 7 {
            0 => Kind::Null,
            1 => Kind::Bool,
            2 => Kind::Number,
            3 => Kind::Text,
            4 => Kind::List,
            _ => Kind::Map,
        }
    }
    /// How many cells it takes.
    #[inline(always)]
    fn size(self) -> usize {
        if self.what & 4 == 0 { 1 } else { (self.what >> 3) as usize }
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// A finite number.
    Number,
    /// Text.
    Text,
    /// An array.
    List,
    /// An object.
    Map,
}

/// JSON that was read.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    cells: Vec<Cell>,
    /// Texts that held escapes, without them.
    unescaped: Vec<String>,
}

/// What is known of a text that was read, without the text: for whoever holds both.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    cells: Vec<Cell>,
    unescaped: Vec<String>,
}

impl Marks {
    /// The document again, over the text that it was read from.
    pub(crate) fn over(self, text: &str) -> Document<'_> {
        Document { text, cells: self.cells, unescaped: self.unescaped }
    }
}

/// A value of a document, and where it stands in the text (byte offsets).
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    /// Which value of the document it is.
    pub(crate) index: usize,
    /// Where it begins.
    pub at: usize,
    /// Where it ends.
    pub end: usize,
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Member<'d> {
    /// Its name, unescaped.
    pub key: &'d str,
    /// Where the name's opening quote stands.
    pub at: usize,
    /// Where the name ends, behind its closing quote.
    pub end: usize,
    /// Its value.
    pub value: Node<'d>,
}

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset of the trouble.
    pub at: usize,
    /// One lower-case sentence.
    pub message: &'static str,
}

/// The line and the column (both from 1, columns in characters) of a byte offset.
pub fn line_column(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = text.get(..at).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |found| found + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).map_or(0, |part| part.chars().count()) + 1)
}

impl<'a> Document<'a> {
    /// The outermost value.
    pub fn root(&self) -> Node<'_> {
        self.node(0)
    }

    /// The last member of the outermost object with this name.
    pub fn get(&self, key: &str) -> Option<Node<'_>> {
        self.root().get(key)
    }

    /// What was found, without the text.
    pub(crate) fn into_marks(self) -> Marks {
        Marks { cells: self.cells, unescaped: self.unescaped }
    }

    /// The value whose [`Node::index`] this is.
    #[inline]
    pub(crate) fn node(&self, index: usize) -> Node<'_> {
        let (at, end) = self.cells.get(index).map_or((0, 0), |cell| (cell.at as usize, cell.end as usize));
        Node { document: self, index, at, end }
    }

    /// The cells of a member's name and value.
    #[inline(always)]
    fn member(&self, index: usize, end: usize) -> Option<(Cell, Cell)> {
        match self.cells.get(index..end) {
            Some([name, value, ..]) => Some((*name, *value)),
            _ => None,
        }
    }

    /// A member from the cells of its name and its value.
    #[inline]
    fn as_member<'d>(&'d self, name: Cell, value: Cell, index: usize) -> Member<'d> {
        let value = Node { document: self, index, at: value.at as usize, end: value.end as usize };
        Member { key: self.text_in(name), at: name.at as usize, end: name.end as usize, value }
    }

    fn text_of(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", |cell| self.text_in(*cell))
    }

    /// The text of a cell.
    #[inline(always)]
    fn text_in(&self, cell: Cell) -> &str {
        match (cell.what >> 3) as usize {
            0 => self.text.get(cell.at as usize + 1..cell.end as usize - 1).unwrap_or(""),
            escaped => self.unescaped.get(escaped - 1).map_or("", |text| text),
        }
    }
}

impl<'d> Node<'d> {
    #[inline(always)]
    fn cell(self) -> Option<&'d Cell> {
        self.document.cells.get(self.index)
    }
    /// The outermost value of its document.
    pub(crate) fn root(self) -> Node<'d> {
        self.document.root()
    }
    /// What it is.
    pub fn kind(self) -> Kind {
        self.cell().map_or(Kind::Null, |cell| cell.kind())
    }
    /// The last member with this name; `None` for anything but an object.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        let mut found = None;
        for member in self.members() {
            if member.key == key {
                found = Some(member.value);
            }
        }
        found
    }
    /// The text, if it is text.
    pub fn as_str(self) -> Option<&'d str> {
        (self.kind() == Kind::Text).then(|| self.document.text_of(self.index))
    }
    /// The number, if it is a number.
    pub fn as_f64(self) -> Option<f64> {
        (self.kind() == Kind::Number).then(|| number(self.raw()).unwrap_or(0.0))
    }
    /// The boolean, if it is one.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.end - self.at == 4)
    }
    /// Whether it has neither items nor members.
    pub fn is_empty(self) -> bool {
        self.cell().is_none_or(|cell| cell.size() == 1)
    }
    /// Whether two of its members may have one name. A look at the ends of each tells most of them apart.
    pub fn may_repeat_names(self) -> bool {
        let text = self.document.text.as_bytes();
        let byte = |at: u32| u32::from(text.get(at as usize).copied().unwrap_or(0));
        let Items { document, mut next, end } = self.inside(Kind::Map);
        let mut marks = 0_u64;
        while let Some((name, value)) = document.member(next, end) {
            if next + 1 + value.size() >= end && marks == 0 {
                return false;
            }
            let mark = 1 << ((byte(name.at + 1) + 12 * byte(name.end - 2) + name.end - name.at) & 63);
            // What is written with escapes may be written without them elsewhere.
            if marks & mark != 0 || name.what >> 3 != 0 {
                return true;
            }
            marks |= mark;
            next += 1 + value.size();
        }
        false
    }
    /// The items of an array; none for anything else.
    pub fn items(self) -> Items<'d> {
        self.inside(Kind::List)
    }
    /// The member of an object that has no other.
    pub fn only_member(self) -> Option<Member<'d>> {
        let cell = *self.cell()?;
        let (name, value) = self.document.member(self.index + 1, self.index + cell.size())?;
        if cell.kind() != Kind::Map || cell.size() != 2 + value.size() {
            return None;
        }
        Some(self.document.as_member(name, value, self.index + 2))
    }
    /// The members of an object, in order, repeated names kept; none for anything else.
    pub fn members(self) -> Members<'d> {
        Members { items: self.inside(Kind::Map) }
    }
    #[inline(always)]
    fn inside(self, kind: Kind) -> Items<'d> {
        let size = match self.cell() {
            Some(cell) if cell.kind() == kind => cell.size(),
            _ => 1,
        };
        Items { document: self.document, next: self.index + 1, end: self.index + size }
    }
    /// Whether it is an object.
    pub fn is_map(self) -> bool {
        self.kind() == Kind::Map
    }
    /// How it is written in the document.
    pub fn raw(self) -> &'d str {
        self.document.text.get(self.at..self.end).unwrap_or("")
    }
    /// The value without positions.
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.end - self.at == 4),
            Kind::Number => Value::Number(number(self.raw()).unwrap_or(0.0)),
            Kind::Text => Value::Text(self.document.text_of(self.index).to_owned()),
            Kind::List => {
                let mut items = Vec::new();
                for item in self.items() {
                    items.push(item.to_value());
                }
                Value::List(items)
            }
            Kind::Map => {
                let mut members = Vec::new();
                for member in self.members() {
                    members.push((member.key.to_owned(), member.value.to_value()));
                }
                Value::Map(members)
            }
        }
    }
}

/// The items of an array.
#[derive(Debug, Clone, Copy)]
pub struct Items<'d> {
    document: &'d Document<'d>,
    next: usize,
    end: usize,
}

impl<'d> Iterator for Items<'d> {
    type Item = Node<'d>;
    #[inline(always)]
    fn next(&mut self) -> Option<Node<'d>> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let cell = self.document.cells.get(index)?;
        self.next += cell.size();
        Some(Node { document: self.document, index, at: cell.at as usize, end: cell.end as usize })
    }
}

/// The members of an object.
#[derive(Debug, Clone, Copy)]
pub struct Members<'d> {
    items: Items<'d>,
}

impl<'d> Iterator for Members<'d> {
    type Item = Member<'d>;
    #[inline]
    fn next(&mut self) -> Option<Member<'d>> {
        let Items { document, next, end } = self.items;
        let (name, value) = document.member(next, end)?;
        self.items.next = next + 1 + value.size();
        Some(document.as_member(name, value, next + 1))
    }
}

/// Reads one JSON document.
///
/// # Errors
/// The first place where the text is not JSON, nests deeper than [`MAX_DEPTH`] or holds a number out of range.
pub fn parse(text: &str) -> Result<Document<'_>, JsonError> {
    // A guess at how many cells it takes; rules are denser than most.
    let cells = Vec::with_capacity(text.len() / 5 + 8);
    let document = Document { text, cells, unescaped: Vec::new() };
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let open = [NOWHERE; MAX_DEPTH];
    let mut reader = Reader { bytes: text.as_bytes(), at, document, open, depth: 0, inside: NOWHERE, wrong: "" };
    if reader.document() { Ok(reader.document) } else { Err(JsonError { at: reader.at, message: reader.wrong }) }
}

/// Reads one JSON document as a plain value.
///
/// # Errors
/// As [`parse`].
pub fn parse_value(text: &str) -> Result<Value, JsonError> {
    parse(text).map(|document| document.root().to_value())
}

/// The number that digits stand for.
fn number(digits: &str) -> Option<f64> {
    // Most are short and whole.
    let mut whole = 0_i32;
    for byte in digits.bytes() {
        if !byte.is_ascii_digit() || digits.len() > 9 {
            return crate::decimal::read(digits).filter(|number| number.is_finite());
        }
        whole = whole * 10 + i32::from(byte - b'0');
    }
    Some(f64::from(whole))
}

/// Reads in small steps, each a function of its own: browsers optimise what runs long, beside the page and while it waits,
/// and a reader in one piece is long enough for that in a single document, which it has read before that is done. What is
/// counted is how far into a function each return and each turn of a loop lies.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    document: Document<'a>,
    /// The lists and objects around the one that we are in, as `inside` has them, and how many.
    open: [u32; MAX_DEPTH],
    depth: usize,
    /// The cell of the list or object that we are in, doubled; of an object, and 1.
    inside: u32,
    /// What is wrong at `at`.
    wrong: &'static str,
}

/// [`Reader::inside`] no list or object.
const NOWHERE: u32 = u32::MAX - 1;

/// Where a step led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Something is wrong.
    Wrong,
    /// Before a value.
    Before,
    /// Behind a value.
    Behind,
    /// Behind everything.
    End,
}

/// One in each of eight bytes.
const ONES: u64 = u64::MAX / 255;
/// A space in all bytes but the first.
const PLAIN: u64 = ONES * 0x20 - 0x20;

/// The first of eight bytes that does not stand for itself inside text, by its highest bit: a quote, a backslash or a
/// control character. What is set above it means nothing. Source: Mycroft's test for a zero among the bytes of a word.
#[inline(always)]
fn special(eight: u64) -> u64 {
    let is = |byte: u8| {
        let zero = eight ^ (ONES * u64::from(byte));
        zero.wrapping_sub(ONES) & !zero
    };
    let control = eight.wrapping_sub(ONES * 0x20) & !eight;
    (is(b'"') | is(b'\\') | control) & (ONES << 7)
}

/// What went wrong, at the place where the reader stands.
type Done<T = ()> = Result<T, &'static str>;

impl Reader<'_> {
    #[inline(always)]
    fn peek(&self) -> u8 {
        // 0 stands in no JSON, so it can stand for the end.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }
    /// The next byte that is no space.
    #[inline(always)]
    fn next(&mut self) -> u8 {
        let byte = self.peek();
        if byte > b' ' { byte } else { self.after_space() }
    }
    #[inline(never)]
    fn after_space(&mut self) -> u8 {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.peek()
    }
    #[inline(never)]
    fn fail(&mut self, wrong: &'static str) -> Step {
        self.wrong = wrong;
        Step::Wrong
    }
    #[inline(always)]
    fn push(&mut self, from: usize, kind: Kind, number: usize) {
        self.document.cells.push(Cell::new(from, self.at, kind, number));
    }

    /// Whether all is well.
    fn document(&mut self) -> bool {
        if self.bytes.len() > u32::MAX as usize / 8 {
            self.wrong = "the document is too long, at most 500 MB";
            return false;
        }
        let mut step = Step::Before;
        loop {
            step = match step {
                Step::Before => self.value(),
                Step::Behind => self.on(),
                Step::Wrong => return false,
                Step::End => return true,
            }
        }
    }

    /// Reads a value, or the beginning of one that holds others.
    #[inline(never)]
    fn value(&mut self) -> Step {
        match self.next() {
            b'"' => self.text(),
            b'{' | b'[' => self.open(),
            _ => self.rest(),
        }
    }

    #[inline(never)]
    fn open(&mut self) -> Step {
        let byte = self.peek();
        let Some(outer) = self.open.get_mut(self.depth) else {
            return self.fail("nested too deeply, at most 100 levels");
        };
        *outer = self.inside;
        self.depth += 1;
        let is_map = byte == b'{';
        self.inside = (self.document.cells.len() as u32) << 1 | u32::from(is_map);
        self.at += 1;
        self.push(self.at - 1, if is_map { Kind::Map } else { Kind::List }, 1);
        // The closing bracket has the byte after the next.
        if self.next() == byte + 2 {
            Step::Behind
        } else if is_map {
            self.name()
        } else {
            Step::Before
        }
    }

    /// Goes on behind a value.
    #[inline(never)]
    fn on(&mut self) -> Step {
        if self.next() != b',' || self.inside == NOWHERE {
            return self.close();
        }
        self.at += 1;
        if self.inside & 1 == 0 { Step::Before } else { self.name() }
    }

    /// Closes the list or object that ends here.
    #[inline(never)]
    fn close(&mut self) -> Step {
        let count = self.document.cells.len();
        let (index, is_map) = ((self.inside >> 1) as usize, self.inside & 1 == 1);
        let Some(cell) = self.document.cells.get_mut(index) else {
            return if self.at < self.bytes.len() {
                self.fail("text goes on after the end of the document")
            } else {
                Step::End
            };
        };
        if self.bytes.get(self.at) != Some(if is_map { &b'}' } else { &b']' }) {
            return self.fail(if is_map { "expected `,` or `}`" } else { "expected `,` or `]`" });
        }
        self.at += 1;
        *cell = Cell::new(cell.at as usize, self.at, cell.kind(), count - index);
        self.depth -= 1;
        self.inside = self.open.get(self.depth).copied().unwrap_or(NOWHERE);
        Step::Behind
    }

    /// Reads a member's name and the colon after it.
    #[inline(never)]
    fn name(&mut self) -> Step {
        if self.next() != b'"' {
            return self.fail("expected a member name in double quotes");
        }
        let start = self.at;
        self.skip_name();
        if self.push_name(start) == Step::Wrong {
            return Step::Wrong;
        }
        if self.next() != b':' {
            return self.fail("expected `:` after a member name");
        }
        self.at += 1;
        Step::Before
    }

    #[inline(never)]
    fn skip_name(&mut self) {
        self.short();
    }

    #[inline(never)]
    fn push_name(&mut self, start: usize) -> Step {
        self.push_text(start)
    }

    /// Reads a number or a word.
    #[inline(never)]
    fn rest(&mut self) -> Step {
        let from = self.at;
        let read = match self.peek() {
            b'-' | b'0'..=b'9' => self.number().map(|()| Kind::Number),
            b't' => self.word("true", Kind::Bool),
            b'f' => self.word("false", Kind::Bool),
            b'n' => self.word("null", Kind::Null),
            0 if from >= self.bytes.len() => Err("the document ends too early"),
            _ => Err("expected a JSON value"),
        };
        match read {
            Ok(kind) => {
                self.push(from, kind, 0);
                Step::Behind
            }
            Err(wrong) => self.fail(wrong),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Done<Kind> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return Err("expected a JSON value");
        }
        self.at += word.len();
        Ok(kind)
    }

    #[inline(never)]
    fn text(&mut self) -> Step {
        let start = self.at;
        self.skip_text();
        self.push_text(start)
    }

    #[inline(never)]
    fn skip_text(&mut self) {
        self.short();
    }

    /// To the end of the text that begins here, most of which are short. Those of names are counted for themselves.
    #[inline(always)]
    fn short(&mut self) {
        self.at += 1;
        if let Some(eight) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let special = special(u64::from_le_bytes(*eight));
            self.at += special.trailing_zeros() as usize / 8;
            if special == 0 {
                self.long();
            }
        }
    }

    #[inline(never)]
    fn long(&mut self) {
        self.at = self.by_eights(self.at);
    }

    #[inline(always)]
    fn push_text(&mut self, start: usize) -> Step {
        if self.peek() != b'"' {
            return self.unusual_text(start);
        }
        self.at += 1;
        self.push(start, Kind::Text, 0);
        Step::Behind
    }

    /// Text with escapes, or so near to the end that it is not read by eights.
    #[inline(never)]
    fn unusual_text(&mut self, start: usize) -> Step {
        self.at -= 1;
        self.plain();
        let read = if self.peek() == b'"' {
            self.at += 1;
            self.push(start, Kind::Text, 0);
            Ok(())
        } else {
            self.text_with_escapes(start)
        };
        match read {
            Ok(()) => Step::Behind,
            Err(wrong) => self.fail(wrong),
        }
    }

    /// Where the next byte is that does not stand for itself, or where fewer than eight are left.
    #[inline(always)]
    fn by_eights(&self, mut at: usize) -> usize {
        while let Some(eight) = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let special = special(u64::from_le_bytes(*eight));
            at += special.trailing_zeros() as usize / 8;
            if special != 0 {
                break;
            }
        }
        at
    }

    /// Goes on to the next byte that does not stand for itself; where it stands is not looked at.
    fn plain(&mut self) {
        let mut at = self.by_eights(self.at + 1);
        while self.bytes.get(at).is_some_and(|byte| special(u64::from(*byte) | PLAIN) == 0) {
            at += 1;
        }
        self.at = at;
    }

    fn text_with_escapes(&mut self, start: usize) -> Done {
        let mut owned = String::new();
        let mut from = start + 1;
        loop {
            let at = self.at;
            owned.push_str(self.document.text.get(from..at).unwrap_or(""));
            match self.peek() {
                b'"' => break,
                b'\\' => {
                    self.at += 1;
                    owned.push(self.escape()?);
                    from = self.at;
                    self.at -= 1;
                    self.plain();
                }
                _ if at < self.bytes.len() => {
                    return Err("a control character inside text, write it as \\u00XX");
                }
                _ => return Err("text without its closing quote"),
            }
        }
        self.at += 1;
        self.document.unescaped.push(owned);
        self.push(start, Kind::Text, self.document.unescaped.len());
        Ok(())
    }

    fn escape(&mut self) -> Done<char> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex()?;
                let mut code = first;
                if (0xd800..0xdc00).contains(&first) && self.bytes.get(self.at..self.at + 2) == Some(b"\\u") {
                    let back = self.at;
                    self.at += 2;
                    let second = self.hex()?;
                    if (0xdc00..0xe000).contains(&second) {
                        code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    } else {
                        self.at = back;
                    }
                }
                // A lone surrogate has no character: it becomes the replacement character, as in TextDecoder.
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            _ => {
                self.at -= 1;
                if self.at >= self.bytes.len() {
                    return Err("text without its closing quote");
                }
                return Err("unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u");
            }
        })
    }

    fn hex(&mut self) -> Done<u32> {
        let mut code = 0;
        for nth in 0..4 {
            match self.bytes.get(self.at + nth).and_then(|byte| char::from(*byte).to_digit(16)) {
                Some(digit) => code = code << 4 | digit,
                None => return Err("expected four hexadecimal digits after \\u"),
            }
        }
        self.at += 4;
        Ok(code)
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Done {
        let from = self.at;
        if self.peek() == b'-' {
            self.at += 1;
        }
        let first = self.at;
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.bytes.get(first) == Some(&b'0')) {
            self.at = from;
            return Err("not a JSON number");
        }
        let mut large = whole > 300;
        if self.peek() == b'.' {
            self.at += 1;
            if self.digits() == 0 {
                return Err("expected a digit after the decimal point");
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            large = true;
            self.at += 1;
            if matches!(self.peek(), b'-' | b'+') {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err("expected a digit in the exponent");
            }
        }
        if large && number(self.document.text.get(from..self.at).unwrap_or("")).is_none() {
            self.at = from;
            return Err("a number out of range");
        }
        Ok(())
    }
}

/// Writes a value as compact JSON. Numbers that JSON cannot say (NaN, infinite) become `null`.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            for (nth, (key, member)) in members.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}

/// Writes a number the shortest way that reads back the same, in JavaScript's form; `null` for one that JSON cannot say.
pub fn write_number(number: f64, out: &mut String) {
    if number.is_finite() {
        crate::decimal::write(number, out);
    } else {
        out.push_str("null");
    }
}

/// The number that decimal text stands for, infinite beyond the range; `None` for other text.
pub fn read_number(text: &str) -> Option<f64> {
    crate::decimal::read(text)
}

/// Writes text in quotes, escaped. `<` is escaped too, so that the result may stand inside a script element.
pub fn write_text(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && !matches!(byte, b'"' | b'\\' | b'<') {
            continue;
        }
        out.push_str(text.get(from..at).unwrap_or(""));
        from = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                out.push_str("\\u00");
                out.push(HEX.get(usize::from(byte >> 4)).copied().unwrap_or('0'));
                out.push(HEX.get(usize::from(byte & 15)).copied().unwrap_or('0'));
            }
        }
    }
    out.push_str(text.get(from..).unwrap_or(""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in [r#"{"a":[1,2.5,-3e-7,true,null,"x\"y\\z\u0001"],"ü":{"b":""}}"#, "[]", "\"\\u003c\"", "1e300"] {
            let value = parse_value(text).unwrap();
            let mut written = String::new();
            write(&value, &mut written);
            assert_eq!(parse_value(&written).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn trouble_is_found_where_it_stands() {
        for (text, at) in [
            ("{\"a\":1,}", 7),
            ("[1 2]", 3),
            ("{\"a\":1", 6),
            ("\"a", 2),
            ("01", 0),
            ("1e999", 0),
            ("nul", 0),
            ("[1] x", 4),
            ("\"\\x\"", 2),
            ("", 0),
            ("{a:1}", 1),
        ] {
            assert_eq!(parse(text).unwrap_err().at, at, "{text}");
        }
        assert_eq!(line_column("ab\ncä d", 7), (2, 4));
    }

    #[test]
    fn text_ends_at_its_first_special_character_wherever_that_stands() {
        for plain in [" ", "!", "#", "[", "]", "\u{7f}", "ä", "\u{a2}", "日", "🐦"] {
            for before in 0..20 {
                let text = plain.repeat(before);
                assert_eq!(parse_value(&format!("\"{text}\"")), Ok(text.as_str().into()));
                for after in [0, 1, 12] {
                    let rest = plain.repeat(after);
                    let escaped = format!("\"{text}\\\"{rest}\"");
                    assert_eq!(parse_value(&escaped), Ok(format!("{text}\"{rest}").into()));
                    for control in ["\0", "\n", "\u{1f}"] {
                        let wrong = parse(&format!("\"{text}{control}{rest}\"")).unwrap_err();
                        assert_eq!(wrong.at, text.len() + 1, "{wrong:?}");
                    }
                    assert!(parse(&format!("\"{text}\"{rest}x")).is_err());
                }
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused_not_overflowed() {
        assert!(parse(&"[".repeat(10_000)).unwrap_err().message.contains("nested"));
        assert!(parse(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).is_ok());
    }

    #[test]
    fn surrogates_pair_up_or_are_replaced() {
        assert_eq!(parse_value(r#""\ud83d\udc30""#).unwrap().as_str(), Some("🐰"));
        assert_eq!(parse_value(r#""\ud83dx""#).unwrap().as_str(), Some("\u{fffd}x"));
    }
}
