//! What the runners counted, and what they said when something failed.

use std::ops::AddAssign;

/// INVARIANT: every test and check of a run is in exactly one of the two numbers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Tally {
    pub(crate) const ONE_PASSED: Tally = Tally { passed: 1, failed: 0 };
    pub(crate) const ONE_FAILED: Tally = Tally { passed: 0, failed: 1 };

    /// Adds up the lines of cargo test: `test result: ok. 7 passed; 0 failed; …`.
    pub(crate) fn of_cargo(output: &str) -> Tally {
        let mut sum = Tally::default();
        for line in output.lines().filter(|line| line.starts_with("test result: ")) {
            sum += Tally { passed: number_before(line, " passed"), failed: number_before(line, " failed") };
        }
        sum
    }

    /// Adds up the closing lines of Node's test runner: `ℹ pass 7` and `ℹ fail 0`. What was cancelled did not pass.
    pub(crate) fn of_node(output: &str) -> Tally {
        let number = |word: &str| {
            let mut lines =
                output.lines().filter_map(|line| line.strip_prefix("ℹ ")?.strip_prefix(word)?.strip_prefix(' '));
            lines.next_back().and_then(|count| count.trim().parse().ok()).unwrap_or(0)
        };
        Tally { passed: number("pass"), failed: number("fail") + number("cancelled") }
    }

    /// The closing line of our own runners and of this command: `7 passed, 0 failed`, perhaps with what was skipped.
    pub(crate) fn of_last_line(output: &str) -> Tally {
        let closing = |line: &&str| line.contains(" passed, ") && line.contains(" failed");
        let line = output.lines().rev().find(closing).unwrap_or_default();
        Tally { passed: number_before(line, " passed"), failed: number_before(line, " failed") }
    }
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split_once(word).map_or("", |(before, _)| before);
    before.rsplit([' ', ',', ';']).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_runs_are_added_up() {
        let output = "test a ... ok\ntest result: ok. 7 passed; 0 failed; 2 ignored\n\ntest result: FAILED. 3 passed; 1 failed; 0 ignored\n";
        assert_eq!(Tally::of_cargo(output), Tally { passed: 10, failed: 1 });
    }

    #[test]
    fn nodes_closing_lines_are_read_and_cancelled_tests_did_not_pass() {
        let output = "✔ pass 3 times\nℹ tests 9\nℹ pass 6\nℹ fail 1\nℹ cancelled 2\n";
        assert_eq!(Tally::of_node(output), Tally { passed: 6, failed: 3 });
    }

    #[test]
    fn our_own_closing_line_is_read() {
        assert_eq!(Tally::of_last_line("x\n120 passed, 2 failed\n"), Tally { passed: 120, failed: 2 });
        assert_eq!(Tally::of_last_line("4 passed, 1 failed, 2 skipped\n"), Tally { passed: 4, failed: 1 });
        assert_eq!(Tally::of_last_line(""), Tally::default());
    }
}
