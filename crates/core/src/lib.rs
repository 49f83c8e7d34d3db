//! The thinking part of tailorbird: events fold into a profile, rules compile into a program, and both decide what a
//! shopper sees. No I/O, no clock, no randomness, no panics: time and chance are arguments.

pub mod attributes;
pub mod catalog;
pub mod consent;
pub mod decide;
mod decimal;
pub mod experiment;
pub mod journey;
pub mod json;
mod letter;
pub mod order;
pub mod outbox;
pub mod products;
pub mod profile;
pub mod recommend;
mod regex;
pub mod rules;
pub mod template;
pub mod text;

pub use tailorbird_schema as schema;
