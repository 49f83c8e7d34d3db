//! The committed table: written for people, and read back for the one number that the check compares.

use std::fmt::Write;

use super::shares::Share;
use super::weigh::Weight;

/// What is in pkg/SIZES.md.
pub(super) struct Table {
    pub(super) files: Vec<Weight>,
    pub(super) shares: Vec<Share>,
    pub(super) budget: u64,
}

/// What every page with the tag downloads; all else only when it is needed.
const TAG: [&str; 2] = ["tailorbird.js", "tailorbird.wasm"];
const TAG_ROW: &str = "**all that the tag downloads**";

impl Table {
    /// Loader, glue and wasm together, each compressed by itself as servers do.
    pub(super) fn tag(&self) -> Weight {
        let mut sum = Weight { name: TAG_ROW.to_owned(), raw: 0, gzip: 0, brotli: 0 };
        for file in self.files.iter().filter(|file| TAG.contains(&file.name.as_str())) {
            sum.raw += file.raw;
            sum.gzip += file.gzip;
            sum.brotli += file.brotli;
        }
        sum
    }

    pub(super) fn text(&self) -> String {
        let mut out = format!(
            "# What a shopper downloads\n\nWritten by `cargo xtask size`. Bytes as built, with gzip at level 9, with brotli at \
             level 11.\nThe tag may cost {} brotli bytes; `cargo xtask test` holds it to that.\n\n",
            grouped(self.budget)
        );
        out.push_str("| file | when | raw | gzip | brotli |\n| --- | --- | ---: | ---: | ---: |\n");
        for file in self.files.iter().filter(|file| TAG.contains(&file.name.as_str())) {
            row(&mut out, file, "always");
        }
        row(&mut out, &self.tag(), "");
        for file in self.files.iter().filter(|file| !TAG.contains(&file.name.as_str())) {
            row(&mut out, file, reason(&file.name));
        }
        out.push_str(
            "\n## What the wasm is made of\n\nBytes of code by the module that a function's name begins with, before \
             compression. What a generic function\nof the standard library costs counts for the standard library, and what was \
             inlined counts for its caller.\n\n| module | bytes | share |\n| --- | ---: | ---: |\n",
        );
        let whole: u64 = self.shares.iter().map(|share| share.bytes).sum();
        for share in &self.shares {
            let tenths = share.bytes * 1000 / whole.max(1);
            // Writing to a string cannot fail.
            let _ =
                writeln!(out, "| {} | {} | {}.{} % |", share.module, grouped(share.bytes), tenths / 10, tenths % 10);
        }
        out
    }
}

fn reason(file: &str) -> &'static str {
    match file {
        "tailorbird.fallback.js" => "instead of the wasm, where wasm is forbidden",
        "tailorbird.debug.js" => "in debug mode",
        _ => "",
    }
}

fn row(out: &mut String, file: &Weight, when: &str) {
    let (raw, gzip, brotli) = (grouped(file.raw), grouped(file.gzip), grouped(file.brotli));
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {} | {when} | {raw} | {gzip} | {brotli} |", file.name);
}

/// 12345 as `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The brotli bytes of the tag as a table says them.
pub(super) fn tag_brotli_in(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains(TAG_ROW))?;
    line.trim_end_matches(['|', ' ']).rsplit("| ").next()?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_back() {
        let file = |name: &str, brotli| Weight { name: name.to_owned(), raw: 1_234_567, gzip: 0, brotli };
        let files = vec![file("tailorbird.js", 4_000), file("tailorbird.wasm", 31_500), file("tailorbird.debug.js", 9)];
        let shares = vec![Share { module: "data".to_owned(), bytes: 3 }, Share { module: "core".to_owned(), bytes: 1 }];
        let text = Table { files, shares, budget: 81_920 }.text();
        assert_eq!(tag_brotli_in(&text), Some(35_500));
        assert!(text.contains("| 1,234,567 |"), "{text}");
        assert!(text.contains("| data | 3 | 75.0 % |"), "{text}");
    }

    #[test]
    fn a_missing_table_says_nothing() {
        assert_eq!(tag_brotli_in(""), None);
    }
}
