//! NATS JetStream as a sink: one message an event, the message id for recognising retries, the replicated ack awaited.

use std::collections::hash_map::RandomState;
use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::context::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use async_nats::{Client, ConnectOptions};
use futures_util::StreamExt;
use time::OffsetDateTime;

use super::Published;
use super::address::StreamAddress;
use crate::ingest::{clock, id_and_type, printable};
use crate::store::outbox::Position;

/// How long an acknowledgement may take. Elections of a new leader take a few seconds; the retry is recognised by its id.
const ACK_PATIENCE: Duration = Duration::from_secs(5);

/// By how much our clock and the servers' may differ, and how long a publish may be on its way.
const LEEWAY: i64 = 60_000;
/// How many ids are read back at most.
const MOST_IDS: usize = 2_000_000;

/// A JetStream that may be away for a while.
pub(crate) struct NatsSink {
    /// Where it is.
    pub(crate) address: StreamAddress,
    context: Option<Context>,
    /// Ids, hashed, that stand in the stream though its own memory of ids no longer reaches back to them.
    known: HashSet<u64>,
    hasher: RandomState,
    /// When this process last published.
    tried: Option<i64>,
}

/// Connects to the servers of an address; goes on trying when they go away later.
pub(crate) async fn connect(address: &StreamAddress) -> Result<Client, String> {
    let mut options = ConnectOptions::new()
        .connection_timeout(Duration::from_secs(3))
        .reconnect_delay_callback(|attempt| Duration::from_millis((attempt as u64 * 50).min(1_000)));
    if let Some((user, password)) = &address.credentials {
        options = options.user_and_password(user.clone(), password.clone());
    }
    options.connect(address.servers.as_slice()).await.map_err(|error| error.to_string())
}

impl NatsSink {
    /// A sink that is not connected yet.
    pub(crate) fn new(address: StreamAddress) -> NatsSink {
        NatsSink { address, context: None, known: HashSet::new(), hasher: RandomState::new(), tried: None }
    }

    /// Connects, makes the stream if there is none, and compares its end with what it acknowledged before.
    pub(crate) async fn prepare(&mut self, position: Position) -> Result<bool, String> {
        if self.context.is_none() {
            let client = connect(&self.address).await?;
            let mut context = async_nats::jetstream::new(client);
            context.set_timeout(ACK_PATIENCE);
            self.context = Some(context);
        }
        let Some(context) = &self.context else { return Err("not connected".to_owned()) };
        let config = Config {
            name: self.address.stream.clone(),
            subjects: vec![format!("{}.>", self.address.subject)],
            num_replicas: self.address.replicas,
            duplicate_window: self.address.duplicate_window,
            max_age: self.address.max_age,
            storage: StorageType::File,
            discard: DiscardPolicy::Old,
            ..Config::default()
        };
        let stream = context.get_or_create_stream(config).await.map_err(|error| error.to_string())?;
        let info = stream.get_info().await.map_err(|error| error.to_string())?;
        Ok(info.state.last_sequence >= position.sink_seq)
    }

    /// What is to be published may be in the stream already: its acknowledgement was lost, or the sink was behind. The
    /// stream recognises ids within its window only; after a longer time the ids are read back from it.
    pub(crate) async fn remember(&mut self, since: i64) -> Result<(), String> {
        self.known.clear();
        let now = clock::now();
        if now - since + LEEWAY < self.address.duplicate_window.as_millis() as i64 {
            return Ok(());
        }
        let Some(context) = &self.context else { return Err("not connected".to_owned()) };
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let stream = context.get_stream(&self.address.stream).await.map_err(|error| text(&error))?;
        let start_time = OffsetDateTime::from_unix_timestamp((since - LEEWAY) / 1_000).map_err(|error| text(&error))?;
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartTime { start_time },
            ack_policy: AckPolicy::None,
            headers_only: true,
            inactive_threshold: Duration::from_secs(30),
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.map_err(|error| text(&error))?;
        // What this process published last, or an unknown one before it.
        let until = self.tried.map_or(now, |tried| tried + LEEWAY) / 1_000;
        let mut left = consumer.cached_info().num_pending;
        while left > 0 {
            let batch = consumer.batch().max_messages(1_000).expires(ACK_PATIENCE).messages();
            let mut messages = batch.await.map_err(|error| text(&error))?;
            let before = left;
            while let Some(message) = messages.next().await {
                let message = message.map_err(|error| text(&error))?;
                let at = message.info().map_err(|error| text(&error))?.published.unix_timestamp();
                left = if at > until { 0 } else { left.saturating_sub(1) };
                if let Some(id) = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id")) {
                    self.known.insert(self.hasher.hash_one(id.as_str()));
                }
            }
            if left == before {
                return Err("the stream does not say which events it has".to_owned());
            }
            if self.known.len() > MOST_IDS {
                tracing::warn!("the stream has too many events to look through; some may be in it twice");
                break;
            }
        }
        Ok(())
    }

    /// Publishes events and awaits their acknowledgements in order.
    pub(crate) async fn publish(&mut self, events: &[(i64, String)]) -> Published {
        let mut published = Published::default();
        self.tried = Some(clock::now());
        let Some(context) = &self.context else {
            published.error = Some("not connected".to_owned());
            return published;
        };
        let mut under_way = VecDeque::with_capacity(events.len());
        for (_, text) in events {
            let (id, kind) = id_and_type(text);
            let id = printable(&id);
            if !self.known.is_empty() && self.known.contains(&self.hasher.hash_one(id.as_str())) {
                under_way.push_back(None);
                continue;
            }
            let message = PublishMessage::build().message_id(id).payload(text.clone().into());
            match context.send_publish(format!("{}.{kind}", self.address.subject), message).await {
                Ok(acknowledgement) => under_way.push_back(Some(acknowledgement)),
                Err(error) => {
                    published.error = Some(error.to_string());
                    break;
                }
            }
        }
        for acknowledgement in under_way {
            let Some(acknowledgement) = acknowledgement else {
                published.acknowledged += 1;
                published.duplicates += 1;
                continue;
            };
            match acknowledgement.await {
                Ok(ack) => {
                    published.acknowledged += 1;
                    published.duplicates += usize::from(ack.duplicate);
                    published.sink_seq = published.sink_seq.max(ack.sequence);
                }
                Err(error) => {
                    // INVARIANT: what comes after a gap is sent again as well; its id makes that harmless.
                    published.error = Some(error.to_string());
                    break;
                }
            }
        }
        published
    }
}
