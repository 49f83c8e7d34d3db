//! The network and a collector that stores an id once.

use crate::disk::{dropped_in, tracked_id};
use crate::world::{Happening, World};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Network {
    Up,
    Down,
    Hang,
    LoseAnswer,
    NoSuccess,
    Says(u16, Option<i64>),
}

const TROUBLE: [Network; 13] = [
    Network::Down,
    Network::Hang,
    Network::LoseAnswer,
    Network::NoSuccess,
    Network::Says(503, None),
    Network::Says(503, Some(7_000)),
    Network::Says(500, None),
    Network::Says(429, Some(20_000)),
    Network::Says(429, None),
    Network::Says(408, None),
    Network::Says(502, None),
    Network::Says(401, None),
    Network::Says(404, None),
];

impl World {
    pub(crate) fn change_network(&mut self) {
        let nth = self.chance.below(TROUBLE.len() as u64) as usize;
        self.network = if self.chance.one_in(2) { Network::Up } else { TROUBLE[nth] };
    }

    /// A request reaches the collector, or whatever stands before it.
    pub(crate) fn arrive(&mut self, tab: u64, batch: u32, body: &str) {
        let tell = |status, retry_after, body: &str| {
            Some(Happening::Tell { tab, batch, status, retry_after, body: body.into() })
        };
        let unwanted = body.contains("poison");
        let large = self.climate.small && self.climate.poison && body.len() > 1_200;
        let answer = match self.network {
            Network::Down => Some(Happening::Lost { tab, batch }),
            Network::Says(status, retry_after) => tell(status, retry_after, "nothing here"),
            Network::NoSuccess => tell(200, None, "{\"success\":false}"),
            Network::Hang => {
                if !unwanted && !large && self.chance.one_in(2) {
                    self.collect(body);
                }
                None
            }
            Network::Up | Network::LoseAnswer if large => tell(413, None, ""),
            Network::Up | Network::LoseAnswer if unwanted => tell(400, None, ""),
            Network::LoseAnswer => {
                self.collect(body);
                Some(Happening::Lost { tab, batch })
            }
            Network::Up => {
                self.collect(body);
                tell(200, None, "{\"success\":true}")
            }
        };
        if let Some(answer) = answer {
            let wait = self.chance.between(5, 200);
            self.plan(wait, answer);
        }
    }

    fn collect(&mut self, body: &str) {
        let seed = self.seed;
        for (at, _) in body.match_indices("{\"messageId\":\"") {
            let id = tracked_id(&body[at..]).unwrap();
            let fate = self.fates.get_mut(id).unwrap_or_else(|| panic!("seed {seed}: nobody tracked `{id}`"));
            assert!(!fate.erased, "seed {seed}: `{id}` was sent after it had to be forgotten");
            fate.sightings += 1;
            if !fate.collected {
                fate.collected = true;
                self.arrivals.push(id.to_owned());
            }
        }
        for part in body.split("\"event\":\"Events Dropped\"").skip(1) {
            let id = part.split("\"messageId\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let dropped = dropped_in(part).unwrap();
            let first = *self.reports.entry(id.to_owned()).or_insert(dropped);
            assert_eq!(first, dropped, "seed {seed}: the report `{id}` came with two different counts");
        }
    }
}
