//! Lantian (蓝天): a city's air in real time.

// words
pub mod time;
pub mod quantity;
pub mod observation;
// science
pub mod average;
pub mod standard;
pub mod index;
pub mod area;
pub mod simulation;
pub mod pipeline;
// shell
pub mod clock;
pub mod telemetry;
pub mod ingest;
pub mod store;
pub mod replay;
pub mod http;
pub mod config;
pub mod command;
