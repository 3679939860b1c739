//! Tests of the public API and of the binary, in one executable.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

mod backtest;
mod broker;
mod browser;
mod correction;
mod crash;
mod daemon;
mod dataset;
mod files;
mod demo;
mod delivery;
mod deny;
mod deterministic;
mod duty;
mod explain;
mod fuzz;
mod grafana;
mod ingest;
mod laws;
mod life;
mod listener;
mod main_job;
mod measures;
mod memory;
mod model;
mod month;
mod notice;
mod old_browser;
mod oracle;
mod outlook;
mod parts;
mod published_index;
mod power;
mod publishing;
mod quality;
mod reconciliation;
mod reliability;
mod replay;
mod retention;
mod revision;
mod room;
mod schemathesis;
mod shipped;
mod silence;
mod simulate;
mod store;
mod targets;
mod tidy;
mod token;
mod warning;
mod web;
mod year;
