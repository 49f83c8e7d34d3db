//! From the bytes of a request to what the store writes: pure, no clock, no disk.

mod address;
pub(crate) mod clock;
mod event;
pub(crate) mod ids;
mod members;
mod structure;

use serde_json::value::RawValue;
use tailorbird_schema::{EventKind, Millis};

use event::{Envelope, Verdict, judge};
pub(crate) use event::{Facts, MAX_EVENT_BYTES};
use ids::IdHasher;
use members::{Members, text};

/// The largest body that is taken, before and after inflating.
pub(crate) const MAX_BODY_BYTES: usize = 500 * 1024;
/// How many events a batch may hold.
pub(crate) const MAX_BATCH_EVENTS: usize = 2_500;
/// How much of an invalid event is kept when it is larger than an event may be.
const KEPT_OF_OVERSIZE: usize = 2 * 1024;

/// Why a whole request cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It cannot be read: 400.
    Unreadable(String),
    /// It is larger than what is taken: 413.
    TooLarge(String),
}

/// A request's body, opened but not judged.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    /// The key in the body, for clients that cannot set headers.
    pub(crate) write_key: Option<String>,
    events: Vec<&'a RawValue>,
    sent_at: Option<&'a RawValue>,
    context: Option<&'a RawValue>,
}

impl Opened<'_> {
    /// How many events it holds.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }
}

/// What a request says besides its body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    /// When it arrived.
    pub(crate) received_at: Millis,
    /// What a single-event endpoint says the event is.
    pub(crate) kind: Option<EventKind>,
    /// The key that let it in.
    pub(crate) write_key: Option<&'a str>,
    /// It came with `Sec-GPC: 1`.
    pub(crate) opted_out: bool,
    /// It is an import of stored events.
    pub(crate) import: bool,
}

/// Everything that the store needs of a request, in as few allocations as it takes.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    /// The stored forms, one after the other.
    pub(crate) text: String,
    /// Where each stored form ends, and what is known of it.
    pub(crate) events: Vec<(usize, Facts)>,
    /// The invalid ones.
    pub(crate) rejects: Vec<Reject>,
    /// The visitors that asked to be erased: their ids, and the stored forms of their requests.
    pub(crate) erasures: Vec<Erasure>,
    /// How many were left out because the visitor opted out.
    pub(crate) opted_out: usize,
    /// When the request arrived.
    pub(crate) received_at: Millis,
    /// The key that let it in.
    pub(crate) write_key: Option<String>,
    /// The endpoint's kind, to judge an event in the same way when it is replayed.
    pub(crate) kind: Option<EventKind>,
}

/// A visitor's own request to be erased.
#[derive(Debug)]
pub(crate) struct Erasure {
    /// The visitor's `anonymousId`.
    pub(crate) id: String,
    /// The stored form of the request.
    text: String,
    facts: Facts,
}

impl Erasure {
    /// The request as something to be stored, so that it reaches a sink.
    pub(crate) fn prepared(self, received_at: Millis) -> Prepared {
        let events = vec![(self.text.len(), self.facts)];
        Prepared { text: self.text, events, received_at, ..Prepared::default() }
    }
}

/// An event that is not stored with the others, and why.
#[derive(Debug)]
pub(crate) struct Reject {
    /// Its place in the batch.
    pub(crate) index: usize,
    /// What is wrong, in words for its sender.
    pub(crate) reason: String,
    /// Its text, without full addresses.
    pub(crate) text: String,
    /// Whether the text is all of it.
    pub(crate) whole: bool,
    /// Whether it is larger than an event may be.
    pub(crate) too_large: bool,
}

impl Prepared {
    /// The stored forms with what is known of them.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (&str, Facts)> {
        let mut from = 0;
        self.events.iter().map(move |(end, facts)| {
            let text = &self.text[from..*end];
            from = *end;
            (text, *facts)
        })
    }

    /// The bytes that wait in memory for the disk.
    pub(crate) fn weight(&self) -> usize {
        self.text.len() + self.rejects.iter().map(|reject| reject.text.len() + 128).sum::<usize>()
    }
}

/// Opens the body of `/v1/batch`.
pub(crate) fn open_batch(body: &[u8]) -> Result<Opened<'_>, Refusal> {
    let members = read_object(body)?;
    let batch = members.get("batch").ok_or_else(|| {
        Refusal::Unreadable("the body has no `batch`; send {\"batch\":[…]} or use the endpoint of one event".to_owned())
    })?;
    let events: Vec<&RawValue> = serde_json::from_str(batch.get())
        .map_err(|_| Refusal::Unreadable("`batch` is not an array; send {\"batch\":[…]}".to_owned()))?;
    if events.len() > MAX_BATCH_EVENTS {
        return Err(Refusal::TooLarge(format!(
            "the batch has {} events; send at most {MAX_BATCH_EVENTS} at once",
            events.len()
        )));
    }
    let context = members.get("context").filter(|context| context.get().starts_with('{'));
    Ok(Opened { write_key: write_key(&members), events, sent_at: members.get("sentAt"), context })
}

/// Opens the body of an endpoint that takes one event.
pub(crate) fn open_single(body: &[u8]) -> Result<Opened<'_>, Refusal> {
    let members = read_object(body)?;
    let whole: &RawValue = serde_json::from_slice(body).map_err(unreadable)?;
    Ok(Opened { write_key: write_key(&members), events: vec![whole], sent_at: None, context: None })
}

/// Opens NDJSON of stored events.
pub(crate) fn open_lines(body: &[u8]) -> Result<Opened<'_>, Refusal> {
    let lines = utf8(body)?.lines().filter(|line| !line.trim().is_empty());
    let events = lines.map(|line| serde_json::from_str(line).map_err(unreadable)).collect::<Result<_, _>>()?;
    Ok(Opened { write_key: None, events, sent_at: None, context: None })
}

/// Judges every event of an opened body.
pub(crate) fn prepare(opened: &Opened, how: Circumstances, hasher: &IdHasher) -> Prepared {
    let envelope = Envelope {
        received_at: how.received_at,
        sent_at: opened.sent_at,
        context: opened.context,
        kind: how.kind,
        write_key: how.write_key,
        opted_out: how.opted_out,
        import: how.import,
    };
    let bytes: usize = opened.events.iter().map(|event| event.get().len() + 160).sum();
    let mut prepared = Prepared {
        text: String::with_capacity(bytes),
        events: Vec::with_capacity(opened.events.len()),
        received_at: how.received_at,
        write_key: how.write_key.map(str::to_owned),
        kind: how.kind,
        ..Prepared::default()
    };
    for (index, event) in opened.events.iter().enumerate() {
        match judge(event.get(), &envelope, hasher, &mut prepared.text) {
            Verdict::Accepted(facts) => prepared.events.push((prepared.text.len(), facts)),
            Verdict::OptedOut => prepared.opted_out += 1,
            Verdict::Erasure(facts, id) => {
                let from = prepared.events.last().map_or(0, |(end, _)| *end);
                let text = prepared.text.split_off(from);
                prepared.erasures.push(Erasure { id, text, facts });
            }
            Verdict::Rejected(reason) => prepared.rejects.push(reject(index, reason.into_owned(), event.get(), opened)),
        }
    }
    prepared
}

/// Whether a stored event belongs to a visitor: by `anonymousId`, `userId` or an alias's `previousId`.
pub(crate) fn mentions_visitor(event: &str, visitor: &str) -> bool {
    let Ok(members) = Members::parse(event) else { return false };
    ["anonymousId", "userId", "previousId"]
        .iter()
        .any(|name| members.get(name).and_then(text).is_some_and(|id| id == visitor))
}

/// The visitor that a stored event asks to erase.
pub(crate) fn erasure_of(event: &str) -> Option<String> {
    let members = Members::parse(event).ok()?;
    let kind = EventKind::from_name(&text(members.get("type")?)?)?;
    let id = event::asks_for_erasure(&members, kind).then(|| members.get("anonymousId"))??;
    Some(text(id)?.into_owned())
}

/// A stored event's `messageId` and `type`.
pub(crate) fn id_and_type(event: &str) -> (String, String) {
    let members = Members::parse(event).unwrap_or_default();
    let field = |name| members.get(name).and_then(text).map(|text| text.into_owned()).unwrap_or_default();
    (field("messageId"), field("type"))
}

/// The id that keeps a visitor's events together: `userId`, else `anonymousId`.
#[cfg(feature = "kafka")]
pub(crate) fn visitor_of(event: &str) -> String {
    let members = Members::parse(event).unwrap_or_default();
    let field = |name| members.get(name).and_then(text).map(|text| text.into_owned());
    field("userId").or_else(|| field("anonymousId")).unwrap_or_default()
}

/// The day (UTC) on which a stored event arrived and the day after it, as `2026-11-22`.
pub(crate) fn received_day(event: &str) -> Option<(String, String)> {
    let members = Members::parse(event).ok()?;
    let received = clock::parse(&text(members.get("receivedAt")?)?)?;
    let day = |at| clock::format(at).get(..10).map(str::to_owned);
    Some((day(received)?, day(received.checked_add(86_400_000)?)?))
}

/// An id as it may stand in a header: anything but printable ASCII is percent-encoded, and so is what looks encoded, so that no
/// two ids become one.
pub(crate) fn printable(id: &str) -> String {
    if id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'%' && byte != b'+') {
        id.to_owned()
    } else {
        url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
    }
}

fn reject(index: usize, reason: String, event: &str, opened: &Opened) -> Reject {
    let mut text = event::for_quarantine(event, opened.sent_at, opened.context);
    let whole = text.len() <= MAX_EVENT_BYTES;
    if !whole {
        let end = (0..=KEPT_OF_OVERSIZE).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text = text[..end].to_owned();
    }
    Reject { index, reason, text, whole, too_large: event.len() > MAX_EVENT_BYTES }
}

fn read_object(body: &[u8]) -> Result<Members<'_>, Refusal> {
    Members::parse(utf8(body)?).map_err(unreadable)
}

fn utf8(body: &[u8]) -> Result<&str, Refusal> {
    // Some clients put a byte order mark before their JSON.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body)
        .map_err(|error| Refusal::Unreadable(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))
}

fn unreadable(error: serde_json::Error) -> Refusal {
    Refusal::Unreadable(format!("the body is not the JSON that is expected: {error}"))
}

fn write_key(members: &Members) -> Option<String> {
    members.get("writeKey").and_then(text).map(|key| key.into_owned())
}

#[cfg(test)]
mod tests;
