//! Numbers of people: telephones, payment cards and bank accounts, told from those of products, dates and orders.

/// A run of digits with what people put between them.
#[derive(Default)]
struct Run {
    /// The lengths of its groups.
    groups: [u8; 4],
    marks: usize,
    digits: u8,
    in_group: bool,
    international: bool,
    spaced: bool,
    opened: bool,
    zero: bool,
    /// The first two digits as a number.
    head: u8,
    /// Luhn's sums, with every second digit doubled: those at even places, those at odd ones.
    sums: [usize; 2],
    card: bool,
}

impl Run {
    fn take(&mut self, byte: u8) {
        if byte.is_ascii_digit() {
            let digit = byte - b'0';
            let [even, odd] = self.sums;
            let doubled = digit * 2 - if digit > 4 { 9 } else { 0 };
            let (once, twice) = (usize::from(digit), usize::from(doubled));
            self.sums =
                if self.digits.is_multiple_of(2) { [even + twice, odd + once] } else { [even + once, odd + twice] };
            if self.digits < 2 {
                self.head = self.head * 10 + digit;
            }
            self.zero |= self.digits == 0 && digit == 0;
            self.digits = self.digits.saturating_add(1);
            self.in_group = true;
            if let Some(group) = self.groups.get_mut(self.marks) {
                *group = group.saturating_add(1);
            }
            return;
        }
        self.end_group();
        self.international |= byte == b'+' && self.digits == 0;
        self.opened |= byte == b'(';
        self.spaced |= b" (/".contains(&byte) && self.digits > 0;
    }

    fn end_group(&mut self) {
        self.card |= self.in_group && self.is_card();
        self.marks += usize::from(self.in_group);
        self.in_group = false;
    }

    /// Numbers as people write them for telephones; plain runs of digits are left alone, they name products, and so are
    /// dates, versions and article numbers with their dots and dashes.
    fn is_phone(&self) -> bool {
        let groups = self.groups;
        let american = matches!(groups, [3, 3, 4, 0] | [1, 3, 3, 4]) && self.digits < 12;
        let national = self.zero && matches!(groups, [3..=5, 5..=9, 0, 0] | [2..=5, 2..=4, 2..=8, _]);
        let spaced = self.spaced || matches!(groups, [_, _, 0, 0]);
        let long = matches!(self.digits, 9..=15);
        american
            || (long && (self.international || (national && spaced) || (self.opened && !matches!(groups, [_, 0, ..]))))
    }

    /// Numbers that a card could have: the right check digit, and an issuer's first two. Those of 13 and 14 digits in one
    /// piece are far more often an article's.
    fn is_card(&self) -> bool {
        let issued = match self.digits {
            13 => self.marks > 0 && matches!(self.head, 40..=49),
            14 => self.marks > 0 && matches!(self.head, 30 | 36 | 38 | 39),
            15 => matches!(self.head, 34 | 37),
            16 => matches!(self.head, 22..=27 | 35 | 40..=69),
            19 => matches!(self.head, 40..=69),
            _ => false,
        };
        // Several numbers in a row, as of sizes, begin with shorter ones.
        let whole = self.marks == 0 || matches!(self.groups, [4, ..]);
        let sum = self.sums.get(usize::from(self.digits % 2)).copied().unwrap_or(1);
        issued && whole && sum % 10 == 0
    }
}

/// Whether text holds a telephone's or a payment card's number.
pub(crate) fn holds_phone_or_card(text: &[u8]) -> bool {
    let mut run = Run::default();
    for byte in text.iter().chain(b"|") {
        if byte.is_ascii_digit() || b" ()+-./".contains(byte) {
            run.take(*byte);
        } else {
            run.end_group();
            if run.card || std::mem::take(&mut run).is_phone() {
                return true;
            }
        }
    }
    false
}

/// Whether text holds the number of a bank account: a country, two digits, and a remainder that only such numbers have.
pub(crate) fn holds_iban(text: &[u8]) -> bool {
    let mut rest = text;
    let mut starts = true;
    while let [byte, after @ ..] = rest {
        if starts && is_iban(rest) {
            return true;
        }
        starts = !byte.is_ascii_alphanumeric();
        rest = after;
    }
    false
}

/// Whether text begins with one; it may end with any of its words.
fn is_iban(text: &[u8]) -> bool {
    let [a, b, c, d, body @ ..] = text else { return false };
    if !(a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit()) {
        return false;
    }
    let (mut remainder, mut length, mut digits) = (0, 4, 0);
    for byte in body.iter().chain(b" ") {
        if byte.is_ascii_alphanumeric() {
            remainder = mod_97(remainder, byte);
            length += 1;
            digits += i32::from(byte.is_ascii_digit());
            continue;
        }
        let whole = digits >= 8 && matches!(length, 15..=34);
        if whole && [a, b, c, d].into_iter().fold(remainder, mod_97) == 1 {
            return true;
        }
        if !b" +-".contains(byte) {
            break;
        }
    }
    false
}

/// The remainder with one more letter or digit behind; letters count from 10.
fn mod_97(remainder: u32, byte: &u8) -> u32 {
    let value = char::from(*byte).to_digit(36).unwrap_or(0);
    (remainder * if value > 9 { 100 } else { 10 } + value) % 97
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_known_by_issuer_and_check_digit() {
        for number in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "card 5555 5555 5555 4444 12/28",
            "378282246310005",
            "3782 822463 10005",
            "3056 930902 5904",
            "6011111111111117",
            "2223003122003222",
        ] {
            assert!(holds_phone_or_card(number.as_bytes()), "{number}");
        }
        for number in [
            "4111111111111112",
            "4006381333931",
            "42345678901237",
            "1763824800000000",
            "978-3-16-148410-0",
            "36 37 38 39 40 41 42 43",
            "36 37 38 39 40 41 42 44",
            "2024-11-05 2024-12-24",
        ] {
            assert!(!holds_phone_or_card(number.as_bytes()), "{number}");
        }
    }

    #[test]
    fn accounts_are_known_by_their_remainder() {
        for number in [
            "DE89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "de89-3704-0044-0532-0130-00 please",
            "to GB29 NWBK 6016 1331 9268 19",
            "NL91ABNA0417164300",
            "NO93 8601 1117 947",
        ] {
            assert!(holds_iban(number.as_bytes()), "{number}");
        }
        for number in ["DE88370400440532013000", "AB-1234-567-X", "dog food 12 kg", "DE89", "xDE89370400440532013000"] {
            assert!(!holds_iban(number.as_bytes()), "{number}");
        }
    }
}
