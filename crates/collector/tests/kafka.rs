//! The Kafka sink against librdkafka's mock cluster: it shows the client's behaviour, not a broker's replication.
#![cfg(feature = "kafka")]

mod support;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use serde_json::json;
use support::{Server, track};

#[test]
fn events_reach_the_topic_through_a_broker_that_goes_down() {
    let cluster = MockCluster::new(3).unwrap();
    cluster.create_topic("shop", 3, 3).unwrap();
    let sink = format!("kafka://{}?topic=shop&safety=0", cluster.bootstrap_servers());
    let server = Server::start_with(|config| config.sink = Some(sink));
    let send = |label: &str| {
        for round in 0..10 {
            let batch: Vec<_> = (0..50).map(|i| track(&format!("{label}-{round}-{i}"), &format!("v{i}"))).collect();
            assert_eq!(server.batch(&json!({ "batch": batch })).status, 200);
        }
    };
    send("before");
    cluster.broker_down(1).unwrap();
    cluster.broker_down(2).unwrap();
    send("down");
    cluster.broker_up(1).unwrap();
    cluster.broker_up(2).unwrap();
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "check")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&["shop"]).unwrap();
    let (mut ids, started) = (HashSet::new(), Instant::now());
    while ids.len() < 1_000 {
        assert!(started.elapsed() < Duration::from_secs(120), "{} of 1000", ids.len());
        if let Some(Ok(message)) = consumer.poll(Duration::from_millis(200)) {
            let event: serde_json::Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
            ids.insert(event["messageId"].as_str().unwrap().to_owned());
        }
    }
    println!("1000 events in the mock cluster, two of three brokers down in between");
}
