//! Lantian (蓝天): a city's air in real time.

// words
pub mod time;
pub mod quantity;
pub mod observation;
// shell
pub mod command;
