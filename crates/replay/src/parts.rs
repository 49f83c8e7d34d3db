//! Events sorted by visitor into parts, so that one part at a time is all that has to be in memory.
//!
//! INVARIANT: all events of a visitor are in one part, in the order in which they arrived. Parts are kept in memory up to
//! `IN_MEMORY` bytes in all; from there on they are files that are deleted in the end. There are so many of them that each
//! is about `PART` bytes, which bounds what the replay holds: one part for each core.

use std::fs::File;
use std::io::{BufRead, BufWriter, Read, Seek, Write};
use std::num::NonZero;
use std::thread::ScopedJoinHandle;

use tailorbird_core::schema::Millis;
use tempfile::TempDir;

use crate::line::{Head, head};
use crate::{BadLine, ReplayError};

/// How many bytes of lines are read before they are sorted, by all cores.
const BLOCK: usize = 8 << 20;
/// What a part should have.
const PART: u64 = 16 << 20;
/// What all parts may take in memory.
const IN_MEMORY: usize = 512 << 20;
/// The fewest and the most parts; each that is a file takes a file handle and a buffer.
const PARTS: (usize, usize) = (64, 512);
/// At most so many bad lines are told one by one.
const MOST_TOLD: usize = 20;
/// What stands before each line of a part: the visitor's hash, when it happened, how long the line is.
pub(crate) const HEADER: usize = 8 + 8 + 4;

/// The parts, while they are filled and after.
#[derive(Debug)]
pub(crate) struct Parts {
    filled: Vec<Vec<u8>>,
    in_memory: usize,
    files: Option<Files>,
    pub(crate) lines: u64,
    pub(crate) bad: u64,
    pub(crate) bad_lines: Vec<BadLine>,
}

#[derive(Debug)]
struct Files {
    /// Deleted with everything in it when the replay ends.
    _folder: TempDir,
    files: Vec<BufWriter<File>>,
}

/// What one core made of its piece of a block: bytes by part, and the lines that were bad, counted within the piece.
type Sorted = (Vec<Vec<u8>>, u64, Vec<BadLine>, u64);

impl Parts {
    pub(crate) fn new(bytes: u64) -> Result<Parts, ReplayError> {
        let count = if bytes == 0 { PARTS.1 } else { (bytes / PART) as usize }.clamp(PARTS.0, PARTS.1);
        Ok(Parts {
            filled: vec![Vec::new(); count],
            in_memory: 0,
            files: None,
            lines: 0,
            bad: 0,
            bad_lines: Vec::new(),
        })
    }

    /// While the cores sort a block, the one before it is put away and the next one is read.
    pub(crate) fn read(&mut self, mut input: impl BufRead, mut progress: impl FnMut(u64)) -> Result<(), ReplayError> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let count = self.filled.len();
        let (mut block, mut next, mut before) = (Vec::new(), Vec::new(), Vec::new());
        read_block(&mut input, &mut block)?;
        while !block.is_empty() {
            let pieces = pieces(&block, cores);
            before = std::thread::scope(|scope| {
                let threads: Vec<_> =
                    pieces.into_iter().map(|piece| scope.spawn(move || sorted(piece, count))).collect();
                self.put_away(std::mem::take(&mut before))?;
                read_block(&mut input, &mut next)?;
                let join = |thread: ScopedJoinHandle<'_, Sorted>| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                Ok::<_, ReplayError>(threads.into_iter().map(join).collect())
            })?;
            progress(block.len() as u64);
            std::mem::swap(&mut block, &mut next);
        }
        self.put_away(before)
    }

    /// Takes over what the cores made of a block.
    fn put_away(&mut self, sorted: Vec<Sorted>) -> Result<(), ReplayError> {
        for (parts, lines, bad_lines, bad) in sorted {
            for (nth, bytes) in parts.into_iter().enumerate() {
                self.in_memory += bytes.len();
                match &mut self.files {
                    Some(files) => files.files[nth].write_all(&bytes)?,
                    None if self.filled[nth].is_empty() => self.filled[nth] = bytes,
                    None => self.filled[nth].extend_from_slice(&bytes),
                }
            }
            self.bad += bad;
            let more = MOST_TOLD.saturating_sub(self.bad_lines.len());
            let before = self.lines;
            self.bad_lines
                .extend(bad_lines.into_iter().take(more).map(|bad| BadLine { line: before + bad.line, ..bad }));
            self.lines += lines;
        }
        if self.files.is_none() && self.in_memory > IN_MEMORY {
            self.files = Some(self.written()?);
        }
        Ok(())
    }

    /// Moves what is in memory to files.
    fn written(&mut self) -> Result<Files, ReplayError> {
        let folder = tempfile::tempdir()?;
        let mut files = Vec::new();
        for (nth, bytes) in self.filled.iter_mut().enumerate() {
            let path = folder.path().join(nth.to_string());
            let file = File::options().read(true).write(true).create_new(true).open(path)?;
            let mut file = BufWriter::with_capacity(64 << 10, file);
            file.write_all(&std::mem::take(bytes))?;
            files.push(file);
        }
        Ok(Files { _folder: folder, files })
    }

    /// Nothing more is coming.
    pub(crate) fn close(&mut self) -> Result<(), ReplayError> {
        for file in self.files.iter_mut().flat_map(|files| &mut files.files) {
            file.flush()?;
        }
        Ok(())
    }

    pub(crate) fn count(&self) -> usize {
        self.filled.len()
    }

    /// The bytes of a part.
    pub(crate) fn load(&self, part: usize) -> Result<std::borrow::Cow<'_, [u8]>, ReplayError> {
        let Some(files) = &self.files else { return Ok(self.filled[part].as_slice().into()) };
        let mut file = files.files[part].get_ref();
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// Reads whole lines, about [`BLOCK`] bytes of them; none at the end of the input.
fn read_block(input: &mut impl BufRead, block: &mut Vec<u8>) -> Result<(), ReplayError> {
    block.clear();
    input.by_ref().take(BLOCK as u64).read_to_end(block)?;
    if block.last().is_some_and(|last| *last != b'\n') {
        input.read_until(b'\n', block)?;
    }
    Ok(())
}

/// The lines of a block in so many pieces, in order.
fn pieces(block: &[u8], count: usize) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::new(), block);
    for left in (1..=count).rev() {
        let half = rest.len() / left;
        let end = rest[half.saturating_sub(1).min(rest.len())..].iter().position(|byte| *byte == b'\n');
        let end = end.map_or(rest.len(), |more| half.saturating_sub(1) + more + 1);
        let (piece, after) = rest.split_at(if left == 1 { rest.len() } else { end });
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn sorted(piece: &[u8], count: usize) -> Sorted {
    let mut parts = vec![Vec::new(); count];
    let (mut lines, mut bad, mut bad_lines) = (0, 0, Vec::new());
    for line in piece.split_inclusive(|byte| *byte == b'\n') {
        lines += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match head(line) {
            // What the recorded rules showed is no part of what others would have.
            Ok(Head { is_exposure: true, .. }) => {}
            Ok(Head { visitor, at, .. }) => {
                let part = &mut parts[(visitor >> 32) as usize % count];
                part.extend_from_slice(&visitor.to_le_bytes());
                part.extend_from_slice(&at.to_le_bytes());
                part.extend_from_slice(&(line.len() as u32).to_le_bytes());
                part.extend_from_slice(line);
            }
            Err(reason) => {
                bad += 1;
                if bad_lines.len() < MOST_TOLD {
                    bad_lines.push(BadLine { line: lines, reason });
                }
            }
        }
    }
    (parts, lines, bad_lines, bad)
}

/// One line of a part: whose, when, and the line itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'p> {
    pub(crate) visitor: u64,
    pub(crate) at: Millis,
    pub(crate) line: &'p [u8],
}

/// The lines of a part by visitor, and by time within each; those of one moment in the order in which they arrived.
pub(crate) fn entries(part: &[u8]) -> Vec<Entry<'_>> {
    let (mut entries, mut rest) = (Vec::new(), part);
    while let Some((header, after)) = rest.split_first_chunk::<HEADER>() {
        let number = |range: std::ops::Range<usize>| {
            header[range].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let (line, after) = after.split_at((number(16..20) as usize).min(after.len()));
        entries.push(Entry { visitor: number(0..8), at: number(8..16) as Millis, line });
        rest = after;
    }
    entries.sort_by_key(|entry| (entry.visitor, entry.at));
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_lines_and_lose_nothing() {
        let block = b"a\nbb\n\ncccccccccccccccccccccc\nd\ne";
        for count in 1..8 {
            let pieces = pieces(block, count);
            assert_eq!(pieces.len(), count);
            assert_eq!(pieces.concat(), block);
            for (nth, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
                let last = pieces[nth + 1..].concat().is_empty();
                assert!(last || piece.ends_with(b"\n"), "{count}: {piece:?}");
            }
        }
        assert_eq!(pieces(b"", 3).concat(), b"");
    }

    #[test]
    fn in_files_or_in_memory_the_parts_are_the_same() {
        let line = |nth: usize| {
            format!(
                "{{\"type\":\"track\",\"event\":\"E\",\"anonymousId\":\"v{}\",\"originalTimestamp\":\"2026-11-01T00:00:{:02}Z\"}}\n",
                nth % 7,
                59 - nth % 60
            )
        };
        let text: String = (0..500).map(line).chain(["nonsense\n".to_owned()]).collect();
        let mut memory = Parts::new(1).unwrap();
        memory.read(text.as_bytes(), |_| {}).unwrap();
        let mut files = Parts::new(1).unwrap();
        let (first, second) = text.split_at(text.len() / 2 + text[text.len() / 2..].find('\n').unwrap() + 1);
        files.read(first.as_bytes(), |_| {}).unwrap();
        files.files = Some(files.written().unwrap());
        files.read(second.as_bytes(), |_| {}).unwrap();
        files.close().unwrap();
        let mut found = 0;
        for part in 0..memory.count() {
            let (one, other) = (memory.load(part).unwrap(), files.load(part).unwrap());
            assert_eq!(one, other);
            let entries = entries(&one);
            assert!(entries.is_sorted_by_key(|entry| (entry.visitor, entry.at)));
            found += entries.len();
        }
        assert_eq!((found, files.lines, files.bad, files.bad_lines[0].line), (500, 501, 1, 501));
    }
}
