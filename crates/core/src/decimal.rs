//! Numbers to decimal text and back, exact both ways, in a small fraction of the standard library's bytes.
//!
//! The standard library carries tables of powers of five (12 KB that no compression makes smaller) and two algorithms
//! for either direction. Most numbers of a shop are short, and for those a multiplication or a division by a power of
//! ten is already exact (Clinger 1990, "How to read floating point numbers accurately", the fast path). The others go
//! through plain arithmetic on long whole numbers: slower, and right by construction. Tests hold both directions to the
//! standard library's answers.

use core::cmp::Ordering;

/// 10^22 is the greatest power of ten that a double holds exactly.
const EXACT_POWER: i32 = 22;
/// 2^53: whole numbers up to here are exact.
const EXACT_WHOLE: u64 = 1 << 53;
/// No double's boundary has more significant digits than this, so that further ones only say "a little more".
const TELLING_DIGITS: usize = 800;

/// The number that decimal text stands for, rounded half to even; infinite beyond the range. `None` for other text.
///
/// Digits, optionally with a sign, a decimal point and an exponent: `-1.5e3`, `.5`, `5.`
pub(crate) fn read(text: &str) -> Option<f64> {
    let (negative, rest) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut digits: Vec<u8> = Vec::new();
    let (mut exponent, mut point, mut any, mut more) = (0_i32, false, false, false);
    let mut rest = rest.iter();
    for byte in rest.by_ref() {
        match byte {
            b'0'..=b'9' => {
                any = true;
                exponent -= i32::from(point);
                if *byte == b'0' && digits.is_empty() {
                } else if digits.len() < TELLING_DIGITS {
                    digits.push(byte - b'0');
                } else {
                    more |= *byte != b'0';
                    exponent = exponent.saturating_add(1);
                }
            }
            b'.' if !point => point = true,
            b'e' | b'E' if any => {
                exponent = exponent.saturating_add(power(rest.as_slice())?);
                break;
            }
            _ => return None,
        }
    }
    if !any {
        return None;
    }
    if more {
        digits.push(1);
        exponent = exponent.saturating_sub(1);
    }
    let size = value(&digits, exponent);
    Some(if negative { -size } else { size })
}

/// A signed exponent; far beyond the range it does not matter how far.
fn power(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        rest => (1, rest),
    };
    let mut power = 0_i32;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        power = power.saturating_mul(10).saturating_add(i32::from(byte - b'0')).min(1_000_000_000);
    }
    (!digits.is_empty()).then_some(sign * power)
}

/// `digits` · 10^`exponent`.
fn value(digits: &[u8], exponent: i32) -> f64 {
    let magnitude = exponent.saturating_add(digits.len() as i32);
    if digits.is_empty() || magnitude < -330 {
        return 0.0;
    }
    if magnitude > 310 {
        return f64::INFINITY;
    }
    if digits.len() <= 16 {
        let mut whole = 0_u64;
        for digit in digits {
            whole = whole * 10 + u64::from(*digit);
        }
        if whole <= EXACT_WHOLE && (-EXACT_POWER..=EXACT_POWER).contains(&exponent) {
            let power = ten_to(exponent.unsigned_abs());
            return if exponent < 0 { whole as f64 / power } else { whole as f64 * power };
        }
    }
    let mut over = Whole::default();
    for digit in digits {
        over.times(10, u32::from(*digit));
    }
    let mut under = Whole::of(1);
    (if exponent < 0 { &mut under } else { &mut over }).times_ten_to(exponent.unsigned_abs());
    quotient(over, under)
}

/// `over` / `under`, rounded half to even.
fn quotient(mut over: Whole, mut under: Whole) -> f64 {
    // With this power of two taken out, the quotient lies between 2^52 and 2^54, or below that for the smallest numbers.
    let mut power = (over.bits() as i32 - under.bits() as i32 - 53).max(-1074);
    (if power < 0 { &mut over } else { &mut under }).shift(power.unsigned_abs());
    let mut whole = 0_u64;
    under.shift(54);
    for _ in 0..=54 {
        whole <<= 1;
        if over.compared(&under) != Ordering::Less {
            over.minus(&under);
            whole |= 1;
        }
        // Instead of halving the divisor, what is left is doubled.
        over.shift(1);
    }
    // What is left has been doubled once more than the divisor: it says which half the rest lies in.
    let mut half = over.compared(&under);
    if whole >= EXACT_WHOLE {
        half = match (whole & 1, over.is_zero()) {
            (0, _) => Ordering::Less,
            (_, true) => Ordering::Equal,
            (_, false) => Ordering::Greater,
        };
        whole >>= 1;
        power += 1;
    }
    if half == Ordering::Greater || (half == Ordering::Equal && whole & 1 == 1) {
        whole += 1;
    }
    if power > 971 || (power == 971 && whole == EXACT_WHOLE) {
        return f64::INFINITY;
    }
    // The leading bit is implied, unless the number is among the smallest; adding carries over where rounding did.
    f64::from_bits((((power + 1074) as u64) << 52).wrapping_add(whole))
}

fn ten_to(power: u32) -> f64 {
    let mut product = 1.0;
    for _ in 0..power {
        product *= 10.0;
    }
    product
}

/// Appends the shortest text that reads back the same, in JavaScript's form (`1e+21`, `1e-7`, `0.5`, `NaN`, `Infinity`).
pub(crate) fn write(number: f64, out: &mut String) {
    if number < 0.0 {
        out.push('-');
    }
    let size = number.abs();
    if !number.is_finite() {
        return out.push_str(if number.is_nan() { "NaN" } else { "Infinity" });
    }
    let mut digits = Vec::new();
    let point = short(size, &mut digits).unwrap_or_else(|| shortest(size, &mut digits));
    spell(&digits, point, out);
}

/// The digits of a number that has few of them, and where the decimal point stands (0: before the first).
fn short(size: f64, digits: &mut Vec<u8>) -> Option<i32> {
    let mut power = 1.0;
    for places in 0..=EXACT_POWER {
        let whole = (size * power).round_ties_even();
        if whole >= EXACT_WHOLE as f64 {
            return None;
        }
        if whole / power == size {
            let mut left = whole as u64;
            while left > 0 || digits.is_empty() {
                digits.insert(0, (left % 10) as u8);
                left /= 10;
            }
            return Some(digits.len() as i32 - places);
        }
        power *= 10.0;
    }
    None
}

/// The same for any number, by long division: Steele and White 1990, "How to print floating-point numbers accurately".
fn shortest(size: f64, digits: &mut Vec<u8>) -> i32 {
    let bits = size.to_bits();
    let (raised, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let (whole, power) = if raised == 0 { (fraction, -1074) } else { (fraction | 1 << 52, raised - 1075) };
    // Halfway to the neighbours belongs to the number whose last bit is even.
    let even = whole & 1 == 0;
    // The neighbour below a power of two is only half as far away.
    let near = u32::from(fraction == 0 && raised > 1);
    let (mut over, mut under, mut below) = (Whole::of(whole), Whole::of(1), Whole::of(1));
    over.shift(power.max(0) as u32 + 1 + near);
    under.shift((-power).max(0) as u32 + 1 + near);
    below.shift(power.max(0) as u32);
    let above = |below: &Whole| {
        let mut above = below.clone();
        above.shift(near);
        above
    };
    let reaches = |over: &Whole, below: &Whole, under: &Whole| {
        let mut sum = over.clone();
        sum.plus(&above(below));
        let order = sum.compared(under);
        order == Ordering::Greater || (even && order == Ordering::Equal)
    };
    // log10 of 2 is 0.30103; the guess may be one too low, which is put right below.
    let length = 64 - whole.leading_zeros() as i32;
    let mut point = ((power + length - 1) * 30_103).div_euclid(100_000) + 1;
    under.times_ten_to(point.max(0) as u32);
    over.times_ten_to((-point).max(0) as u32);
    below.times_ten_to((-point).max(0) as u32);
    if reaches(&over, &below, &under) {
        point += 1;
    } else {
        over.times(10, 0);
        below.times(10, 0);
    }
    loop {
        let mut digit = 0;
        while over.compared(&under) != Ordering::Less {
            over.minus(&under);
            digit += 1;
        }
        let order = over.compared(&below);
        let low = order == Ordering::Less || (even && order == Ordering::Equal);
        let high = reaches(&over, &below, &under);
        if !low && !high {
            digits.push(digit);
            over.times(10, 0);
            below.times(10, 0);
            continue;
        }
        over.shift(1);
        let nearer_above = over.compared(&under) != Ordering::Less;
        digits.push(digit + u8::from(high && (!low || nearer_above)));
        return point;
    }
}

/// Writes 0.`digits` · 10^`point` as JavaScript does.
fn spell(digits: &[u8], point: i32, out: &mut String) {
    let count = digits.len() as i32;
    let plain = (-5..=21).contains(&point);
    // Where the point goes in what is written.
    let stands = if plain { point } else { 1 };
    if stands <= 0 {
        out.push_str("0.");
        for _ in stands..0 {
            out.push('0');
        }
    }
    for (nth, digit) in digits.iter().enumerate() {
        if nth as i32 == stands && nth > 0 {
            out.push('.');
        }
        out.push(char::from(b'0' + digit));
    }
    for _ in count..stands {
        out.push('0');
    }
    if !plain {
        let power = point - 1;
        out.push_str(if power < 0 { "e-" } else { "e+" });
        spell_whole(power.unsigned_abs(), out);
    }
}

fn spell_whole(number: u32, out: &mut String) {
    if number > 9 {
        spell_whole(number / 10, out);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// A whole number of any length, the lowest 32 bits first, without zeros at the end.
#[derive(Clone, Default)]
struct Whole(Vec<u32>);

impl Whole {
    fn of(number: u64) -> Whole {
        let mut whole = Whole(vec![number as u32, (number >> 32) as u32]);
        whole.trim();
        whole
    }
    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
    fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 32 - top.leading_zeros() as usize)
    }
    fn times(&mut self, factor: u32, plus: u32) {
        let mut carry = u64::from(plus);
        for part in &mut self.0 {
            carry += u64::from(*part) * u64::from(factor);
            *part = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }
    fn times_ten_to(&mut self, power: u32) {
        for _ in 0..power {
            self.times(10, 0);
        }
    }
    fn shift(&mut self, bits: u32) {
        self.times(1 << (bits % 32), 0);
        if !self.is_zero() {
            for _ in 0..bits / 32 {
                self.0.insert(0, 0);
            }
        }
    }
    fn plus(&mut self, other: &Whole) {
        let mut carry = 0_u64;
        let mut others = other.0.iter();
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for part in &mut self.0 {
            carry += u64::from(*part) + others.next().map_or(0, |part| u64::from(*part));
            *part = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }
    /// Takes away a number that is not greater.
    fn minus(&mut self, other: &Whole) {
        let mut borrow = 0_i64;
        let mut others = other.0.iter();
        for part in &mut self.0 {
            borrow += i64::from(*part) - others.next().map_or(0, |part| i64::from(*part));
            *part = borrow as u32;
            borrow >>= 32;
        }
        self.trim();
    }
    fn compared(&self, other: &Whole) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(number: f64) -> String {
        let mut out = String::new();
        write(number, &mut out);
        out
    }

    /// What the standard library writes with the fewest digits, brought into JavaScript's form.
    fn agrees(number: f64) {
        let text = written(number);
        assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{number:e} became {text}");
        let digits = |text: &str| -> String {
            let mantissa = text.split(['e', 'E']).next().unwrap_or("");
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            digits.trim_start_matches('0').trim_end_matches('0').to_owned()
        };
        let (ours, theirs) = (digits(&text), digits(&format!("{number:e}")));
        if ours != theirs {
            // Halfway between two that are equally short JavaScript takes the even one (ECMA-262, Number::toString), the
            // standard library the upper one.
            assert_eq!(digits(&format!("{number:.40e}")), format!("{ours}5"), "{number:e} became {text}");
            assert!(ours.ends_with(['2', '4', '6', '8']), "{number:e} became {text}");
        }
        assert_eq!(read(&text).map(f64::to_bits), Some(number.to_bits()), "{text}");
    }

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        for (number, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (100.0, "100"),
            // Exactly halfway between …7.2 and …7.3.
            (-2_986_031_717_875_789.0 / 4.0, "-746507929468947.2"),
            (123456.789, "123456.789"),
            (1e21, "1e+21"),
            (123e18, "123000000000000000000"),
            (1.5e300, "1.5e+300"),
            (0.000001, "0.000001"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1.0 / 3.0, "0.3333333333333333"),
            (9007199254740993.0, "9007199254740992"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(written(number), text);
        }
        assert_eq!(written(f64::NAN), "NaN");
    }

    #[test]
    fn boundaries_are_rounded_as_in_the_standard_library() {
        let long = format!("1.{}1", "0".repeat(900));
        let halfway = "9007199254740993.0000000000000000000000000000000000001";
        for text in [
            "9007199254740993",
            "9007199254740995",
            halfway,
            &long,
            "2.2250738585072011e-308",
            "4.9e-324",
            "2.4e-324",
            "2.5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "1e-400",
            "1e400",
            "123456789012345678901234567890",
            "0e999999999999",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "0.1",
            "5.",
            ".5",
            "+3",
            "-0",
            "1E5",
            "1e+5",
        ] {
            assert_eq!(read(text).map(f64::to_bits), Some(text.parse::<f64>().unwrap().to_bits()), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_number() {
        for text in
            ["", ".", "-", "+", "e5", "1e", "1e+", "1.2.3", "--1", "1_0", "inf", "NaN", " 1", "1 ", "0x1", "1e5x"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn powers_of_two_and_their_neighbours_come_back() {
        for raised in 0..=2046_u64 {
            for bits in [raised << 52, (raised << 52) + 1, (raised << 52).wrapping_sub(1)] {
                let number = f64::from_bits(bits);
                if number.is_finite() && number > 0.0 {
                    agrees(number);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn any_number_comes_back(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            agrees(number);
        }
        #[test]
        fn numbers_of_a_shop_come_back(cents in 0..100_000_000_i64, share in 0.0..1.0_f64) {
            agrees(cents as f64 / 100.0);
            agrees(share);
            agrees(share * 1e6);
        }
        #[test]
        fn any_decimal_text_reads_as_in_the_standard_library(whole in "[0-9]{1,25}", part in "[0-9]{0,25}", power in -340..340_i32) {
            let text = format!("{whole}.{part}e{power}");
            prop_assert_eq!(read(&text).map(f64::to_bits), Some(text.parse::<f64>().unwrap().to_bits()), "{}", text);
        }
    }
}
