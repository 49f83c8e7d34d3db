//! The trainer: collected events in, a small static model out.
