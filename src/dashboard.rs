//! Dashboards for Grafana, written from one source in Chinese and in English.
//!
//! In: a [`Language`]. Out: [`File`]s in Grafana's classic JSON, for `lantian dashboards` and `dashboards/`.
//!
//! Invariants: names of metrics come from the list that `/metrics` is made of, class names, colours and
//! breakpoints from the edition of HJ 633 that is in force last; limits and targets stand in no panel, they
//! are asked for. What is missing is a gap or no value, never a zero. The same every time.
//!
//! # Which data come from where
//! What is now and how the daemon runs comes from Prometheus, which never changes what it has scraped. Hours
//! and days that have passed are revised by late, corrected and reviewed data: they come from the store
//! through the API, by the Infinity data source. Each panel says which.
//!
//! # Why no library
//! The foundation SDK of Grafana has no Rust; a panel here is a few lines of a table, and the published types
//! check the result in a test.
//!
//! Source: the rules of grafana/dashboard-linter; issue 8.

mod city;
mod class;
mod daemon;
mod frame;
mod panel;
mod quality;
mod query;
mod station;
mod text;
mod warning;
mod year;

pub use text::Language;

use frame::Dashboard;

/// A dashboard as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, such as `city.json`.
    pub name: String,
    /// JSON, with a line feed at its end.
    pub text: String,
}

/// Every dashboard, in the order in which people look at them.
#[must_use]
pub fn all(language: Language) -> Vec<File> {
    let dashboards = [
        city::dashboard(),
        station::dashboard(),
        year::dashboard(),
        warning::dashboard(),
        quality::dashboard(),
        daemon::dashboard(),
    ];
    let file = |dashboard: &Dashboard| File {
        name: format!("{}.json", dashboard.name),
        text: format!("{:#}\n", dashboard.json(language)),
    };
    dashboards.iter().map(file).collect()
}
