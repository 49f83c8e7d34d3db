//! Places in a text for people: line and column, and the line itself with a mark under what is meant.

/// So many letters of a line are shown at most.
const WIDTH: usize = 96;
/// So many of them before the place.
const BEFORE: usize = 48;

/// Finds line and column of offsets that come in order, in one walk over the text.
pub(super) struct Walk<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    column: usize,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str) -> Walk<'t> {
        Walk { text, at: 0, line: 1, column: 1 }
    }

    /// Line and column, both from 1, columns in letters, as [`crate::json::line_column`] counts them.
    pub(super) fn to(&mut self, at: usize) -> (usize, usize) {
        let at = boundary(self.text, at);
        if at < self.at {
            *self = Walk::new(self.text);
        }
        for letter in self.text.get(self.at..at).unwrap_or("").chars() {
            match letter {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                _ => self.column += 1,
            }
        }
        self.at = at;
        (self.line, self.column)
    }
}

/// The last boundary between letters that is not behind an offset.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The line around what stands between two offsets, and below it a line that marks it. Of long lines only a part.
pub(super) fn marked(text: &str, at: usize, end: usize) -> Option<(String, String)> {
    let at = boundary(text, at);
    let (before, after) = (text.get(..at)?, text.get(at..)?);
    let not_here = |letter: &char| *letter != '\n';
    let mut line: Vec<char> = before.chars().rev().take_while(not_here).take(BEFORE + 1).collect();
    let cut = line.len() > BEFORE;
    line.truncate(BEFORE);
    line.reverse();
    let lead = line.len();
    let mut rest = after.chars().take_while(not_here);
    line.extend(rest.by_ref().take(WIDTH - lead));
    let goes_on = rest.next().is_some();
    let marks = text.get(at..boundary(text, end)).unwrap_or("").chars().take_while(not_here).count();
    let marks = marks.clamp(1, (line.len() - lead).max(1));
    // The line's own indentation only pushes it to the right.
    let spaces = if cut { 0 } else { line.iter().take(lead).take_while(|letter| letter.is_whitespace()).count() };
    let mut shown: String = if cut { "…".to_owned() } else { String::new() };
    shown.extend(line.iter().skip(spaces).map(|letter| if letter.is_control() { ' ' } else { *letter }));
    let mut mark = " ".repeat(lead - spaces + usize::from(cut));
    mark.push_str(&"^".repeat(marks));
    let shown = shown.trim_end();
    let shown = if goes_on { [shown, "…"].concat() } else { shown.to_owned() };
    (!shown.is_empty()).then_some((shown, mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::line_column;

    #[test]
    fn the_walk_finds_what_a_look_from_the_beginning_finds() {
        let text = "a\nbä\r\n\n€ and more\n";
        let mut walk = Walk::new(text);
        for at in (0..=text.len() + 2).chain([3, 0, 5]) {
            assert_eq!(walk.to(at), line_column(text, at), "{at}");
        }
    }

    #[test]
    fn the_mark_stands_under_what_is_meant() {
        let text = "{\n\t\"ä\": \"$gtt\",\n}";
        let at = text.find("\"$gtt").unwrap();
        assert_eq!(marked(text, at, at + 6), Some(("\"ä\": \"$gtt\",".to_owned(), "     ^^^^^^".to_owned())));
        assert_eq!(marked("", 0, 0), None);
        assert_eq!(marked("ab", 2, 2), Some(("ab".to_owned(), "  ^".to_owned())));
    }

    #[test]
    fn of_a_long_line_a_part_is_shown() {
        let text = format!("{}here{}", "x".repeat(5_000), "y".repeat(5_000));
        let (line, mark) = marked(&text, 5_000, 5_004).unwrap();
        assert_eq!(line.chars().count(), WIDTH + 2);
        let place = mark.find('^').unwrap();
        assert_eq!(line.chars().skip(place).take(4).collect::<String>(), "here");
    }
}
