//! Sends a workload over one connection within a window of acknowledgements, in large writes, so
//! that it is never the bottleneck. One thread writes, one reads.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::usage::Thread;
use super::wire;
use super::workload::Workload;

/// Bytes of one write.
const WRITE: usize = 60_000;
/// Acknowledgements come in packets of four bytes: with a wide window the reader lets some gather,
/// so that it does not take the processor from the subject.
const PAUSE: Option<Duration> = Some(Duration::from_micros(100));
/// Windows from here on are wide.
const COALESCE_ABOVE: usize = 500;

/// Beginning or end of the sending.
pub(crate) struct Mark {
    pub(crate) at: Instant,
    /// Processor time of the generator so far.
    pub(crate) generator_s: f64,
}

/// Which side of MQTT the generator plays.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// The broker, for one subscriber.
    Broker { v5: bool },
    /// A client of a broker.
    Publisher,
}

/// Waits for one client, answers CONNECT and the first SUBSCRIBE.
pub(crate) fn accept(listener: &TcpListener) -> (TcpStream, bool) {
    let (mut stream, _) = listener.accept().expect("a client");
    stream.set_nodelay(true).expect("no delay");
    let (mut buffer, mut chunk, mut v5) = (Vec::new(), [0; 4096], false);
    loop {
        let count = stream.read(&mut chunk).expect("a packet");
        assert!(count > 0, "the client is gone before SUBSCRIBE");
        buffer.extend_from_slice(&chunk[..count]);
        while let Some((kind, content, length)) = wire::packet(&buffer) {
            match kind {
                wire::CONNECT => {
                    let (answer, five) = wire::connack(content);
                    v5 = five;
                    stream.write_all(answer).expect("CONNACK");
                }
                wire::SUBSCRIBE => {
                    stream.write_all(&wire::suback(content, v5)).expect("SUBACK");
                    return (stream, v5);
                }
                _ => {}
            }
            buffer.drain(..length);
        }
    }
}

/// Connects to a broker as a client of version 3.1.1.
pub(crate) fn connect(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the broker");
    stream.set_nodelay(true).expect("no delay");
    let mut content = Vec::new();
    wire::text(&mut content, "MQTT");
    content.extend_from_slice(&[4, 2, 0, 0]);
    wire::text(&mut content, "generator");
    let mut packet = vec![0x10, u8::try_from(content.len()).expect("short")];
    packet.extend(content);
    stream.write_all(&packet).expect("CONNECT");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).expect("CONNACK");
    assert_eq!(answer, [0x20, 2, 0, 0], "refused");
    stream
}

/// What the reading thread tells the writing one.
#[derive(Default)]
struct Heard {
    acked: AtomicUsize,
    ping: AtomicBool,
    closed: AtomicBool,
}

/// Sends everything; marks the beginning and the last acknowledgement; then keeps the connection
/// until the other side ends it.
pub(crate) fn run(
    stream: &TcpStream,
    role: Role,
    workload: &Workload,
    window: usize,
    marks: &SyncSender<Mark>,
) {
    let heard = Heard::default();
    let (name, reader) = sync_channel(1);
    thread::scope(|scope| {
        let writer = thread::current();
        let heard = &heard;
        scope.spawn(move || {
            name.send(Thread::current()).expect("the writer waits");
            listen(stream, heard, &writer, if window < COALESCE_ABOVE { None } else { PAUSE });
        });
        let (reader, own) = (reader.recv().expect("the reader's name"), Thread::current());
        let mark = || {
            let generator_s = reader.seconds() + own.seconds();
            marks.send(Mark { at: Instant::now(), generator_s }).expect("the measure waits");
        };
        mark();
        send(stream, role, workload, window, heard);
        mark();
        if let Role::Publisher = role {
            stream.shutdown(std::net::Shutdown::Both).expect("goodbye");
        }
        while !heard.closed.load(Ordering::Acquire) {
            answer_ping(stream, heard);
            thread::park_timeout(Duration::from_millis(20));
        }
    });
}

fn send(mut stream: &TcpStream, role: Role, workload: &Workload, window: usize, heard: &Heard) {
    let v5 = matches!(role, Role::Broker { v5: true });
    let mut out = Vec::with_capacity(WRITE + 4096);
    let (mut sent, mut id) = (0, 0_u16);
    while sent < workload.len() || heard.acked.load(Ordering::Acquire) < workload.len() {
        assert!(!heard.closed.load(Ordering::Acquire), "closed after {sent} messages");
        let until = workload.len().min(heard.acked.load(Ordering::Acquire) + window);
        if sent >= until {
            answer_ping(stream, heard);
            thread::park_timeout(Duration::from_millis(1));
            continue;
        }
        out.clear();
        while sent < until && out.len() < WRITE {
            id = id.checked_add(1).unwrap_or(1);
            let (topic, payload) = workload.message(sent);
            wire::publish(&mut out, v5, id, topic, payload);
            sent += 1;
        }
        stream.write_all(&out).expect("PUBLISH");
        answer_ping(stream, heard);
    }
}

/// Pings are answered by the writing thread, between two writes.
fn answer_ping(mut stream: &TcpStream, heard: &Heard) {
    if heard.ping.swap(false, Ordering::AcqRel) {
        stream.write_all(&[0xD0, 0]).expect("PINGRESP");
    }
}

/// Counts acknowledgements, which must come in the order of the messages.
fn listen(mut stream: &TcpStream, heard: &Heard, writer: &thread::Thread, pause: Option<Duration>) {
    let (mut buffer, mut chunk, mut expected) = (Vec::new(), vec![0; 65_536], 0_u16);
    let mut goodbye = false;
    loop {
        let count = if goodbye { 0 } else { stream.read(&mut chunk).unwrap_or(0) };
        if count == 0 {
            let _already = stream.shutdown(std::net::Shutdown::Both);
            heard.closed.store(true, Ordering::Release);
            writer.unpark();
            return;
        }
        buffer.extend_from_slice(&chunk[..count]);
        let (mut at, mut acked) = (0, 0);
        while let Some((kind, content, length)) = wire::packet(&buffer[at..]) {
            if kind == wire::PUBACK {
                expected = expected.checked_add(1).unwrap_or(1);
                assert_eq!(content[..2], expected.to_be_bytes(), "[MQTT-4.6.0-2]");
                acked += 1;
            }
            heard.ping.fetch_or(kind == wire::PINGREQ, Ordering::AcqRel);
            goodbye |= kind == wire::DISCONNECT;
            at += length;
        }
        buffer.drain(..at);
        heard.acked.fetch_add(acked, Ordering::AcqRel);
        writer.unpark();
        if let Some(pause) = pause {
            thread::sleep(pause);
        }
    }
}
