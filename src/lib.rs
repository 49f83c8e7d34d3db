//! The agent in the page: the public face of tailorbird for JavaScript.
#![allow(dead_code, unused_imports)]

mod boundary;
mod clock;
mod delivery;
mod intake;
mod render;
mod segment;
mod storage;
mod tabs;
mod transport;
