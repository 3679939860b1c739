//! The daemon as it is run: the release binary with a store on disk, following the beacons.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};

use lantian::ingest::Protocol;

/// A daemon of its own; stopped in order, or ended when dropped.
pub(crate) struct Daemon {
    pub(crate) process: Child,
    /// The port of its page.
    pub(crate) http: u16,
    _directory: tempfile::TempDir,
}

impl Daemon {
    /// Starts it against a broker on this port, for these stations of one area.
    pub(crate) fn start(
        broker: u16,
        area: &str,
        codes: &[String],
        connection: (Protocol, u16),
    ) -> Self {
        Self::start_with(broker, area, codes, connection, |_, _| ())
    }

    /// The same after `before` has filled its store, from the list of stations.
    pub(crate) fn start_with(
        broker: u16,
        area: &str,
        codes: &[String],
        (protocol, inflight): (Protocol, u16),
        before: impl FnOnce(&Path, &Path),
    ) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let http = free.local_addr().expect("an address").port();
        drop(free);
        let mut list = "station,name,lat,lon,area,district,kind,assessed\n".to_owned();
        for (n, code) in codes.iter().enumerate() {
            // A kilometre apart.
            let (row, column) = (n / 50, n % 50);
            let (lat, lon) = (38_800 + 9 * row, 121_300 + 12 * column);
            let place =
                format!("{}.{:03},{}.{:03}", lat / 1000, lat % 1000, lon / 1000, lon % 1000);
            writeln!(list, "{code},{code},{place},{area},,national,true").expect("text");
        }
        let stations = directory.path().join("stations.csv");
        std::fs::write(&stations, list).expect("a list");
        before(&directory.path().join("bench.sqlite"), &stations);
        let protocol = format!("{protocol:?}").to_lowercase();
        let config = format!(
            "stations_file = \"stations.csv\"\n[store]\npath = \"bench.sqlite\"\n\
             [http]\nlisten = \"127.0.0.1:{http}\"\n[log]\nfilter = \"warn\"\n\
             [[feed]]\nname = \"bench\"\nbroker = \"mqtt://127.0.0.1:{broker}\"\n\
             client_id = \"bench\"\nareas = [\"{area}\"]\nhour_label = \"begin\"\n\
             protocol = \"{protocol}\"\ninflight = {inflight}\n"
        );
        let path = directory.path().join("lantian.toml");
        std::fs::write(&path, config).expect("a configuration");
        let process = Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["run", "--clock", "follow", "--config"])
            .arg(path)
            .spawn()
            .expect("the daemon starts");
        Self { process, http, _directory: directory }
    }

    /// Ends it in order.
    pub(crate) fn stop(mut self) {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        assert!(asked.is_ok_and(|status| status.success()), "the daemon can be stopped");
        assert!(self.process.wait().expect("it ends").success(), "the daemon ends in order");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Nothing to do for one that has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the daemon on this port answers; empty while it does not.
pub(crate) fn get(http: u16, path: &str) -> String {
    let Ok(mut answer) = ureq::get(format!("http://127.0.0.1:{http}{path}")).call() else {
        return String::new();
    };
    answer.body_mut().with_config().limit(1 << 28).read_to_string().unwrap_or_default()
}
