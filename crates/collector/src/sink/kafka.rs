//! A Kafka-compatible broker as a sink: acknowledged by all in-sync replicas, tested against librdkafka's mock cluster.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};

use super::Published;
use super::address::without_password;
use crate::CollectorError;
use crate::ingest::{id_and_type, visitor_of};

/// A topic that may be away for a while.
pub(crate) struct KafkaSink {
    brokers: String,
    topic: String,
    /// How many events may be under way.
    pub(crate) inflight: usize,
    /// How long an event stays in our own store after it was acknowledged.
    pub(crate) safety: Duration,
    producer: Option<FutureProducer>,
}

impl KafkaSink {
    /// Reads `kafka://host:9092,host:9092[?topic=…&safety=…&inflight=…]`.
    pub(crate) fn parse(text: &str) -> Result<KafkaSink, CollectorError> {
        let wrong = |expected: &str| CollectorError::Option {
            option: "--sink",
            value: without_password(text),
            expected: expected.to_owned(),
        };
        let form = "kafka://host:9092,host:9092?topic=tailorbird-events";
        let rest = text.strip_prefix("kafka://").ok_or_else(|| wrong(form))?;
        let (brokers, query) = rest.split_once('?').unwrap_or((rest, ""));
        if brokers.is_empty() {
            return Err(wrong(form));
        }
        let mut sink = KafkaSink {
            brokers: brokers.trim_end_matches('/').to_owned(),
            topic: "tailorbird-events".to_owned(),
            inflight: 1_000,
            safety: Duration::from_secs(300),
            producer: None,
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let number = || value.parse::<u64>().map_err(|_| wrong(&format!("a whole number for `{name}`")));
            match name.as_ref() {
                "topic" if !value.is_empty() => sink.topic = value.into_owned(),
                "safety" => sink.safety = Duration::from_secs(number()?),
                "inflight" => sink.inflight = number()?.clamp(1, 10_000) as usize,
                _ => return Err(wrong(&format!("one of topic, safety, inflight instead of `{name}`"))),
            }
        }
        Ok(sink)
    }

    /// Makes the producer and sees whether the topic answers.
    pub(crate) async fn prepare(&mut self) -> Result<(), String> {
        if self.producer.is_none() {
            let producer: FutureProducer = ClientConfig::new()
                .set("bootstrap.servers", &self.brokers)
                .set("acks", "all")
                .set("enable.idempotence", "true")
                .set("message.timeout.ms", "30000")
                .set("linger.ms", "5")
                .set("client.id", "tailorbird")
                .create()
                .map_err(|error| error.to_string())?;
            self.producer = Some(producer);
        }
        let Some(producer) = self.producer.clone() else { return Err("no producer".to_owned()) };
        let topic = self.topic.clone();
        // Asking for metadata blocks.
        tokio::task::spawn_blocking(move || producer.client().fetch_metadata(Some(&topic), Duration::from_secs(5)))
            .await
            .map_err(|error| error.to_string())?
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// Publishes events and awaits their acknowledgements in order.
    pub(crate) async fn publish(&self, events: &[(i64, String)]) -> Published {
        let mut published = Published::default();
        let Some(producer) = &self.producer else {
            published.error = Some("no producer".to_owned());
            return published;
        };
        let mut under_way = Vec::with_capacity(events.len());
        for (_, text) in events {
            let (id, _) = id_and_type(text);
            let key = visitor_of(text);
            let headers = OwnedHeaders::new().insert(Header { key: "message-id", value: Some(&id) });
            let record = FutureRecord::to(&self.topic).key(&key).payload(text).headers(headers);
            match producer.send_result(record) {
                Ok(delivery) => under_way.push(delivery),
                Err((error, _)) => {
                    published.error = Some(error.to_string());
                    break;
                }
            }
        }
        for delivery in under_way {
            match delivery.await {
                Ok(Ok(_)) => published.acknowledged += 1,
                // INVARIANT: what comes after a gap is sent again as well: at least once; consumers know the message id.
                Ok(Err((error, _))) => {
                    published.error = Some(error.to_string());
                    break;
                }
                Err(_) => {
                    published.error = Some("the producer went away".to_owned());
                    break;
                }
            }
        }
        published
    }
}
