//! The queries in `sql/` count what the trainer counts, in PostgreSQL and in ClickHouse, where one of them can run here.
//!
//! PostgreSQL: Debian's package `postgresql`, or `initdb` and `pg_ctl` on the path. ClickHouse: `clickhouse`, or its Python package `chdb` for `python3` or the
//! interpreter that `CHDB_PYTHON` names. Without them a test says so and passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tailorbird_core::catalog::Catalog;
use tailorbird_core::recommend::Rhythm;
use tailorbird_trainer::counts::Counter;
use tailorbird_trainer::events::{Evidence, Reader};
use tailorbird_trainer::rhythm::{Rhythms, rhythms};
use tailorbird_trainer::settings::Settings;
use tailorbird_trainer::simulate::Dice;
use tailorbird_trainer::tables::read_counts;
use tailorbird_trainer::together::{together, upsell};
use tailorbird_trainer::trending::trending;
use tailorbird_trainer::{learn_counts, train};

/// Events of shoppers who look, take, buy, reload, and come back after pauses of all lengths; some have only a user id.
fn events() -> String {
    let mut dice = Dice::new(8);
    let mut lines: Vec<(i64, String)> = Vec::new();
    for visitor in 0..260 {
        let who = match visitor % 5 {
            0 => format!(r#""userId":"user '{visitor}'""#),
            1 => format!(r#""anonymousId":"a{visitor}","userId":"u{}""#, visitor % 3),
            _ => format!(r#""anonymousId":"a{visitor}""#),
        };
        let mut at = 1_767_225_600_000 + dice.below(900_000_000) as i64;
        for _ in 0..3 + dice.below(25) {
            // Around thirty minutes the boundary is met to the millisecond.
            at += match dice.below(8) {
                0 => 1_800_000,
                1 => 1_799_999,
                2 => dice.below(90_000_000) as i64,
                _ => 1 + dice.below(300_000) as i64,
            };
            let item = dice.skewed(30);
            let (product, item) = (product(item, at), format!("p-{item}"));
            let (name, properties) = match dice.below(9) {
                0 => ("Product Added", format!("{{{product}}}")),
                1 => ("Product Clicked", format!(r#"{{"product_id":"{item}","price":0,"category":""}}"#)),
                2 => {
                    let listed: Vec<String> =
                        (0..1 + dice.below(4)).map(|_| format!("{{{}}}", self::product(dice.skewed(30), at))).collect();
                    let order =
                        if dice.below(4) == 0 { String::new() } else { format!(r#""order_id":"o{}","#, dice.below(3)) };
                    ("Order Completed", format!(r#"{{{order}"products":[{}]}}"#, listed.join(",")))
                }
                3 => ("Products Searched", r#"{"query":"it's \"this\""}"#.to_owned()),
                _ => ("Product Viewed", format!("{{{product}}}")),
            };
            let time = moment(at);
            lines.push((at, format!(
                r#"{{"type":"track","event":"{name}","messageId":"m{}","timestamp":"{time}","receivedAt":"{time}",{who},"properties":{properties}}}"#,
                lines.len()
            )));
        }
    }
    // Some things are used up: every ten days, give or take one, hay is bought again.
    for visitor in 0..12 {
        let mut at = 1_767_225_600_000 + dice.below(500_000_000) as i64;
        for order in 0..5 {
            let time = moment(at);
            let product = product(31 + visitor % 2, at);
            lines.push((at, format!(
                r#"{{"type":"track","event":"Order Completed","messageId":"h{visitor}-{order}","timestamp":"{time}","receivedAt":"{time}","anonymousId":"hay{visitor}","properties":{{"order_id":"h{order}","products":[{{{product}}}]}}}}"#,
            )));
            at += 777_600_000 + dice.below(172_800_000) as i64;
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

/// What an event says of a product: prices rise with time, categories are written in several ways.
fn product(item: usize, at: i64) -> String {
    let price = 5 + item % 7 * 3 + ((at - 1_767_225_600_000) / 1_500_000_000) as usize;
    let price = if item.is_multiple_of(2) { price.to_string() } else { format!("\"{price}.50\"") };
    let category = ["Dogs/Food/Dry", "Dogs > Toys", "/Cats/ Food /", "Hay"][if item > 30 { 3 } else { item % 3 }];
    format!(r#""product_id":"p-{item}","category":"{category}","price":{price},"name":"Ünit\n""#)
}

fn moment(at: i64) -> String {
    let (seconds, millis) = (at.div_euclid(1000), at.rem_euclid(1000));
    // All of it is January and February 2026.
    let day = (seconds - 1_767_225_600) / 86_400;
    let (month, day) = if day < 31 { (1, day + 1) } else { (2, day - 30) };
    let second = seconds % 86_400;
    format!("2026-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millis:03}Z", second / 3600, second / 60 % 60, second % 60)
}

type Pairs = BTreeMap<(String, String), f64>;

fn compare(name: &str, folder: &Path, evidence: &Evidence) {
    let names = &evidence.items;
    let counts = read_counts(folder, &Catalog::default()).unwrap();
    let sessions = evidence.sessions();
    let counter = Counter::new(&sessions);
    let of = |names: &tailorbird_trainer::sessions::Names, item: u32| names.name(item).to_owned();

    let native: Pairs = counter
        .rows(&Settings::default().counting)
        .iter()
        .zip(0..)
        .flat_map(|(row, item)| row.neighbours.iter().map(move |(other, weight)| (item, *other, *weight)))
        .map(|(item, other, weight)| ((of(names, item), of(names, other)), f64::from(weight)))
        .collect();
    let counted: Pairs = counts
        .rows
        .iter()
        .zip(0..)
        .flat_map(|(row, item)| row.neighbours.iter().map(move |(other, weight)| (item, *other, *weight)))
        .map(|(item, other, weight)| ((of(&counts.items, item), of(&counts.items, other)), f64::from(weight)))
        .collect();
    assert!(native.len() > 300);
    assert_eq!(native.keys().collect::<Vec<_>>(), counted.keys().collect::<Vec<_>>(), "{name}");
    for (pair, weight) in &native {
        assert!((weight - counted[pair]).abs() < weight * 1e-4, "{name}: {pair:?} {weight} {}", counted[pair]);
    }
    let looks = counter.looks();
    for (item, count) in looks.iter().enumerate().filter(|(_, count)| **count > 0) {
        let found = counts.items.find(names.name(item as u32)).unwrap();
        assert_eq!(counts.looks[found as usize], *count, "{name}: looks at {item}");
    }
    // Of neighbours with equal weights any may be the last that is kept: those before it are compared by name.
    let rows = |rows: &[Vec<(u32, f32)>], names| -> BTreeMap<String, (Vec<i64>, BTreeSet<String>)> {
        let row = |row: &Vec<(u32, f32)>| {
            let weights = row.iter().map(|(_, weight)| (f64::from(*weight) * 1e5).round() as i64).collect::<Vec<_>>();
            let last = weights.last().copied().unwrap_or_default();
            let sure = row.iter().zip(&weights).filter(|(_, weight)| **weight > last);
            (weights.clone(), sure.map(|((other, _), _)| of(names, *other)).collect())
        };
        let all = rows.iter().zip(0..).filter(|(row, _)| !row.is_empty());
        all.map(|(neighbours, item)| (of(names, item), row(neighbours))).collect()
    };
    let bought = rows(&together(evidence), names);
    assert!(bought.len() > 10 && bought.values().any(|(_, sure)| sure.len() > 2));
    assert_eq!(bought, rows(&counts.extras.together, &counts.items), "{name}: together");
    let wanted = trending(evidence);
    assert_eq!(wanted.len(), counts.extras.trending.len());
    for ((item, score), (other, counted)) in wanted.iter().zip(&counts.extras.trending) {
        assert_eq!(of(names, *item), of(&counts.items, *other), "{name}: trending");
        assert!((score - counted).abs() < 1e-4, "{name}: {score} {counted}");
    }
    let instead = rows(&upsell(evidence), names);
    assert!(instead.len() > 5, "{instead:?}");
    assert_eq!(instead, rows(&counts.extras.upsell, &counts.items), "{name}: upsell");
    let again = rhythms(evidence);
    let round = |rhythm: &Rhythm| [rhythm.days, rhythm.spread].map(|days| (days * 1000.0).round() as i64);
    let of_products = |rhythms: &[Option<Rhythm>], names| -> BTreeMap<String, [i64; 2]> {
        let known = rhythms.iter().zip(0..).filter_map(|(rhythm, item)| Some((item, rhythm.as_ref()?)));
        known.map(|(item, rhythm)| (of(names, item), round(rhythm))).collect()
    };
    let native = of_products(&again.products, names);
    assert!(native.contains_key("p-31"), "{native:?}");
    assert_eq!(native, of_products(&counts.extras.rhythms.products, &counts.items), "{name}: rhythms of products");
    let of_categories = |rhythms: &Rhythms| -> Vec<(String, [i64; 2])> {
        rhythms.categories.iter().map(|(category, rhythm)| (category.clone(), round(rhythm))).collect()
    };
    assert!(again.categories.contains_key("Hay"), "{again:?}");
    assert_eq!(of_categories(&again), of_categories(&counts.extras.rhythms), "{name}: rhythms of categories");
    // And a model comes of it.
    let files = learn_counts(&counts.rows, counts.looks.clone(), &counts.items, &counts.extras, &Settings::default());
    assert!(files.contains_key("manifest.json"));
    assert!(train(&sessions, names, &counts.extras, |_| {}).is_ok());
}

fn evidence(text: &str) -> Evidence {
    let mut reader = Reader::default();
    reader.read(text.as_bytes(), |_| {}).unwrap();
    let evidence = reader.finish();
    assert_eq!(evidence.bad, 0);
    evidence
}

const TABLES: [&str; 7] = ["next", "looks", "together", "trending", "upsell", "goods", "rhythms"];

#[test]
fn postgres_counts_the_same() {
    let Some(server) = Postgres::start() else {
        eprintln!("no PostgreSQL here: not tested");
        return;
    };
    let text = events();
    let mut load = include_str!("../../collector/migrations/postgres.sql").to_owned();
    load.push_str("CREATE TABLE tailorbird_events_all PARTITION OF tailorbird_events DEFAULT;\n");
    load.push_str("CREATE TABLE texts (event text);\n");
    for line in text.lines() {
        let _ = writeln!(load, "INSERT INTO texts VALUES ($event${line}$event$);");
    }
    load.push_str(
        "INSERT INTO tailorbird_events SELECT (event::jsonb ->> 'receivedAt')::timestamptz, \
         (event::jsonb ->> 'timestamp')::timestamptz, event::jsonb ->> 'messageId', event::jsonb ->> 'type', \
         event::jsonb ->> 'event', event::jsonb ->> 'anonymousId', event::jsonb ->> 'userId', '', \
         event::jsonb -> 'properties', event::jsonb FROM texts;\n",
    );
    load.push_str(include_str!("../sql/postgres.sql"));
    server.psql(&load);
    let folder = tempfile::tempdir().unwrap();
    for table in TABLES {
        let csv = server.psql(&format!("COPY (SELECT * FROM tailorbird_{table}) TO STDOUT CSV HEADER;"));
        std::fs::write(folder.path().join(format!("{table}.csv")), csv).unwrap();
    }
    compare("PostgreSQL", folder.path(), &evidence(&text));
}

#[test]
fn clickhouse_counts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let Some(clickhouse) = clickhouse() else {
        eprintln!("no ClickHouse here: not tested");
        return;
    };
    let text = events();
    std::fs::write(folder.path().join("events-1.ndjson"), &text).unwrap();
    let structure = "timestamp String, receivedAt String, messageId String, type String, event String, \
                     anonymousId String, userId String, properties String";
    let mut script = format!(
        "CREATE VIEW tailorbird_events AS SELECT parseDateTime64BestEffort(timestamp, 3) AS happened_at, \
         parseDateTime64BestEffort(receivedAt, 3) AS received_at, messageId AS message_id, type, event AS name, \
         anonymousId AS anonymous_id, userId AS user_id, properties \
         FROM file('{}/events-*.ndjson', JSONEachRow, '{structure}');\n",
        folder.path().display()
    );
    script.push_str(include_str!("../sql/clickhouse.sql"));
    for table in TABLES {
        let csv = folder.path().join(format!("{table}.csv"));
        let _ =
            writeln!(script, "SELECT * FROM tailorbird_{table} INTO OUTFILE '{}' FORMAT CSVWithNames;", csv.display());
    }
    clickhouse(&script);
    compare("ClickHouse", folder.path(), &evidence(&text));
}

/// Something that runs ClickHouse's SQL.
fn clickhouse() -> Option<impl Fn(&str)> {
    let python = std::env::var("CHDB_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let quiet = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let server = quiet("clickhouse", &["local", "--version"]);
    let package = || quiet(&python, &["-c", "import chdb"]);
    if !server && !package() {
        return None;
    }
    Some(move |script: &str| {
        let output = if server {
            Command::new("clickhouse").args(["local", "--multiquery", "-q", script]).output()
        } else {
            let run = "import sys, chdb.session as s; x = s.Session(); [x.query(q) for q in sys.argv[1].split(';\\n') if q.strip()]";
            Command::new(&python).args(["-c", run, script]).output()
        };
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    })
}

/// A PostgreSQL server of our own, gone with the test.
struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    user: Option<u32>,
}

impl Postgres {
    fn start() -> Option<Postgres> {
        let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
        // Where Debian keeps a server's programs.
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
        folders.extend(versions.map(|version| version.path().join("bin")));
        let programs = folders.iter().find(|folder| folder.join("initdb").exists())?;
        let programs = programs.join("initdb").canonicalize().ok()?.parent()?.to_owned();
        let id = |arguments: &[&str]| -> Option<u32> {
            let output = Command::new("id").args(arguments).output().ok()?;
            String::from_utf8_lossy(&output.stdout).trim().parse().ok()
        };
        // PostgreSQL refuses to run as root: the package's own user takes its place.
        let user = if id(&["-u"]) == Some(0) { Some(id(&["-u", "postgres"])?) } else { None };
        let folder = tempfile::tempdir().ok()?;
        if let Some(user) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), None).ok()?;
        }
        let server = Postgres { programs, folder, user };
        let data = server.data();
        server.run("initdb", &["-A", "trust", "-U", "shop", "-E", "UTF8", "--no-sync", "-D", &data]);
        // Through a socket in the folder alone: no port that could be taken.
        let options = format!("-h '' -k {}", server.folder.path().display());
        server.run("pg_ctl", &["-s", "-w", "-D", &data, "-o", &options, "-l", &format!("{data}.log"), "start"]);
        Some(server)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path());
        if let Some(user) = self.user {
            command.uid(user);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = self.command(program);
        let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}");
    }

    fn psql(&self, script: &str) -> Vec<u8> {
        let file = self.folder.path().join("script.sql");
        std::fs::write(&file, script).unwrap();
        let mut command = self.command("psql");
        command.args(["-qX", "-v", "ON_ERROR_STOP=1", "-U", "shop", "-d", "postgres", "-h"]);
        let output = command.arg(self.folder.path()).arg("-f").arg(&file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        let mut command = self.command("pg_ctl");
        let _ = command.args(["-s", "-m", "immediate", "-D", &data, "stop"]).stderr(Stdio::null()).status();
    }
}
