//! The collector: events in over HTTP, durable before the answer.
