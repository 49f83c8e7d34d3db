//! What a check found, for people and for machines: the same text from the native program and from the npm package.

use super::place::{Walk, marked};
use super::{Finding, Stock, found};
use crate::catalog::Catalog;
use crate::json;
use crate::rules::{Severity, read_bytes};
use crate::schema::Value;

/// More parts of a catalogue than this are a mistake.
const MOST_PARTS: usize = 100_000;

/// A document to look at: what people call it, and its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The file's name.
    pub name: &'s str,
    /// What is in it.
    pub bytes: &'s [u8],
}

/// What was found in the documents of a shop.
#[derive(Debug)]
pub struct Report {
    /// In the order of the files, and of the text within each.
    rows: Vec<Row>,
    summary: String,
    errors: usize,
    warnings: usize,
}

/// One finding, with its place.
#[derive(Debug)]
struct Row {
    file: String,
    line: usize,
    column: usize,
    marked: Option<(String, String)>,
    finding: Finding,
}

impl Report {
    /// Looks at rules, and at a catalogue with all its parts if there is one.
    pub fn new(rules: Source, catalog: &[Source]) -> Report {
        let mut report = Report { rows: Vec::new(), summary: String::new(), errors: 0, warnings: 0 };
        let mut stock = Stock::default();
        let mut products = 0;
        let mut of_catalog = Vec::new();
        for source in catalog {
            let (catalog, problems) = match core::str::from_utf8(source.bytes) {
                Ok(text) => Catalog::read(text),
                Err(_) => (Catalog::default(), Vec::new()),
            };
            products += catalog.len();
            stock.add(&catalog);
            of_catalog.push((source, problems));
        }
        let (read, problems) = read_bytes(rules.bytes);
        // A catalogue that could not be read says nothing about names.
        let known = Some(&stock).filter(|_| products > 0);
        report.take_in(&rules, found(rules.bytes, &read, problems, known));
        for (source, problems) in of_catalog {
            report.take_in(source, problems.into_iter().map(Finding::from).collect());
        }
        let mut counts = vec![
            counted(read.experiences().len(), "experience"),
            counted(read.placements().len(), "placement"),
            counted(read.audiences.len(), "audience"),
        ];
        if !catalog.is_empty() {
            counts.push(counted(products, "product"));
        }
        report.summary = match (report.errors, report.warnings) {
            (0, 0) => format!("{}: all is well with {}", rules.name, counts.join(", ")),
            (errors, warnings) => {
                format!("{}: {} and {}", rules.name, counted(errors, "error"), counted(warnings, "warning"))
            }
        };
        report
    }

    /// The files in which a catalogue that comes in parts has its products, relative to its own.
    pub fn parts_of(catalog: &[u8]) -> Vec<String> {
        let parse = |text| json::parse(text).ok();
        let Some(document) = core::str::from_utf8(catalog).ok().and_then(parse) else { return Vec::new() };
        let parts = document.get("parts");
        let path = parts.and_then(|parts| parts.get("path")?.as_str());
        let count = parts.and_then(|parts| parts.get("count")?.as_f64()).unwrap_or(0.0) as usize;
        let Some(path) = path.filter(|_| count <= MOST_PARTS) else { return Vec::new() };
        (0..count).map(|nth| path.replace("{part}", &nth.to_string())).collect()
    }

    fn take_in(&mut self, source: &Source, mut findings: Vec<Finding>) {
        let valid = core::str::from_utf8(source.bytes);
        if let Err(error) = valid {
            findings = vec![not_text(source.bytes, error.valid_up_to())];
        }
        // What comes before the first byte that is no text tells in which line that is.
        let text = valid.unwrap_or_else(|error| {
            source.bytes.get(..error.valid_up_to()).and_then(|part| core::str::from_utf8(part).ok()).unwrap_or("")
        });
        let mut walk = Walk::new(text);
        for finding in findings {
            let (line, column) = walk.to(finding.problem.at);
            let marked = marked(text, finding.problem.at, finding.problem.end);
            match finding.problem.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
            self.rows.push(Row { file: source.name.to_owned(), line, column, marked, finding });
        }
    }

    /// Whether the documents can be used as they are; warnings do not count.
    pub fn is_good(&self) -> bool {
        self.errors == 0
    }

    /// For people: each finding with its line of the document, then one line that sums up.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let Row { file, line, column, marked, finding } = row;
            let about =
                finding.problem.experience.as_ref().filter(|id| !id.is_empty() && **id != finding.problem.found);
            let about = about.map_or_else(String::new, |id| format!("experience `{id}`: "));
            let (severity, message) = (severity(finding), finding.message());
            out.push_str(&format!("{file}:{line}:{column}: {severity}: {about}{message}\n"));
            if let Some((shown, mark)) = marked {
                out.push_str(&format!("    {shown}\n    {mark}\n"));
            }
        }
        out.push_str(&self.summary);
        out.push('\n');
        out
    }

    /// For machines: `errors` and `warnings` counted, and `findings` with place, code and message.
    pub fn to_json(&self) -> String {
        let findings = self.rows.iter().map(Row::to_value).collect();
        let report = Value::from([
            ("good", self.is_good().into()),
            ("errors", Value::Number(self.errors as f64)),
            ("warnings", Value::Number(self.warnings as f64)),
            ("summary", self.summary.as_str().into()),
            ("findings", Value::List(findings)),
        ]);
        let mut out = String::new();
        json::write(&report, &mut out);
        out.push('\n');
        out
    }
}

impl Row {
    fn to_value(&self) -> Value {
        let problem = &self.finding.problem;
        let mut value = Value::from([
            ("severity", severity(&self.finding).into()),
            ("code", problem.code.into()),
            ("file", self.file.as_str().into()),
            ("line", Value::Number(self.line as f64)),
            ("column", Value::Number(self.column as f64)),
            ("offset", Value::Number(problem.at as f64)),
            ("found", problem.found.as_str().into()),
            ("expected", problem.expected.into()),
            ("message", self.finding.message().into()),
        ]);
        let more = [("nearest", &problem.nearest), ("experience", &problem.experience), ("other", &self.finding.other)];
        for (name, text) in more {
            if let Some(text) = text {
                value.set(name, text.as_str().into());
            }
        }
        value
    }
}

fn not_text(bytes: &[u8], at: usize) -> Finding {
    let mut problem = crate::rules::Problem::error("not-text", "", at, at + 1, "UTF-8");
    problem.found = format!("byte 0x{:02x}", bytes.get(at).copied().unwrap_or(0));
    problem.into()
}

fn severity(finding: &Finding) -> &'static str {
    match finding.problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
