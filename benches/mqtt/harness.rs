//! Benches over MQTT: a workload is sent to a subject, directly by a generator that plays the
//! broker, or through Mosquitto, and the subject's rate and processor time are taken.
//!
//! The generator lives in this process on two threads of its own, whose time is subtracted; a
//! subject may live in this process or be a process of its own.

mod daemon;
mod null;
mod pump;
mod usage;
mod wire;
#[allow(dead_code, reason = "the bench of the pipeline asks it more")]
mod workload;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

pub(crate) use daemon::{Daemon, get};
pub(crate) use null::Null;
pub(crate) use usage::Process;
pub(crate) use workload::Workload;

use pump::{Mark, Role};

/// What is measured: something that subscribes to `aq/210200/#` and acknowledges.
pub(crate) trait Subject {
    fn name(&self) -> String;
    /// Starts it against a broker on this port of 127.0.0.1.
    fn start(&self, port: u16) -> Running;
}

/// A subject under way.
pub(crate) struct Running {
    /// Where its processor time is counted.
    pub(crate) process: Process,
    /// Messages it has finished with. Through a broker the generator cannot see the end; without
    /// this, the last message the broker has taken counts.
    pub(crate) taken: Option<Box<dyn Fn() -> u64>>,
    /// Ends it.
    pub(crate) stop: Box<dyn FnOnce()>,
}

/// One run of one subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    /// Messages per second, from the first PUBLISH to the last acknowledgement.
    pub(crate) rate: f64,
    /// Processor seconds of the subject per million messages.
    pub(crate) cpu_s_per_million: f64,
}

/// Sends the workload from a generator that plays the broker, with this window.
pub(crate) fn direct(workload: &Workload, window: usize, subject: &dyn Subject) -> Figure {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    measure(workload, subject, port, move |marks| {
        let (stream, v5) = pump::accept(&listener);
        pump::run(&stream, Role::Broker { v5 }, workload, window, &marks);
    })
}

/// Sends the workload through a real Mosquitto with this window on both sides; None without one.
pub(crate) fn through_mosquitto(
    workload: &Workload,
    window: usize,
    subject: &dyn Subject,
) -> Option<Figure> {
    let broker = Mosquitto::start(window)?;
    let port = broker.port;
    let figure = measure(workload, subject, port, move |marks| {
        // The subject subscribes meanwhile.
        thread::sleep(Duration::from_millis(500));
        let stream = pump::connect(port);
        pump::run(&stream, Role::Publisher, workload, window, &marks);
    });
    Some(figure)
}

/// Starts the subject, lets `send` send everything, and takes the figures until all is acknowledged
/// and taken.
fn measure(
    workload: &Workload,
    subject: &dyn Subject,
    port: u16,
    send: impl FnOnce(SyncSender<Mark>) + Send,
) -> Figure {
    let (report, marks) = sync_channel(2);
    thread::scope(|scope| {
        scope.spawn(move || send(report));
        let running = subject.start(port);
        let begun: Mark = marks.recv().expect("the generator begins");
        let before = running.process.seconds();
        let done = marks.recv().expect("the generator ends");
        if let Some(taken) = &running.taken {
            while taken() < workload.len() as u64 {
                thread::sleep(Duration::from_micros(200));
            }
        }
        let elapsed = running.taken.as_ref().map_or(done.at - begun.at, |_| begun.at.elapsed());
        let generator = match running.process {
            Process::This => done.generator_s - begun.generator_s,
            Process::Other(_) => 0.0,
        };
        let cpu_s = running.process.seconds() - before - generator;
        (running.stop)();
        let count = workload.len() as f64;
        Figure { rate: count / elapsed.as_secs_f64(), cpu_s_per_million: cpu_s * 1e6 / count }
    })
}

/// The middle of the figures, each column by itself.
pub(crate) fn median(figures: &[Figure]) -> Figure {
    let middle = |column: fn(&Figure) -> f64| {
        let mut values: Vec<f64> = figures.iter().map(column).collect();
        values.sort_by(f64::total_cmp);
        let half = values.len() / 2;
        if values.len() % 2 == 1 {
            values[half]
        } else {
            f64::midpoint(values[half - 1], values[half])
        }
    };
    Figure { rate: middle(|f| f.rate), cpu_s_per_million: middle(|f| f.cpu_s_per_million) }
}

/// A Mosquitto of its own, ended when dropped.
pub(crate) struct Mosquitto {
    pub(crate) port: u16,
    process: Child,
    _directory: tempfile::TempDir,
}

impl Mosquitto {
    pub(crate) fn start(window: usize) -> Option<Self> {
        let known = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
        let program = known.iter().map(Path::new).find(|path| path.exists())?;
        let directory = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let config = directory.path().join("mosquitto.conf");
        let lines = format!(
            "user root\nallow_anonymous true\nlistener {port} 127.0.0.1\nmax_queued_messages 0\n\
             max_inflight_messages {window}\nset_tcp_nodelay true\n"
        );
        std::fs::write(&config, lines).expect("a configuration");
        let process = Command::new(program)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto starts");
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(10));
        }
        Some(Self { port, process, _directory: directory })
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.process.kill().expect("mosquitto ends");
        self.process.wait().expect("mosquitto has ended");
    }
}
