//! How many events a second go through rules: `cargo bench -p tailorbird-replay`. Visitors of the demo shop are made up; their
//! events have the form in which the agent sends them, and go through the demo's own rules and catalogue.
//!
//! `-- --write FILE` writes the events instead, to look at with the program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may fall over")]

use std::fmt::Write;
use std::time::Instant;

use tailorbird_core::catalog::Catalog;
use tailorbird_replay::Replay;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RULES: &str = include_str!("../../../www/rules.json");
const CATALOG: &str = include_str!("../../../www/catalog.json");
const DAY: i64 = 86_400_000;
/// 2026-09-01
const START: i64 = 1_788_220_800_000;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let catalog = Catalog::read(CATALOG).0;
    let events = events(&catalog, 60_000);
    if let Some(at) = words.iter().position(|word| word == "--write") {
        std::fs::write(&words[at + 1], events).unwrap();
        return;
    }
    // As `cargo test --benches` runs it: once, and quickly.
    let rounds = if words.iter().any(|word| word == "--test") { 1 } else { 3 };
    println!("{:.0} MB of events", events.len() as f64 / 1e6);
    let fewer: String = RULES.replacen("\"$gte\": 0.4", "\"$gte\": 1.4", 3);
    for (name, against) in [("one set of rules", None), ("compared with another", Some(fewer.as_str()))] {
        for _ in 0..rounds {
            let (begun, cpu) = (Instant::now(), cpu_seconds());
            let mut replay = Replay::new(events.len() as u64).unwrap();
            replay.read(events.as_bytes(), |_| {}).unwrap();
            let report = replay.finish(RULES, against, &catalog, |_| {}).unwrap();
            let (took, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
            let lines = report.lines as f64;
            println!(
                "{name}: {lines} events, {} page views in {took:.2} s: {:.0} events a second; {:.1} µs of a core for each, \
                 so {:.0} a second on two cores that nobody else uses",
                report.page_views,
                lines / took,
                cpu / lines * 1e6,
                2.0 * lines / cpu,
            );
        }
    }
}

/// What this process has used of cores so far; 0 where `/proc` does not tell.
fn cpu_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = told.rsplit(") ").next().unwrap_or_default();
    let ticks = rest.split(' ').skip(11).take(2).filter_map(|word| word.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// Chance from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

/// The events of so many visits, in the order in which they arrive.
fn events(catalog: &Catalog, visits: usize) -> String {
    let chance = &mut Chance(5);
    let products: Vec<_> = catalog.products().collect();
    let mut lines: Vec<(i64, String)> = Vec::new();
    for nth in 0..visits {
        // Some people come again, a few of them often.
        let visitor = if chance.one_in(3) { chance.below(nth + 1) / 3 } else { nth };
        let mut visit = Visit {
            visitor,
            at: START + chance.below(60 * DAY as usize) as i64,
            count: 0,
            path: String::new(),
            lines: &mut lines,
        };
        visit.page("/", "home", "Everything for your pet");
        if visit.visitor.is_multiple_of(11) {
            visit.line("identify", "", "{}", ",\"userId\":\"u\",\"traits\":{\"firstName\":\"Kim\",\"loyaltyTier\":\"gold\",\"pet\":\"dog\",\"petAgeMonths\":14}");
        }
        let liked = products[(visitor * 7) % products.len()];
        let shelf = liked.category().unwrap_or_default().split('/').next().unwrap_or_default();
        let mut added = None;
        for _ in 0..1 + chance.below(5) {
            let product = (0..20).map(|_| products[chance.below(products.len())]);
            let product = product
                .into_iter()
                .find(|one| one.category().is_some_and(|path| path.starts_with(shelf)))
                .unwrap_or(liked);
            let about = format!(
                "{{\"product_id\":\"{}\",\"name\":{},\"category\":\"{}\",\"price\":{}}}",
                product.id(),
                serde_json::json!(product.name()),
                product.category().unwrap_or_default(),
                product.price().unwrap_or(9.0)
            );
            match chance.below(6) {
                0 => {
                    visit.page(&format!("/{}/", shelf.to_lowercase()), "category", shelf);
                    visit.line("track", "Product List Viewed", &format!("{{\"category\":\"{shelf}\"}}"), "");
                }
                1 => {
                    visit.page("/search/?q=food", "search", "Search");
                    visit.line("track", "Products Searched", "{\"query\":\"food\"}", "");
                }
                _ => {
                    visit.page(product.url().unwrap_or("/"), "product", product.name());
                    visit.line("track", "Product Viewed", &about, "");
                    if chance.one_in(4) {
                        visit.at += 15_000;
                        visit.line("track", "Product Added", &about, "");
                        added = Some(about);
                    }
                }
            }
        }
        if let Some(about) = added {
            visit.page("/cart/", "cart", "Cart");
            visit.line("track", "Cart Viewed", &format!("{{\"products\":[{about}]}}"), "");
            if chance.one_in(2) {
                visit.page("/checkout/", "checkout", "Checkout");
                visit.line("track", "Checkout Started", &format!("{{\"products\":[{about}]}}"), "");
                visit.at += 60_000;
                let order =
                    format!("{{\"order_id\":\"o{nth}\",\"total\":{},\"products\":[{about}]}}", 20 + chance.below(120));
                visit.line("track", "Order Completed", &order, "");
            }
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

struct Visit<'l> {
    visitor: usize,
    at: i64,
    count: usize,
    path: String,
    lines: &'l mut Vec<(i64, String)>,
}

impl Visit<'_> {
    fn page(&mut self, path: &str, kind: &str, title: &str) {
        self.at += 5_000 + (self.visitor as i64 * 7_919) % 40_000;
        let told = format!(
            "{{\"path\":\"{path}\",\"referrer\":\"\",\"search\":\"\",\"title\":{},\"url\":\"https://shop.example{path}\",\"page_type\":\"{kind}\"}}",
            serde_json::json!(title)
        );
        path.clone_into(&mut self.path);
        self.line("page", "", &told, "");
    }

    fn line(&mut self, kind: &str, event: &str, properties: &str, more: &str) {
        let (visitor, count, path) = (self.visitor, self.count, &self.path);
        self.count += 1;
        self.at += 40;
        let moment = iso(self.at);
        let event = if event.is_empty() { String::new() } else { format!(",\"event\":\"{event}\"") };
        let mut line = String::new();
        let _ = writeln!(
            line,
            "{{\"type\":\"{kind}\",\"messageId\":\"01920000-{visitor:08x}-{count:04x}-{}\",\"timestamp\":\"{moment}\",\"originalTimestamp\":\"{moment}\",\
             \"anonymousId\":\"visitor-{visitor:012}\"{event}{more},\"properties\":{properties},\"context\":{{\"locale\":\"de-AT\",\"timezone\":\"Europe/Vienna\",\
             \"userAgent\":\"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36\",\
             \"page\":{{\"path\":\"{path}\",\"search\":\"\",\"referrer\":\"\",\"title\":\"Pets\",\"url\":\"https://shop.example{path}\"}},\
             \"library\":{{\"name\":\"tailorbird\",\"version\":\"0.1.0\"}}}},\"sentAt\":\"{moment}\",\"receivedAt\":\"{moment}\"}}",
            self.at
        );
        self.lines.push((self.at, line));
    }
}

fn iso(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
