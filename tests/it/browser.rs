//! The pages of the demo in a real browser: `tests/browser/run.mjs` looks at them and says what is wrong.
#![cfg(feature = "demo")]

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::broker::free_port;
use crate::parts::{node, part};

/// A minute of the room in a second: a step of the air every five seconds, and an hour of it every minute.
const SPEED: &str = "60";

/// `lantian demo`; ended with the test.
struct Demo {
    process: Child,
    address: String,
    /// Of the person who may issue.
    token: String,
}

impl Demo {
    fn start() -> Self {
        let port = free_port().to_string();
        let mut process = Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["demo", "--speed", SPEED, "--port", &port])
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut line = || lines.next().expect("a line of the demo").expect("text");
        let (address, issuer) = (line(), line());
        let token = issuer.rsplit('：').next().expect("the token is last").to_owned();
        Self { process, address, token }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // The script may have ended it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn every_page_stands_in_a_browser_and_a_warning_is_issued_from_it() {
    let Some(mut node) = node() else { return };
    let Some(chromium) = part(PathBuf::from("/usr/bin/chromium")) else { return };
    let demo = Demo::start();
    let output = node
        .env("LANTIAN_CHROMIUM", chromium)
        .arg("tests/browser/run.mjs")
        .args([&demo.address, &demo.token, &demo.process.id().to_string()])
        .output()
        .expect("node runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (found, told) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && found.is_empty(), "{found}\n{told}");
    println!("{told}");
}
