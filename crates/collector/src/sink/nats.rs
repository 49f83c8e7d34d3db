//! NATS JetStream as a sink: one message an event, the message id for recognising retries, the replicated ack awaited.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::jetstream::context::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use async_nats::{Client, ConnectOptions};

use super::Published;
use super::address::StreamAddress;
use crate::ingest::{id_and_type, printable};
use crate::store::outbox::Position;

/// How long an acknowledgement may take. Elections of a new leader take a few seconds; the retry is recognised by its id.
const ACK_PATIENCE: Duration = Duration::from_secs(5);

/// A JetStream that may be away for a while.
pub(crate) struct NatsSink {
    /// Where it is.
    pub(crate) address: StreamAddress,
    context: Option<Context>,
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
        NatsSink { address, context: None }
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

    /// Publishes events and awaits their acknowledgements in order.
    pub(crate) async fn publish(&self, events: &[(i64, String)]) -> Published {
        let mut published = Published::default();
        let Some(context) = &self.context else {
            published.error = Some("not connected".to_owned());
            return published;
        };
        let mut under_way = VecDeque::with_capacity(events.len());
        for (_, text) in events {
            let (id, kind) = id_and_type(text);
            let message = PublishMessage::build().message_id(printable(&id)).payload(text.clone().into());
            match context.send_publish(format!("{}.{kind}", self.address.subject), message).await {
                Ok(acknowledgement) => under_way.push_back(acknowledgement),
                Err(error) => {
                    published.error = Some(error.to_string());
                    break;
                }
            }
        }
        for acknowledgement in under_way {
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
