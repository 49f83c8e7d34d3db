//! From the stream to where a data team works: PostgreSQL tables or NDJSON files, each event once.

mod files;
mod postgres;

use std::path::PathBuf;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use async_nats::jetstream::{AckKind, Message};
use futures_util::StreamExt;

use crate::CollectorError;
use crate::sink::address::{StreamAddress, without_password};
use crate::sink::connect;
use files::Files;
use postgres::Postgres;

/// How long a batch waits to fill up.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a server may say nothing at all before we look for another.
const SILENCE: Duration = Duration::from_secs(5);
/// How long a message may be under way before the stream gives it to another drain.
const ACK_WAIT: Duration = Duration::from_secs(60);

/// What is drained, and where to.
#[derive(Debug, Clone)]
pub struct Drain {
    /// The stream: `nats://host:4222?stream=TAILORBIRD`.
    pub source: String,
    /// `postgres://user@host/database`, or a folder for NDJSON files.
    pub to: String,
    /// The consumer's name: drains with the same name share the work.
    pub name: String,
    /// How many events are written at once.
    pub batch: usize,
    /// Whether to end once the stream is empty.
    pub until_empty: bool,
}

enum Destination {
    Postgres(Box<Postgres>),
    Files(Files),
}

/// Drains until `stop` is done, or until the stream is empty where that is wanted; tells how many events were new.
// INVARIANT: a message is acknowledged only after the destination made it durable.
pub async fn drain(order: Drain, stop: impl Future<Output = ()>) -> Result<u64, CollectorError> {
    let address = StreamAddress::parse("--source", &order.source)?;
    let destination = if order.to.starts_with("postgres://") || order.to.starts_with("postgresql://") {
        Destination::Postgres(Box::new(Postgres::parse(&order.to)?))
    } else if order.to.contains("://") {
        let expected = "postgres://user@host/database or a folder".to_owned();
        return Err(CollectorError::Option { option: "--to", value: without_password(&order.to), expected });
    } else {
        Destination::Files(Files::open(PathBuf::from(&order.to))?)
    };
    let mut draining = Draining { order, address, destination, new: 0 };
    tokio::select! {
        () = stop => {}
        () = draining.run() => {}
    }
    Ok(draining.new)
}

struct Draining {
    order: Drain,
    address: StreamAddress,
    destination: Destination,
    new: u64,
}

impl Draining {
    /// Works; whatever fails is tried again a little later.
    async fn run(&mut self) {
        let mut wait = Duration::from_millis(100);
        loop {
            let before = self.new;
            match self.consume().await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "draining goes on in a moment"),
            }
            wait = if self.new > before { Duration::from_millis(100) } else { (wait * 2).min(Duration::from_secs(5)) };
            tokio::time::sleep(wait).await;
        }
    }

    async fn consume(&mut self) -> Result<(), String> {
        let client = connect(&self.address).await?;
        let context = async_nats::jetstream::new(client);
        let stream = context.get_stream(&self.address.stream).await.map_err(|error| error.to_string())?;
        let in_order = matches!(self.destination, Destination::Files(_));
        let mut consumer: Consumer<pull::Config> = match &mut self.destination {
            // Whoever shares the name shares the work; a message comes again until it is acknowledged.
            Destination::Postgres(_) => {
                let config = pull::Config {
                    durable_name: Some(self.order.name.clone()),
                    ack_policy: AckPolicy::Explicit,
                    ack_wait: ACK_WAIT,
                    max_ack_pending: (self.order.batch * 8) as i64,
                    ..pull::Config::default()
                };
                stream.get_or_create_consumer(&self.order.name, config).await.map_err(|error| error.to_string())?
            }
            // The files know how far they are; the stream keeps no memory of this reader.
            Destination::Files(files) => {
                let info = stream.cached_info();
                let made = i64::try_from(info.created.unix_timestamp_nanos()).unwrap_or_default();
                let start_sequence = files.position_in(made, info.state.last_sequence) + 1;
                let config = pull::Config {
                    deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
                    ack_policy: AckPolicy::None,
                    inactive_threshold: Duration::from_secs(30),
                    ..pull::Config::default()
                };
                stream.create_consumer(config).await.map_err(|error| error.to_string())?
            }
        };
        loop {
            let mut batch = Vec::with_capacity(self.order.batch);
            let mut messages = consumer
                .batch()
                .max_messages(self.order.batch)
                .expires(PATIENCE)
                .messages()
                .await
                .map_err(|error| error.to_string())?;
            let mut trouble = None;
            loop {
                match tokio::time::timeout(SILENCE, messages.next()).await {
                    Ok(Some(Ok(message))) => batch.push(message),
                    Ok(None) => break,
                    Ok(Some(Err(error))) => {
                        trouble = Some(error.to_string());
                        break;
                    }
                    Err(_) => {
                        trouble = Some("the stream fell silent".to_owned());
                        break;
                    }
                }
            }
            // What came before the trouble is written all the same: it would only come again much later.
            if let Some(trouble) = trouble {
                if !batch.is_empty() {
                    self.write(&batch).await?;
                }
                return Err(trouble);
            }
            if batch.is_empty() {
                let info = consumer.info().await.map_err(|error| error.to_string())?;
                let nothing_left = info.num_pending == 0 && (in_order || info.num_ack_pending == 0);
                if self.order.until_empty && nothing_left {
                    return Ok(());
                }
                continue;
            }
            self.write(&batch).await?;
        }
    }

    async fn write(&mut self, batch: &[Message]) -> Result<(), String> {
        let texts: Vec<&str> =
            batch.iter().map(|message| std::str::from_utf8(&message.payload).unwrap_or_default()).collect();
        match &mut self.destination {
            Destination::Postgres(postgres) => {
                loop {
                    match postgres.insert(&texts).await {
                        Ok(new) => {
                            self.new += new;
                            break;
                        }
                        Err(error) => {
                            tracing::warn!(%error, "PostgreSQL does not take events; they wait in the stream");
                            // Tell the stream that we are still at it, or it gives the batch to another drain.
                            for message in batch {
                                let _ = message.ack_with(AckKind::Progress).await;
                            }
                            tokio::time::sleep(Duration::from_millis(500)).await;
                        }
                    }
                }
                for message in batch {
                    message.ack().await.map_err(|error| error.to_string())?;
                }
            }
            Destination::Files(files) => {
                let mut numbered = Vec::with_capacity(batch.len());
                for (message, text) in batch.iter().zip(texts) {
                    numbered.push((message.info().map_err(|error| error.to_string())?.stream_sequence, text));
                }
                self.new +=
                    tokio::task::block_in_place(|| files.append(&numbered)).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}
