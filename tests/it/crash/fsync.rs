//! That the disk has a message before the broker is told so, read from the daemon's own system calls.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::life::{Place, Running, STATIONS};

/// What the daemon did, in the order of the system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// A message with this packet id was read from the broker.
    Message(u16),
    /// Something was written to the write-ahead log.
    Written,
    /// The write-ahead log was synchronised.
    Synchronised,
    /// The acknowledgement of this packet id was about to be sent.
    Acknowledged(u16),
}

/// A tracer of the daemon; nothing where there is none.
struct Tracer {
    process: Child,
    output: PathBuf,
}

impl Tracer {
    fn attach(daemon: &Running, output: PathBuf) -> Option<Self> {
        let is_there = Command::new("strace").arg("-V").output().is_ok();
        assert!(is_there || std::env::var_os("CI").is_none(), "CI needs strace");
        if !is_there {
            println!("skipped: no strace on this machine");
            return None;
        }
        let calls = "trace=read,recvfrom,write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync";
        let process = Command::new("strace")
            .args(["-f", "-y", "-xx", "-s", "1000000", "-e", calls, "-o"])
            .arg(&output)
            .args(["-p", &daemon.id()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(500)); // until it has attached to every thread
        Some(Self { process, output })
    }

    fn traced(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        self.process.wait().unwrap();
        std::fs::read_to_string(&self.output).unwrap()
    }
}

/// Each call in its place: one that sends where it begins, any other where it is done.
fn lines(traced: &str) -> Vec<String> {
    let sends = |call: &str| ["write(", "writev(", "send"].iter().any(|s| call.starts_with(s));
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in traced.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix(" <unfinished ...>") {
            if sends(first) {
                lines.push(first.to_owned());
            } else {
                begun.insert(thread, first);
            }
        } else if call.starts_with("<... ") {
            let Some(first) = begun.remove(thread) else { continue };
            lines.push(format!("{first}{}", call.split_once('>').unwrap().1));
        } else {
            lines.push(call.to_owned());
        }
    }
    lines
}

/// The bytes in the strings of a call, which are all written `\xHH`.
fn bytes(call: &str) -> Vec<u8> {
    let strings = call.split('"').skip(1).step_by(2);
    let digits = strings.flat_map(|text| text.split("\\x").skip(1));
    digits.map(|hex| u8::from_str_radix(hex, 16).unwrap()).collect()
}

/// Takes the whole packets from the front of a stream: first byte and body.
fn packets(stream: &mut Vec<u8>) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    loop {
        let (mut length, mut at) = (0, 1);
        loop {
            let Some(byte) = stream.get(at) else { return found };
            length |= usize::from(byte & 0x7f) << (7 * (at - 1));
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if stream.len() < at + length {
            return found;
        }
        found.push((stream[0], stream[at..at + length].to_vec()));
        stream.drain(..at + length);
    }
}

fn id_at(body: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([body[at], body[at + 1]])
}

/// The calls that matter. The feed's socket is known by its first message; others speak other things.
fn calls(traced: &str) -> Vec<Call> {
    let is_log = |call: &str| call.contains("\\x2d\\x77\\x61\\x6c>"); // -wal
    let mut streams: BTreeMap<(String, bool), Vec<u8>> = BTreeMap::new();
    let (mut calls, mut feed) = (Vec::new(), String::new());
    for line in lines(traced) {
        let (name, of_call) = line.split_once('(').unwrap();
        let file = of_call.split_once('>').map_or("", |(file, _)| file).to_owned();
        match name {
            "pwrite64" if is_log(&line) => calls.push(Call::Written),
            "fsync" | "fdatasync" if is_log(&line) && line.ends_with(" = 0") => {
                calls.push(Call::Synchronised);
            }
            "recvfrom" | "read" | "writev" | "write" | "sendto" | "sendmsg" => {
                let is_in = matches!(name, "recvfrom" | "read");
                let stream = streams.entry((file.clone(), is_in)).or_default();
                stream.extend(bytes(&line));
                for (first, body) in packets(stream) {
                    match (first >> 4, is_in) {
                        (3, true) if body.get(2..).is_some_and(|b| b.starts_with(b"aq/")) => {
                            feed.clone_from(&file);
                            let id = id_at(&body, 2 + usize::from(id_at(&body, 0)));
                            calls.push(Call::Message(id));
                        }
                        (4, false) if file == feed => {
                            calls.push(Call::Acknowledged(id_at(&body, 0)));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    calls
}

#[test]
fn the_log_is_synchronised_between_a_message_and_its_acknowledgement() {
    let Some(place) = Place::new() else { return };
    let mut daemon = place.start();
    place.publish(0..1);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(STATIONS));
    let Some(tracer) = Tracer::attach(&daemon, place.path("calls")) else { return };
    for hour in 1..11 {
        place.publish(hour..hour + 1);
        let all = u64::from((hour + 1) * STATIONS);
        daemon.wait_until("taken", |d| d.accepted() == all);
    }
    let calls = calls(&tracer.traced());
    let mut acknowledged = 0;
    for (at, call) in calls.iter().enumerate() {
        let Call::Acknowledged(id) = call else { continue };
        let before = &calls[..at];
        let came = before.iter().rposition(|c| *c == Call::Message(*id)).unwrap();
        let since = &before[came..];
        let written = since.iter().position(|c| *c == Call::Written);
        let synchronised = since.iter().rposition(|c| *c == Call::Synchronised);
        let is_safe = written.zip(synchronised).is_some_and(|(w, s)| w < s);
        assert!(is_safe, "{id} was acknowledged before it was safe: {since:?}");
        acknowledged += 1;
    }
    assert_eq!(acknowledged, 10 * STATIONS);
}
