//! How long training, loading and predicting take: `cargo bench -p tailorbird-trainer`, or with ITEMS SESSIONS behind `--`.
//!
//! Percentiles over single calls, each timed alone, so that a slow one is seen.

use std::time::{Duration, Instant};

use tailorbird_core::recommend::Model;
use tailorbird_trainer::{Extras, simulate, train};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (items, count) = (arguments.next().unwrap_or(20_000), arguments.next().unwrap_or(90_000));
    let (sessions, names) = simulate::sessions(items, count, 7);
    let started = Instant::now();
    let files = train(&sessions, &names, &Extras::default(), |_| {}).expect("sessions to learn from").files;
    let bytes: usize = files.values().map(Vec::len).sum();
    println!("{} looks at {} items: trained in {:?}", sessions.looks(), names.len(), started.elapsed());
    println!("model: {} files, {bytes} bytes, {:.1} an item", files.len(), bytes as f64 / names.len() as f64);

    let manifest = std::str::from_utf8(&files["manifest.json"]).expect("a manifest is text");
    let mut whole = Model::open(manifest).expect("a manifest");
    for file in whole.files() {
        whole.add(&file, &files[&file]).expect("a file of the model");
    }
    let tens: Vec<Vec<&str>> = sessions
        .iter()
        .filter(|session| session.len() >= 10)
        .take(5000)
        .map(|session| session[..10].iter().map(|item| names.name(*item)).collect())
        .collect();
    let mut shown = 0;
    print_times("next, 20 picks for 10 items", tens.iter(), |session| shown += whole.next(session, false, 20).len());
    print_times("manifest and files of 10 items", tens.iter().take(500), |session| {
        let mut model = Model::open(manifest).expect("a manifest");
        while let wanted @ [_, ..] = model.wanted(session).as_slice() {
            for file in wanted {
                model.add(file, &files[file]).expect("a file of the model");
            }
        }
        shown += model.next(session, false, 20).len();
    });
    println!("({shown} picks)");
}

fn print_times<T>(what: &str, cases: impl Iterator<Item = T>, mut call: impl FnMut(T)) {
    let mut times: Vec<Duration> = cases
        .map(|case| {
            let started = Instant::now();
            call(case);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what}: median {:?}, p90 {:?}, p99 {:?}", at(0.5), at(0.9), at(0.99));
}
