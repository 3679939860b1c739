//! Lantian (蓝天): a city's air in real time.
//!
//! Stations publish hourly or minute values over MQTT. Lantian turns them into what an environment
//! bureau's monitoring room acts on: hourly and rolling concentrations, AQI by the standard in force, the
//! day so far; on a page, over an API, as metrics, and on disk.
//!
//! # The way of the data
//!
//! ```text
//!  MQTT broker --> ingest --> engine: pipeline.handle(now, inputs) --> store: a transaction --> ack
//!                               | decode -> average -> quality -> area -> index -> outlook -> warning
//!                               +--> view (watch) --> http: page, API, SSE, /metrics
//!  replay / import / simulation take the place of ingest: same inputs, same kernels
//! ```
//!
//! Messages come in ([`ingest`]), are decoded ([`observation`]), put into their station's day and averaged
//! over event time ([`average`]), checked ([`quality`]), averaged again over the stations of a set ([`area`])
//! and judged by the edition of the standard in force at their hour ([`standard`], [`index`]); days, and what
//! is left of the one that runs, come from the same hours ([`assessment`]); with what is forecast
//! ([`outlook`]) they lead to recommendations that people decide on ([`warning`]); what is to be done at a
//! level stands in the emergency-measures list ([`measures`]); what the room answers for has its fixed times
//! and signatures ([`duty`]), and what it hands on as paper holds the same figures ([`report`]); whoever has
//! to know of any of it is told, until somebody has read it ([`notification`]). The [`pipeline`] composes
//! these; the [`store`] writes what it says in one transaction; only then the message is acknowledged, the
//! picture shown ([`http`]) and what is to be sent handed to the senders ([`delivery`]). [`app`] wires the
//! threads and tasks, [`command`] is the command line. How the daemon itself fares is told by [`telemetry`],
//! and drawn by the dashboards that [`dashboard`] writes.
//!
//! # Layers
//!
//! Words, science, shell: each module imports only from those above it in the list below, and shell modules
//! do not import each other except [`clock`] and [`telemetry`]; they meet in [`app`]. A test holds the table.
//!
//! The core (words and science) decides; the shell acts. The core has no IO, no clock, no async, no
//! randomness, no iteration over hash maps and no floating-point sums. `now` is passed in, the next deadline
//! is returned. (Simulated air and forecasts use floating point from `libm`, in a fixed order, and end as
//! integers; nothing that is measured passes through it.)
//!
//! # What holds
//!
//! - **Order does not matter.** Late, repeated, shuffled or corrected observations end in the same figures.
//!   One case is decided by arrival: two values under one revision; it is taken once and marked.
//! - **Nothing acknowledged is lost.** MQTT acknowledgements leave after the transaction that holds the
//!   message and its results; at most four commits are on their way, and nothing commits past a failed one.
//! - **Silence is never good air.** What is missing is missing with its reason and coverage; a published
//!   hour without data has a row that says so.
//! - **What was published is never silently another.** Each change after it is a row with old and new value,
//!   cause and time, under the same chain of digests as the inputs.
//! - **The same kernels, two drivers.** Live air goes hour by hour ([`pipeline`]), files and history by
//!   columns ([`area::History`]); a property test holds them equal.
//!
//! # Where the design was made more exact
//!
//! - *A disk that refuses.* A failed batch is tried again unchanged for as long as the reason can pass (full,
//!   read-only, locked): ending the process would only lose the page and the reason with it. Damage, a lost
//!   lease and a batch out of sequence end it.
//! - *Loading old days.* The pipeline does not ask in advance which days its inputs need, since that would
//!   decode every message twice: `handle` sets the rare message aside and names the days; the shell hands
//!   them in with the message again.
//! - *Settling.* `handle` may be called several times for one batch (a replay's beacons cut it); figures
//!   are settled once, by `settle`, before the commit.
//! - *Exclusions.* What a check takes out of figures is no row and no state: it follows from the cells,
//!   as a mask over the windows. So a change reaches 24 hours plus as many as the rule looks back.
//! - *Revisions.* Only what was published in an earlier batch is revised; of the figures of stations, which
//!   are not stored, the readings of their hours are. Where several causes meet in a set's figure, the
//!   gravest stands.
//! - *Rules.* What figures follow from beside the inputs (program, stations and sets, practice, formats) is a
//!   row named in the chain by its digest at the start of each process; so `audit` can handle every input
//!   again. Where new rules give other figures, all stored hours are taken anew before the daemon starts.
//! - *`quality`* stands after `average`: its checks look at the windows that are averaged, and what they take
//!   out is a mask over those windows.
//! - *Second tries.* A dead letter goes through the pipeline again as an input that holds the message, so
//!   that an audit handles it again too; of a payload over 4 KiB only the beginning is kept, which cannot be
//!   tried.
//! - *Retention.* Parts of hours are folded in the commit's transaction, a day at a time. Of a folded day a
//!   part more is refused, since it would stand for all of them; a whole hour is taken.
//! - *`simulation`* is a science module of its own: a scenario and a seed become observations.
//! - *Published values.* What the national platform published comes by a feed of its own or a file, is a
//!   table beside the others, and leads to an alarm or a line of [`reconciliation`], never to a figure.
//! - *Room of the day.* No row and no state: a view holds the hours of the day that count, and the room is
//!   taken from them when somebody looks. A checkpoint's sentence rests on the hours until then as they are
//!   known now, so a correction changes it.
//! - *Warnings* are one list of records that only grows, under the chain; their state is what the records
//!   come to, so there is nothing to keep in step. Acts of persons and forecasts are inputs of the pipeline.
//!   The air is evaluated once a batch; an evaluation is a record when it comes to something else than the
//!   last one.
//! - *The list of measures* is rounded once, when it is read, to grams a day; a figure in t/a of the
//!   denominator, too, so that sums are exact and a threshold is met or not by the gram.
//! - *Electricity* is evidence, never a verdict. Its readings are rows and nothing else: which of two values
//!   of an interval holds follows from the two, so the table decides and the pipeline keeps none of them.
//! - *The room's own records* are a list beside that of the warnings and grow under the same chain: papers
//!   with their whole text, fixed times, the shift book. What is due follows from the time and from these
//!   records, so a restart forgets nothing and reminds of nothing twice.
//! - *Notices* are a third list: who is to be told of what, each message, each try before it is made, how
//!   it ended, who has read it. A channel's pace, retries and escalation follow from these records, so the
//!   outbox has no table and no timer of its own. They are decided once a batch at the batch's own time, not
//!   each at its own: after a stop nobody is told of what was due then and is over. Only the try is the
//!   shell's; one of which nobody reports counts as unknown at the next start and is made again under the
//!   same key.
//! - *Words* of messages are put together when they are sent: a record holds the facts, and the text that a
//!   receiver took.
//! - *Metrics.* `promtool check metrics` refuses gauges that end in `_count`, so there are no `_day_count`
//!   and `_hour_count`; names that parts register themselves stand in the one frozen list too.
//! - *Dashboards* are written by a module of the shell from tables in two languages, with the metrics' own
//!   constants and the classes and limits of the edition in force; the shipped files are held to it.
//! - *Pages* are drawn once a second at most, and each picture once for all who watch. A view shares the days
//!   that the pipeline holds with its readers, who read none of them from the store, and says what the checks
//!   find in its 72 hours. Days and hours of sets are kept in memory once they were read, until a commit
//!   touches an hour that is felt in them: a year of 2,000 stations is three seconds of a processor.
//! - *The public* has an address and a router of its own, which reach the view and nothing else.
//! - *`area_day`* is a view over `area_hour`: the row of a day's last hour is the day so far at 24时.

// words
pub mod time;
pub mod quantity;
pub mod observation;
// science
pub mod average;
pub mod quality;
pub mod standard;
pub mod index;
pub mod area;
pub mod reconciliation;
pub mod explanation;
pub mod simulation;
pub mod assessment;
pub mod outlook;
pub mod warning;
pub mod measures;
pub mod duty;
pub mod report;
pub mod notification;
pub mod pipeline;
// shell
pub mod clock;
pub mod telemetry;
pub mod dashboard;
pub mod ingest;
pub mod store;
pub mod replay;
pub mod workbook;
pub mod paper;
pub mod delivery;
pub mod http;
pub mod config;
pub mod app;
pub mod command;
