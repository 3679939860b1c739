//! The stream of what happens: from the state of now, without gap or repetition, and only what is issued.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use lantian::http::Config;
use lantian::pipeline::{Alarm, AreaView, HourState, Subject, View};
use serde_json::Value;
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;

use super::api::over_dalian;
use super::metrics::warned;
use super::sample::dalian;
use super::{Daemon, Shelf};

const EVENTS: &str = "/api/v1/events";

/// A stream, read event by event.
struct Stream {
    body: BodyDataStream,
    text: String,
}

/// Name, id and data of an event.
type Told = (String, String, Value);

impl Stream {
    async fn open(daemon: &Daemon, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = daemon.router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event that has a name.
    async fn next(&mut self) -> Option<Told> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let mut lines = event.lines().filter_map(|l| l.strip_prefix(name));
                    lines.next().unwrap_or_default().to_owned()
                };
                if !field("event: ").is_empty() {
                    let data = serde_json::from_str(&field("data: ")).expect("JSON");
                    return Some((field("event: "), field("id: "), data));
                }
            }
            let chunk = self.body.next().await?.expect("a chunk");
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    async fn named(&mut self, name: &str) -> Told {
        let told = self.next().await.expect("an event");
        assert_eq!(told.0, name, "{told:?}");
        told
    }
}

fn show(daemon: &Daemon, area: AreaView) {
    daemon.view.send_replace(Arc::new(View { areas: vec![Arc::new(area)], simulated: false }));
}

fn silent(stations: usize) -> AreaView {
    let area = dalian();
    let at = area.now;
    let alarm = |n| Alarm {
        subject: Subject::Station(n),
        since: at,
        raised: at,
        cleared: None,
        lag_min: None,
    };
    AreaView { alarms: (0..stations).map(alarm).collect(), ..area }
}

#[tokio::test]
async fn a_stream_begins_with_all_there_is_and_goes_on_with_what_changes() {
    let daemon = over_dalian();
    let mut stream = Stream::open(&daemon, EVENTS, &[]).await;
    let (_, _, state) = stream.named("state").await;
    assert_eq!(state["hours"][0]["figures"]["index"]["aqi"], 131);
    assert_eq!(state["warning"]["in_force"], Value::Null);
    show(&daemon, silent(2));
    let (_, first, alarms) = stream.named("alarms").await;
    assert_eq!(alarms["alarms"].as_array().map(Vec::len), Some(2));
    let mut area = silent(2);
    let newest = area.newest.expect("an hour");
    let hours = &mut area.sets[1].hours;
    let hour = hours.iter_mut().find(|h| h.figures.hour == newest).expect("it");
    (hour.state, hour.version) = (HourState::Revised, 2);
    show(&daemon, area);
    let (_, second, told) = stream.named("hour").await;
    assert_eq!((&told["entity"], &told["figures"]["version"]), (&"dalian/urban".into(), &2.into()));
    assert_ne!(first, second);
    daemon.cancel.cancel();
    assert_eq!(stream.next().await, None, "the stream ends with the daemon");
}

#[tokio::test]
async fn it_goes_on_where_it_broke_off_without_gap_or_repetition() {
    let config = Config { push_interval: std::time::Duration::ZERO, ..Config::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let daemon = Daemon::with(view, Shelf::default(), config);
    let mut stream = Stream::open(&daemon, EVENTS, &[]).await;
    let (_, begun, _) = stream.named("state").await;
    let mut ids = Vec::new();
    for stations in 1..=4 {
        show(&daemon, silent(stations));
        ids.push(stream.named("alarms").await.1);
    }
    drop(stream);
    // The newest says all alarms, so those between are not kept.
    for (last, expected) in [(&begun, &ids[3..]), (&ids[1], &ids[3..]), (&ids[3], &ids[4..])] {
        let by_parameter = format!("{EVENTS}?last_event_id={last}");
        let both = [(EVENTS, vec![("last-event-id", last.as_str())]), (&by_parameter, vec![])];
        for (path, headers) in both {
            let mut again = Stream::open(&daemon, path, &headers).await;
            for id in expected {
                assert_eq!(again.named("alarms").await.1, *id, "after {last}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_of_another_life_begins_anew_and_says_so() {
    let daemon = over_dalian();
    for other in ["0-1", "nothing", "19abf3c2e10-417"] {
        let mut stream = Stream::open(&daemon, EVENTS, &[("last-event-id", other)]).await;
        stream.named("reset").await;
        stream.named("state").await;
    }
    let (_, id, _) = Stream::open(&daemon, EVENTS, &[]).await.named("state").await;
    let to_come = format!("{}-99", id.split('-').next().expect("a life"));
    let mut stream = Stream::open(&daemon, EVENTS, &[("last-event-id", &to_come)]).await;
    stream.named("reset").await;
}

#[tokio::test]
async fn what_is_only_recommended_goes_to_persons_alone() {
    let daemon = over_dalian();
    let mut public = Stream::open(&daemon, EVENTS, &[]).await;
    let mut person = Stream::open(&daemon, EVENTS, &[("authorization", "Bearer reads")]).await;
    assert_eq!(public.named("state").await.2["proposal"], Value::Null);
    assert_eq!(person.named("state").await.2["proposal"], Value::Null);
    show(&daemon, warned(dalian()));
    let (_, id, told) = person.named("proposal").await;
    assert_eq!(told["proposal"]["target"], "orange");
    let mut area = warned(dalian());
    area.alarms = silent(1).alarms;
    show(&daemon, area);
    person.named("alarms").await;
    public.named("alarms").await;
    let before = format!("{}-0", id.split('-').next().expect("a life"));
    let mut again = Stream::open(&daemon, EVENTS, &[("last-event-id", &before)]).await;
    again.named("alarms").await;
    let mut fresh = Stream::open(&daemon, EVENTS, &[]).await;
    assert_eq!(fresh.named("state").await.2["proposal"], Value::Null);
    let request = Request::get(EVENTS).header("authorization", "Bearer guess");
    let refused = daemon.answer(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(refused.problem(401).0, "unauthorized");
}

#[tokio::test]
async fn a_stream_whose_token_is_withdrawn_ends_before_what_is_for_persons() {
    let daemon = over_dalian();
    let mut person = Stream::open(&daemon, EVENTS, &[("authorization", "Bearer reads")]).await;
    person.named("state").await;
    daemon.shelf.withdrawn.store(true, Ordering::Relaxed);
    show(&daemon, silent(1));
    person.named("alarms").await;
    show(&daemon, warned(silent(1)));
    assert_eq!(person.next().await, None, "no proposal");
}

#[tokio::test]
async fn streams_are_bounded() {
    let config = Config { max_watchers: 1, ..Config::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let daemon = Daemon::with(view, Shelf::default(), config);
    let mut first = Stream::open(&daemon, EVENTS, &[]).await;
    first.named("state").await;
    assert_eq!(daemon.get(EVENTS).await.problem(503).0, "unavailable");
    assert_eq!(daemon.get("/api/v1/events?area=nowhere").await.problem(404).0, "not_found");
}
