//! One event: is it valid, and what is stored of it.

use std::borrow::Cow;

use serde_json::value::RawValue;
use tailorbird_schema::{EventKind, Millis};

use super::address::{is_address_name, network_of, without_addresses};
use super::clock;
use super::ids::{IdHasher, fresh_message_id};
use super::members::{Members, push_member, push_text, text};
use super::structure::{measure, with_whole_surrogates};

/// The largest event that is taken, in bytes of JSON.
pub(crate) const MAX_EVENT_BYTES: usize = 32 * 1024;
const MAX_DEPTH: usize = 32;
const MAX_MEMBERS: usize = 2_000;
const MAX_ID_BYTES: usize = 512;
const MAX_NAME_BYTES: usize = 1_024;

/// What holds for every event of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Envelope<'a> {
    /// When the request arrived.
    pub(crate) received_at: Millis,
    /// When the client says that it sent the request; an event's own `sentAt` counts where this is missing.
    pub(crate) sent_at: Option<&'a RawValue>,
    /// The batch's context, for events that have none.
    pub(crate) context: Option<&'a RawValue>,
    /// What the endpoint says the event is; `/v1/batch` says nothing.
    pub(crate) kind: Option<EventKind>,
    /// The key that let the request in; noted on the event.
    pub(crate) write_key: Option<&'a str>,
    /// The request says that the visitor opted out (`Sec-GPC: 1`).
    pub(crate) opted_out: bool,
    /// Stored events come back: their times stay as they are.
    pub(crate) import: bool,
}

/// What the store needs to know of an event besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The keyed hash of `messageId`.
    pub(crate) message: u64,
    /// The keyed hashes of `anonymousId`, `userId` and `previousId`; 0 where missing.
    pub(crate) visitors: [u64; 3],
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its stored form was appended to the output.
    Accepted(Facts),
    /// It is invalid: why, in words for its sender.
    Rejected(Cow<'static, str>),
    /// The visitor does not want to be recorded.
    OptedOut,
    /// The visitor with this `anonymousId` wants everything erased; its stored form was appended, for a sink to be told.
    Erasure(Facts, String),
}

/// What the agent's `forget({ everywhere: true })` sends.
const ERASURE: &str = "Erasure Requested";
/// Who knows an id may erase what is stored under it: shorter ones could be guessed.
const SHORTEST_SECRET: usize = 16;

type Rejected = Cow<'static, str>;

/// Judges one event and appends what is stored of it to `out`.
pub(crate) fn judge(event: &str, envelope: &Envelope, hasher: &IdHasher, out: &mut String) -> Verdict {
    let start = out.len();
    let verdict = written(event, envelope, hasher, out);
    match verdict {
        Ok(verdict) => verdict,
        Err(reason) => {
            out.truncate(start);
            // What nobody agreed to is not kept to be mended, either.
            if envelope.opted_out { Verdict::OptedOut } else { Verdict::Rejected(reason) }
        }
    }
}

fn written(event: &str, envelope: &Envelope, hasher: &IdHasher, out: &mut String) -> Result<Verdict, Rejected> {
    if event.len() > MAX_EVENT_BYTES {
        return Err(format!("the event has {} bytes; at most {MAX_EVENT_BYTES} are taken", event.len()).into());
    }
    let structure = measure(event);
    if structure.depth > MAX_DEPTH {
        return Err("the event nests deeper than 32 levels".into());
    }
    if structure.members > MAX_MEMBERS {
        return Err("the event has more than 2000 members".into());
    }
    if structure.number_out_of_range {
        return Err("the event holds a number that is out of range".into());
    }
    let mended;
    let event = if structure.lone_surrogate {
        mended = with_whole_surrogates(event);
        mended.as_str()
    } else {
        event
    };
    if !event.starts_with('{') {
        return Err("the event is not an object".into());
    }
    let members = Members::parse(event).map_err(|error| format!("the event cannot be read: {error}"))?;
    let kind = kind_of(&members, envelope.kind)?;
    let ids = Ids::of(&members, kind)?;
    check_names(&members, kind)?;
    let context = match object(&members, "context")? {
        Some(own) => Some(own),
        None => envelope.context,
    };
    object(&members, "properties")?;
    object(&members, "traits")?;
    object(&members, "integrations")?;
    let times = Times::of(&members, envelope)?;
    let erased = match &ids.anonymous {
        _ if envelope.import || !asks_for_erasure(&members, kind) => None,
        Some(id) if id.len() >= SHORTEST_SECRET => Some(id.clone().into_owned()),
        _ => return Err("an erasure names an `anonymousId` of at least 16 bytes; shorter ones the admin erases".into()),
    };
    if erased.is_none() && envelope.opted_out && !context.is_some_and(|context| grants_analytics(context.get())) {
        return Ok(Verdict::OptedOut);
    }
    let message_id = match ids.message {
        Some(id) => id,
        None => fresh_message_id().into(),
    };

    out.push_str("{\"type\":\"");
    out.push_str(kind.name());
    out.push_str("\",\"messageId\":");
    push_text(out, &message_id);
    for (name, value) in &members.0 {
        push_own_member(out, name, value)?;
    }
    if let Some(context) = context {
        push_without_addresses(out, "context", context.get())?;
    }
    times.push(out);
    let imported_key = members.get("writeKey").filter(|_| envelope.import).and_then(text);
    if let Some(key) = envelope.write_key.or(imported_key.as_deref()) {
        out.push_str(",\"writeKey\":");
        push_text(out, key);
    }
    out.push('}');

    let hash = |id: &Option<Cow<str>>| id.as_deref().map_or(0, |id| hasher.visitor(id));
    let facts = Facts {
        message: hasher.message(&message_id),
        visitors: [hash(&ids.anonymous), hash(&ids.user), hash(&ids.previous)],
    };
    Ok(match erased {
        Some(id) => Verdict::Erasure(facts, id),
        None => Verdict::Accepted(facts),
    })
}

pub(super) fn asks_for_erasure(members: &Members, kind: EventKind) -> bool {
    kind == EventKind::Track && members.get("event").and_then(text).is_some_and(|name| name == ERASURE)
}

/// Appends a member that the client wrote, unless the collector writes it itself.
fn push_own_member(out: &mut String, name: &str, value: &RawValue) -> Result<(), Rejected> {
    match name {
        "type" | "messageId" | "context" | "timestamp" | "originalTimestamp" | "sentAt" | "receivedAt" | "writeKey" => {
        }
        "anonymousId" | "userId" | "groupId" | "previousId" if is_whole_number(value) => {
            push_member(out, name, &format!("\"{}\"", value.get()));
        }
        "properties" | "traits" => push_without_addresses(out, name, value.get())?,
        name if is_address_name(name) => {
            if let Some(network) = text(value).as_deref().and_then(network_of) {
                push_member(out, name, &format!("\"{network}\""));
            }
        }
        _ => push(out, name, value),
    }
    Ok(())
}

fn push(out: &mut String, name: &str, value: &RawValue) {
    push_member(out, name, value.get());
}

fn push_without_addresses(out: &mut String, name: &str, object: &str) -> Result<(), Rejected> {
    if !object.starts_with('{') {
        push_member(out, name, object);
        return Ok(());
    }
    let cut = without_addresses(object).map_err(|error| format!("`{name}` cannot be read: {error}"))?;
    push_member(out, name, cut.as_deref().unwrap_or(object));
    Ok(())
}

fn kind_of(members: &Members, endpoint: Option<EventKind>) -> Result<EventKind, Rejected> {
    if let Some(kind) = endpoint {
        return Ok(kind);
    }
    let name = members.get("type").ok_or("`type` is missing")?;
    let name = text(name).ok_or("`type` is not a string")?;
    EventKind::from_name(&name).ok_or_else(|| {
        let shown: String = name.chars().take(40).collect();
        format!("`type` is `{shown}`, not one of track, page, screen, identify, group, alias").into()
    })
}

/// The ids that an event carries.
struct Ids<'a> {
    message: Option<Cow<'a, str>>,
    anonymous: Option<Cow<'a, str>>,
    user: Option<Cow<'a, str>>,
    previous: Option<Cow<'a, str>>,
}

impl<'a> Ids<'a> {
    fn of(members: &Members<'a>, kind: EventKind) -> Result<Ids<'a>, Rejected> {
        let ids = Ids {
            message: id(members, "messageId", 256)?,
            anonymous: id(members, "anonymousId", MAX_ID_BYTES)?,
            user: id(members, "userId", MAX_ID_BYTES)?,
            previous: id(members, "previousId", MAX_ID_BYTES)?,
        };
        let group = id(members, "groupId", MAX_ID_BYTES)?;
        match kind {
            EventKind::Alias if ids.previous.is_none() => return Err("`previousId` is missing".into()),
            EventKind::Group if group.is_none() => return Err("`groupId` is missing".into()),
            _ => {}
        }
        if ids.anonymous.is_none() && ids.user.is_none() {
            return Err("both `anonymousId` and `userId` are missing".into());
        }
        Ok(ids)
    }
}

/// An id: text that is not empty, or a whole number, which becomes text.
fn id<'a>(members: &Members<'a>, name: &'static str, longest: usize) -> Result<Option<Cow<'a, str>>, Rejected> {
    let Some(raw) = members.get(name) else { return Ok(None) };
    let id = id_text(raw).ok_or_else(|| format!("`{name}` is not a string"))?;
    if id.len() > longest {
        return Err(format!("`{name}` has {} bytes; at most {longest} are taken", id.len()).into());
    }
    Ok((!id.is_empty()).then_some(id))
}

fn id_text(raw: &RawValue) -> Option<Cow<'_, str>> {
    text(raw).or_else(|| is_whole_number(raw).then(|| Cow::Borrowed(raw.get())))
}

fn is_whole_number(raw: &RawValue) -> bool {
    raw.get().bytes().all(|byte| byte.is_ascii_digit())
}

fn check_names(members: &Members, kind: EventKind) -> Result<(), Rejected> {
    let (name, required) = match kind {
        EventKind::Track => ("event", true),
        EventKind::Page | EventKind::Screen => ("name", false),
        EventKind::Identify | EventKind::Group | EventKind::Alias => return Ok(()),
    };
    let Some(raw) = members.get(name) else {
        return if required { Err(format!("`{name}` is missing").into()) } else { Ok(()) };
    };
    let value = text(raw).ok_or_else(|| format!("`{name}` is not a string"))?;
    if required && value.is_empty() {
        return Err(format!("`{name}` is empty").into());
    }
    if value.len() > MAX_NAME_BYTES {
        return Err(format!("`{name}` has {} bytes; at most {MAX_NAME_BYTES} are taken", value.len()).into());
    }
    Ok(())
}

fn object<'a>(members: &Members<'a>, name: &'static str) -> Result<Option<&'a RawValue>, Rejected> {
    match members.get(name) {
        Some(raw) if !raw.get().starts_with('{') => Err(format!("`{name}` is not an object").into()),
        found => Ok(found),
    }
}

/// The times of an event: the corrected one and the three raw ones that it comes from.
struct Times {
    at: Millis,
    original: Option<Millis>,
    sent: Option<Millis>,
    received: Millis,
}

impl Times {
    fn of(members: &Members, envelope: &Envelope) -> Result<Times, Rejected> {
        let timestamp = time(members.get("timestamp"), "timestamp")?;
        let original = time(members.get("originalTimestamp"), "originalTimestamp")?;
        let own_sent = time(members.get("sentAt"), "sentAt")?;
        if envelope.import {
            let received = time(members.get("receivedAt"), "receivedAt")?.unwrap_or(envelope.received_at);
            let at = timestamp.or(original).unwrap_or(received);
            return Ok(Times { at, original, sent: own_sent, received });
        }
        let received = envelope.received_at;
        let sent = match envelope.sent_at {
            Some(raw) => text(raw).as_deref().and_then(clock::parse).or(own_sent),
            None => own_sent,
        };
        let original = original.or(timestamp);
        let at = match (original, sent) {
            (Some(original), Some(sent)) => clock::corrected(original, sent, received),
            // Who does not say when it was sent may have a wrong clock all the same.
            (Some(original), None) => original.min(received),
            (None, _) => received,
        };
        Ok(Times { at, original, sent, received })
    }

    fn push(&self, out: &mut String) {
        let mut member = |name: &str, at: Millis| push_member(out, name, &format!("\"{}\"", clock::format(at)));
        member("timestamp", self.at);
        if let Some(original) = self.original {
            member("originalTimestamp", original);
        }
        if let Some(sent) = self.sent {
            member("sentAt", sent);
        }
        member("receivedAt", self.received);
    }
}

fn time(raw: Option<&RawValue>, name: &'static str) -> Result<Option<Millis>, Rejected> {
    let Some(raw) = raw else { return Ok(None) };
    let text = text(raw).ok_or_else(|| format!("`{name}` is not an ISO 8601 string"))?;
    match clock::parse(&text) {
        Some(at) => Ok(Some(at)),
        None => {
            let shown: String = text.chars().take(40).collect();
            Err(format!("`{name}` is `{shown}`, not an ISO 8601 time").into())
        }
    }
}

/// Whether the event itself says that the visitor granted analytics: `context.consent.analytics` is `granted`.
fn grants_analytics(context: &str) -> bool {
    let granted = || {
        let context = Members::parse(context).ok()?;
        let consent = Members::parse(context.get("consent")?.get()).ok()?;
        Some(text(consent.get("analytics")?)? == "granted")
    };
    granted().unwrap_or(false)
}

/// An invalid event's text as it may be kept: without full addresses where there are any to find, and with what its batch said for it,
/// by which it is judged when it is replayed alone: when it was sent, and its context where it has none of its own.
pub(crate) fn for_quarantine(event: &str, sent_at: Option<&RawValue>, context: Option<&RawValue>) -> String {
    let Ok(members) = Members::parse(event) else {
        return event.to_owned();
    };
    let mut out = String::with_capacity(event.len());
    out.push('{');
    let context = context.filter(|_| members.get("context").is_none());
    let of_batch = [("sentAt", sent_at), ("context", context)];
    let given = |name: &str| of_batch.iter().any(|(known, value)| *known == name && value.is_some());
    let own = members.0.iter().map(|(name, value)| (name.as_ref(), *value)).filter(|(name, _)| !given(name));
    for (name, value) in own.chain(of_batch.iter().filter_map(|(name, value)| Some((*name, (*value)?)))) {
        let cut = match name {
            "context" | "properties" | "traits" => without_addresses(value.get()).ok().flatten(),
            name if is_address_name(name) => {
                Some(text(value).as_deref().and_then(network_of).map_or("null".to_owned(), |ip| format!("\"{ip}\"")))
            }
            _ => None,
        };
        push_member(&mut out, name, cut.as_deref().unwrap_or(value.get()));
    }
    out.push('}');
    out
}
