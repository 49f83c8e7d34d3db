//! Handing events over to a cluster: the store stays the outbox that earns the 200.

pub(crate) mod address;
mod forward;
#[cfg(feature = "kafka")]
mod kafka;
mod nats;

pub(crate) use forward::forward;
pub(crate) use nats::connect;

use crate::CollectorError;
use crate::store::outbox::Position;
use address::{StreamAddress, without_password};

/// Where events go.
pub(crate) enum Sink {
    /// NATS JetStream.
    Nats(Box<nats::NatsSink>),
    /// A Kafka-compatible broker.
    #[cfg(feature = "kafka")]
    Kafka(kafka::KafkaSink),
}

/// How far a round of publishing came.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Events that the sink acknowledged, from the first on without a gap.
    pub(crate) acknowledged: usize,
    /// The sink's number of the last of them.
    pub(crate) sink_seq: u64,
    /// How many of them it had before.
    pub(crate) duplicates: usize,
    /// Why it did not come further.
    pub(crate) error: Option<String>,
}

impl Sink {
    /// The sink behind a URL; connecting comes later, so that a collector starts without its cluster.
    pub(crate) fn parse(url: &str) -> Result<Sink, CollectorError> {
        let scheme = url.split("://").next().unwrap_or_default();
        match scheme {
            "nats" => Ok(Sink::Nats(Box::new(nats::NatsSink::new(StreamAddress::parse("--sink", url)?)))),
            #[cfg(feature = "kafka")]
            "kafka" => Ok(Sink::Kafka(kafka::KafkaSink::parse(url)?)),
            #[cfg(not(feature = "kafka"))]
            "kafka" => Err(CollectorError::Option {
                option: "--sink",
                value: without_password(url),
                expected: "nats://…, or a program built with `--features kafka`".to_owned(),
            }),
            _ => Err(CollectorError::Option {
                option: "--sink",
                value: without_password(url),
                expected: "nats://host:4222?stream=TAILORBIRD&replicas=3".to_owned(),
            }),
        }
    }

    /// How many events one round takes.
    fn round(&self) -> usize {
        match self {
            Sink::Nats(sink) => sink.address.inflight,
            #[cfg(feature = "kafka")]
            Sink::Kafka(sink) => sink.inflight,
        }
    }

    /// How long an acknowledged event stays in the store.
    fn safety(&self) -> std::time::Duration {
        match self {
            Sink::Nats(sink) => sink.address.safety,
            #[cfg(feature = "kafka")]
            Sink::Kafka(sink) => sink.safety,
        }
    }

    /// Makes the connection ready; false when the sink has lost events that it had acknowledged.
    async fn prepare(&mut self, position: Position) -> Result<bool, String> {
        match self {
            Sink::Nats(sink) => sink.prepare(position).await,
            #[cfg(feature = "kafka")]
            Sink::Kafka(sink) => sink.prepare().await.map(|()| true),
        }
    }

    /// Learns what the sink has of events that arrived since a moment: published again, they would be taken for new ones.
    async fn remember(&mut self, since: i64) -> Result<(), String> {
        match self {
            Sink::Nats(sink) => sink.remember(since).await,
            #[cfg(feature = "kafka")]
            Sink::Kafka(_) => Ok(()),
        }
    }

    async fn publish(&mut self, events: &[(i64, String)]) -> Published {
        match self {
            Sink::Nats(sink) => sink.publish(events).await,
            #[cfg(feature = "kafka")]
            Sink::Kafka(sink) => sink.publish(events).await,
        }
    }
}
