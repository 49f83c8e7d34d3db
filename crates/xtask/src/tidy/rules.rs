//! What each file has to be by itself: it says what it is for, is not too long, has a telling name, names no machine.

use super::files::File;

/// Lines of a file, tests apart, above which it has to say why.
const LONG: usize = 400;
/// Names that say nothing about what is inside.
const VAGUE: [&str; 8] = ["prelude", "util", "utils", "helper", "helpers", "common", "manager", "misc"];
/// What tells of the machine that a file was written on. In pieces, so that this file does not name them itself.
const MACHINES: [&str; 5] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/home", "/runner"),
    concat!("regi", "stry.npmjs.org"),
    concat!("artifac", "tory"),
];

pub(super) fn problems_of(file: &File) -> Vec<String> {
    let mut problems = Vec::new();
    if file.is_rust() {
        problems.extend(opening(file));
        problems.extend(length(file));
    }
    problems.extend(name(file));
    problems.extend(machines(file));
    problems
}

fn opening(file: &File) -> Option<String> {
    let first = file.text.lines().next().unwrap_or_default();
    let rest = first.strip_prefix("//!").unwrap_or_default();
    rest.trim().is_empty().then(|| format!("{}: begin it with one `//!` sentence: what it is for", file.path))
}

fn length(file: &File) -> Option<String> {
    let lines = file.text.lines().take_while(|line| *line != "mod tests {").count();
    let first = file.text.lines().next().unwrap_or_default();
    (lines > LONG && !first.contains("(long: ")).then(|| {
        format!(
            "{}: {lines} lines without its tests: split it, or say why not in its first line, as `(long: one table)`",
            file.path
        )
    })
}

fn name(file: &File) -> Option<String> {
    let parts = file.path.split('/');
    let vague = parts.map(|part| part.split('.').next().unwrap_or_default()).find(|part| VAGUE.contains(part))?;
    Some(format!("{}: `{vague}` says nothing: name it for what is inside", file.path))
}

fn machines(file: &File) -> Option<String> {
    let (number, line) =
        file.text.lines().enumerate().find(|(_, line)| MACHINES.iter().any(|machine| begins_in(line, machine)))?;
    let shown: String = line.trim().chars().take(80).collect();
    Some(format!("{}:{}: names a machine's folder or a registry's host: `{shown}`", file.path, number + 1))
}

/// Whether the words stand there, and not as the end of a longer path such as `/benches/work/`.
fn begins_in(line: &str, words: &str) -> bool {
    line.match_indices(words).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_-.*})".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> usize {
        problems_of(&File { path: path.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn a_good_file_has_no_problems() {
        assert_eq!(problems("src/clock.rs", "//! The time.\nfn now() {}\n"), 0);
    }

    #[test]
    fn a_file_says_what_it_is_for() {
        assert_eq!(problems("src/clock.rs", "fn now() {}\n"), 1);
        assert_eq!(problems("src/clock.js", "let now;\n"), 0);
    }

    #[test]
    fn a_long_file_says_why_and_tests_do_not_count() {
        let lines = "x\n".repeat(LONG);
        assert_eq!(problems("a.rs", &format!("//! A.\n{lines}")), 1);
        assert_eq!(problems("a.rs", &format!("//! A (long: one table).\n{lines}")), 0);
        assert_eq!(problems("a.rs", &format!("//! A.\nmod tests {{\n{lines}")), 0);
    }

    #[test]
    fn names_tell_and_machines_are_not_named() {
        assert_eq!(problems("src/utils.rs", "//! A.\n"), 1);
        assert_eq!(problems("src/common/a.rs", "//! A.\n"), 1);
        assert_eq!(problems("README.md", concat!("see /ro", "ot/x")), 1);
        assert_eq!(problems("README.md", concat!("see tests/peers/wo", "rk/x")), 0);
    }
}
