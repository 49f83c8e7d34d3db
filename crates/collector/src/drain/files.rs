//! NDJSON files as a destination: one a day of arrival, and a file that says how far they are.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::CollectorError;
use crate::ingest::{id_and_type, received_day};
use crate::store::{Dedupe, lock_folder};

const OPTION: &str = "--to";
const POSITION: &str = "position.json";
/// So many files, the newest, are read for the ids in them when a drain starts.
const REMEMBERED: usize = 2;

/// A folder of files.
pub(super) struct Files {
    folder: PathBuf,
    position: Position,
    known: Known,
    // INVARIANT: held as long as the files are written; two drains would cut off each other's lines.
    _lock: File,
}

/// The ids that were written: a stream can hold an event twice, where its servers came back after longer than its window.
#[derive(Debug)]
struct Known {
    ids: Dedupe,
    hasher: RandomState,
}

impl Known {
    /// Adds an event's id; none where it was known. Events without an id are never known.
    fn add(&mut self, event: &str) -> Option<u64> {
        let (id, _) = id_and_type(event);
        let hash = self.hasher.hash_one(&id).max(1);
        (id.is_empty() || self.ids.insert(hash)).then_some(hash)
    }

    fn read(&mut self, file: &Path) -> io::Result<()> {
        for line in BufReader::with_capacity(1 << 20, File::open(file)?).lines() {
            self.ids.make_room(1);
            let _ = self.add(&line?);
        }
        Ok(())
    }
}

/// Up to which message of the stream all is written, and how long the files were then.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Position {
    sequence: u64,
    /// When the stream was made, in nanoseconds: one that was made anew counts from 1 again.
    #[serde(default)]
    stream: Option<i64>,
    lengths: BTreeMap<String, u64>,
}

impl Files {
    /// Opens a folder and cuts off what was written after the position, so that it can be written again.
    pub(super) fn open(folder: PathBuf) -> Result<Files, CollectorError> {
        let cannot = |source| CollectorError::DataFolder { option: OPTION, folder: folder.clone(), source };
        let lock = lock_folder(OPTION, &folder, "drain.lock")?;
        let noted: Option<Position> = match fs::read(folder.join(POSITION)) {
            Ok(bytes) => Some(serde_json::from_slice(&bytes).map_err(|error| cannot(error.into()))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(cannot(error)),
        };
        let entries = fs::read_dir(&folder).map_err(cannot)?;
        let names = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.filter(|name| is_a_day(name)).collect();
        names.sort_unstable();
        if let (None, Some(file)) = (&noted, names.first()) {
            return Err(CollectorError::ForeignFile { file: file.clone(), folder });
        }
        let mut position = noted.unwrap_or_default();
        // A day that is away may come back, so its length stays noted.
        for name in &names {
            let file = OpenOptions::new().write(true).open(folder.join(name)).map_err(cannot)?;
            let there = file.metadata().map_err(cannot)?.len();
            let length = match position.lengths.get(name) {
                Some(noted) => there.min(*noted),
                None if there == 0 => 0,
                None => return Err(CollectorError::ForeignFile { file: name.clone(), folder: folder.clone() }),
            };
            file.set_len(length).map_err(cannot)?;
            position.lengths.insert(name.clone(), length);
        }
        // INVARIANT: the position is there before any file is: without it files are somebody else's.
        replace(&folder, &position).map_err(cannot)?;
        let mut known = Known { ids: Dedupe::new(), hasher: RandomState::new() };
        for name in &names[names.len().saturating_sub(REMEMBERED)..] {
            known.read(&folder.join(name)).map_err(cannot)?;
        }
        Ok(Files { folder, position, known, _lock: lock })
    }

    /// The last message that is written, of a stream that was made then and reaches so far now.
    pub(super) fn position_in(&mut self, made: i64, last: u64) -> u64 {
        let position = &mut self.position;
        let anew = position.stream.map_or(last < position.sequence, |known| known != made);
        // A stream that lost its end gives those numbers to others.
        position.sequence = if anew { 0 } else { position.sequence.min(last) };
        position.stream = Some(made);
        position.sequence
    }

    /// Appends messages after the position and moves it on once they are on disk; tells how many were new.
    pub(super) fn append(&mut self, messages: &[(u64, &str)]) -> io::Result<u64> {
        let mut fresh = Vec::with_capacity(messages.len());
        let written = self.written(messages, &mut fresh);
        if written.is_err() {
            // They come again, and must not be taken for known then.
            self.known.ids.undo(&fresh);
        }
        written
    }

    fn written(&mut self, messages: &[(u64, &str)], fresh: &mut Vec<u64>) -> io::Result<u64> {
        // INVARIANT: room for all of them at once, or what is undone could stay known in an older part of the memory.
        self.known.ids.make_room(messages.len());
        let mut by_file: BTreeMap<String, String> = BTreeMap::new();
        let (mut last, mut new) = (self.position.sequence, 0);
        for (sequence, event) in messages.iter().filter(|(sequence, _)| *sequence > self.position.sequence) {
            last = last.max(*sequence);
            let Some(id) = self.known.add(event) else { continue };
            fresh.push(id);
            let day = received_day(event).map_or("unknown".to_owned(), |(day, _)| day);
            let lines = by_file.entry(format!("events-{day}.ndjson")).or_default();
            lines.push_str(event);
            lines.push('\n');
            new += 1;
        }
        // INVARIANT: a file is in the position before anything is in it: one that is not there is somebody else's.
        let known = self.position.lengths.len();
        for name in by_file.keys() {
            self.position.lengths.entry(name.clone()).or_insert(0);
        }
        if self.position.lengths.len() > known {
            replace(&self.folder, &self.position)?;
        }
        // Taken over together: should the second file fail, the first is written anew with it.
        let mut lengths = BTreeMap::new();
        for (name, lines) in by_file {
            let path = self.folder.join(&name);
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            // A write that failed half way left bytes behind: they are not ours to keep.
            let mut length = self.position.lengths.get(&name).copied().unwrap_or(0);
            let there = file.metadata()?.len();
            if there < length {
                // Moved away: what was begun in its place must not be taken for lines after a crash.
                length = there;
                self.position.lengths.insert(name.clone(), length);
                replace(&self.folder, &self.position)?;
            }
            file.set_len(length)?;
            file.write_all(lines.as_bytes())?;
            file.sync_data()?;
            lengths.insert(name, length + lines.len() as u64);
        }
        self.position.lengths.extend(lengths);
        self.position.sequence = last;
        replace(&self.folder, &self.position)?;
        Ok(new)
    }
}

/// Whether it is the name of a file that a drain writes: `events-2026-11-22.ndjson`.
fn is_a_day(name: &str) -> bool {
    let day = name.strip_prefix("events-").and_then(|rest| rest.strip_suffix(".ndjson")).unwrap_or_default();
    let form = b"0000-00-00";
    let is_date = day.len() == form.len()
        && day.bytes().zip(form).all(|(is, form)| if *form == b'-' { is == b'-' } else { is.is_ascii_digit() });
    is_date || day == "unknown"
}

/// Writes the position beside and moves it into place: a crash leaves the old one or the new one.
fn replace(folder: &Path, position: &Position) -> io::Result<()> {
    let beside = folder.join("position.json.new");
    let mut file = File::create(&beside)?;
    file.write_all(serde_json::to_string(position)?.as_bytes())?;
    file.sync_data()?;
    fs::rename(&beside, folder.join(POSITION))?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u32, day: u32) -> String {
        format!(r#"{{"messageId":"{id}","receivedAt":"2026-11-{day:02}T10:00:00.000Z"}}"#)
    }

    #[test]
    fn a_crash_between_lines_and_position_writes_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        let (first, second, third) = (event(1, 21), event(2, 22), event(3, 22));
        assert_eq!(files.append(&[(1, &first), (2, &second)]).unwrap(), 2);
        let day = folder.path().join("events-2026-11-22.ndjson");
        let mut torn = OpenOptions::new().append(true).open(&day).unwrap();
        torn.write_all(&third.as_bytes()[..20]).unwrap();
        drop(files);
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        assert_eq!(files.position_in(7, 3), 2);
        assert_eq!(files.append(&[(2, &second), (3, &third)]).unwrap(), 1);
        assert_eq!(fs::read_to_string(day).unwrap(), format!("{second}\n{third}\n"));
        assert_eq!(fs::read_to_string(folder.path().join("events-2026-11-21.ndjson")).unwrap(), format!("{first}\n"));
    }

    #[test]
    fn a_stream_that_lost_its_end_or_was_made_anew_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        assert_eq!(files.position_in(7, 5), 0);
        files.append(&[(5, &event(1, 21))]).unwrap();
        assert_eq!((files.position_in(7, 9), files.position_in(7, 4)), (5, 4));
        assert_eq!(files.append(&[(5, &event(2, 21))]).unwrap(), 1);
        drop(files);
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        assert_eq!((files.position_in(7, 5), files.position_in(8, 9)), (5, 0));
    }

    #[test]
    fn a_day_that_was_moved_away_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        let (first, second, third) = (event(1, 21), event(2, 21), event(3, 21));
        files.append(&[(1, &first)]).unwrap();
        let day = folder.path().join("events-2026-11-21.ndjson");
        fs::rename(&day, folder.path().join("loaded")).unwrap();
        files.append(&[(2, &second)]).unwrap();
        assert_eq!(fs::read_to_string(&day).unwrap(), format!("{second}\n"));
        assert!(Files::open(folder.path().to_owned()).is_err(), "two at once would cut off each other's lines");
        fs::remove_file(&day).unwrap();
        drop(files);
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        files.append(&[(3, &third)]).unwrap();
        assert_eq!(fs::read_to_string(&day).unwrap(), format!("{third}\n"));
        // Away while a drain starts, and there again: not a line of it is lost.
        drop(files);
        fs::rename(&day, folder.path().join("packed")).unwrap();
        drop(Files::open(folder.path().to_owned()).unwrap());
        fs::rename(folder.path().join("packed"), &day).unwrap();
        drop(Files::open(folder.path().to_owned()).unwrap());
        assert_eq!(fs::read_to_string(&day).unwrap(), format!("{third}\n"));
    }

    #[test]
    fn what_one_of_two_days_does_not_take_is_written_once_to_both() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        let (first, second) = (event(1, 21), event(2, 22));
        let (day, blocked) =
            (folder.path().join("events-2026-11-21.ndjson"), folder.path().join("events-2026-11-22.ndjson"));
        fs::create_dir(&blocked).unwrap();
        assert!(files.append(&[(1, &first), (2, &second)]).is_err());
        fs::remove_dir(&blocked).unwrap();
        assert_eq!(files.append(&[(1, &first), (2, &second)]).unwrap(), 2);
        assert_eq!(fs::read_to_string(&day).unwrap(), format!("{first}\n"));
        // The plug is pulled between the two: the lines of the first are not ours yet.
        fs::create_dir(folder.path().join("events-2026-11-23.ndjson")).unwrap();
        assert!(files.append(&[(3, &event(3, 21)), (4, &event(4, 23))]).is_err());
        drop(files);
        fs::remove_dir(folder.path().join("events-2026-11-23.ndjson")).unwrap();
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        assert_eq!(files.append(&[(3, &event(3, 21)), (4, &event(4, 23))]).unwrap(), 2);
        assert_eq!(fs::read_to_string(&day).unwrap(), format!("{first}\n{}\n", event(3, 21)));
    }

    #[test]
    fn files_that_no_drain_wrote_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) =
            (folder.path().join("events-2026-11-21.ndjson"), folder.path().join("events-november.ndjson"));
        fs::write(&ours, "exported by hand\n").unwrap();
        let error = Files::open(folder.path().to_owned()).map(drop).unwrap_err().to_string();
        assert!(error.contains("events-2026-11-21.ndjson") && error.contains("position.json"), "{error}");
        assert_eq!(fs::read_to_string(&ours).unwrap(), "exported by hand\n");
        fs::rename(&ours, &other).unwrap();
        // A crash before the very first position is no reason to refuse.
        drop(Files::open(folder.path().to_owned()).unwrap());
        fs::write(&ours, "").unwrap();
        drop(Files::open(folder.path().to_owned()).unwrap());
        fs::remove_file(&ours).unwrap();
        // One that came later is nobody's either: each day is in the position before it is in the folder.
        let later = folder.path().join("events-2026-11-22.ndjson");
        fs::write(&later, "copied here\n").unwrap();
        assert!(Files::open(folder.path().to_owned()).is_err());
        assert_eq!((fs::read(&later).unwrap().len(), fs::read(&other).unwrap().len()), (12, 17));
    }

    #[test]
    fn an_event_that_the_stream_holds_twice_is_written_once_by_the_same_drain_and_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        let (first, second, third) = (event(1, 21), event(2, 22), event(3, 22));
        assert_eq!(files.append(&[(1, &first), (2, &second), (3, &first)]).unwrap(), 2);
        assert_eq!((files.append(&[(4, &second)]).unwrap(), files.position.sequence), (0, 4));
        drop(files);
        let mut files = Files::open(folder.path().to_owned()).unwrap();
        assert_eq!(files.append(&[(5, &second), (6, &third), (7, &first)]).unwrap(), 1);
        // What could not be written is not known.
        let blocked = folder.path().join("events-2026-11-23.ndjson");
        fs::create_dir(&blocked).unwrap();
        let fourth = event(4, 23);
        assert!(files.append(&[(8, &fourth)]).is_err());
        fs::remove_dir(&blocked).unwrap();
        assert_eq!(files.append(&[(8, &fourth)]).unwrap(), 1);
    }
}
