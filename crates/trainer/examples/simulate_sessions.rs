//! Prints made-up sessions as a table, to measure bytes, memory and time at any size: `simulate_sessions ITEMS SESSIONS`.

use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (items, count) = (arguments.next().unwrap_or(40_000), arguments.next().unwrap_or(190_000));
    let (sessions, names) = tailorbird_trainer::simulate::sessions(items, count, 7);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "session_id\titem_id\ttimestamp")?;
    for (nth, session) in sessions.iter().enumerate() {
        for (step, item) in session.iter().enumerate() {
            let at = sessions.end(nth) - (session.len() - step) as i64;
            writeln!(out, "{nth}\t{}\t{at}", names.name(*item))?;
        }
    }
    out.flush()
}
