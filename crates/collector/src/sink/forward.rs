//! The task that moves events from the store to the sink, and out of the store once that is safe.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Sink;
use crate::http::App;
use crate::ingest::clock;
use crate::store::outbox::{self, Position};
use crate::store::{Store, StoreError};

/// How long to wait for new events before looking again.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often the position is written down; what comes after it is published again after a crash.
const NOTE_EVERY: Duration = Duration::from_secs(1);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// Forwards until told to stop.
pub(crate) async fn forward(app: Arc<App>, mut sink: Sink, mut stop: watch::Receiver<bool>) {
    let mut forwarder =
        Forwarder { app, position: Position::default(), noted: Instant::now(), released: Instant::now() };
    let mut backoff = FIRST_BACKOFF;
    let mut ready = false;
    let mut known = false;
    loop {
        let round = async {
            if !known {
                forwarder.load().await.map_err(|_| "the store cannot be read".to_owned())?;
                known = true;
            }
            if !ready {
                forwarder.connect(&mut sink).await?;
                ready = true;
            }
            forwarder.round(&mut sink).await
        };
        let outcome = tokio::select! {
            _ = stop.changed() => break,
            outcome = round => outcome,
        };
        match outcome {
            Ok(()) => backoff = FIRST_BACKOFF,
            Err(error) => {
                if forwarder.app.metrics.sink_connected.get() != 0 || backoff == FIRST_BACKOFF {
                    tracing::warn!(%error, "the sink does not take events; they wait in the store");
                }
                forwarder.app.metrics.sink_connected.set(0);
                forwarder.app.metrics.sink_failures.add(1);
                ready = false;
                tokio::select! {
                    _ = stop.changed() => break,
                    () = tokio::time::sleep(backoff) => {}
                }
                backoff = (backoff * 2).min(LONGEST_BACKOFF);
            }
        }
    }
    let _ = forwarder.note().await;
}

struct Forwarder {
    app: Arc<App>,
    position: Position,
    noted: Instant,
    released: Instant,
}

impl Forwarder {
    fn store(&self) -> &Store {
        &self.app.store
    }

    async fn load(&mut self) -> Result<(), StoreError> {
        self.position = self.store().read(|db, _| outbox::position(db)).await?;
        Ok(())
    }

    async fn connect(&mut self, sink: &mut Sink) -> Result<(), String> {
        if !sink.prepare(self.position).await? {
            tracing::error!("the sink is behind what it acknowledged; everything in the store is handed over again");
            self.store().write(outbox::rewind).await.map_err(|_| "the store takes no writes".to_owned())?;
            self.position = Position::default();
        }
        let after = self.position.acked;
        let arrival = self.store().read(move |db, _| outbox::arrival_after(db, after)).await;
        if let Some(since) = arrival.map_err(|_| "the store cannot be read".to_owned())? {
            sink.remember(since).await?;
        }
        self.app.metrics.sink_connected.set(1);
        Ok(())
    }

    /// One round: some events to the sink, some acknowledged ones out of the store.
    async fn round(&mut self, sink: &mut Sink) -> Result<(), String> {
        let (after, limit) = (self.position.acked, sink.round());
        let read = self.store().read(move |db, _| outbox::events_after(db, after, limit)).await;
        let events = read.map_err(|_| "the store cannot be read".to_owned())?;
        self.tidy(sink.safety()).await;
        if events.is_empty() {
            let _ = tokio::time::timeout(PATIENCE, self.store().committed()).await;
            return Ok(());
        }
        let published = sink.publish(&events).await;
        let metrics = &self.app.metrics;
        metrics.sink_published.add(published.acknowledged);
        metrics.sink_duplicates.add(published.duplicates);
        if let Some((seq, _)) = published.acknowledged.checked_sub(1).and_then(|last| events.get(last)) {
            self.position.acked = *seq;
            self.position.sink_seq = self.position.sink_seq.max(published.sink_seq);
        }
        published.error.map_or(Ok(()), Err)
    }

    /// Writes the position down and lets go of what was acknowledged long enough ago.
    async fn tidy(&mut self, safety: Duration) {
        if self.noted.elapsed() >= NOTE_EVERY {
            self.noted = Instant::now();
            let _ = self.note().await;
            let acked = self.position.acked;
            if let Ok(waiting) = self.store().read(move |db, _| outbox::waiting(db, acked)).await {
                self.app.metrics.sink_waiting.set(waiting);
            }
        }
        if self.released.elapsed() >= NOTE_EVERY {
            let before = clock::now() - safety.as_millis() as i64;
            match self.store().write(move |db| outbox::release_some(db, before)).await {
                // More is there: go on in the next round.
                Ok(released) if released > 0 => self.app.metrics.sink_released.add(released),
                _ => self.released = Instant::now(),
            }
        }
    }

    async fn note(&self) -> Result<(), StoreError> {
        let position = self.position;
        if position.acked == 0 {
            return Ok(());
        }
        self.store().write(move |db| outbox::note(db, position, clock::now())).await
    }
}
