//! The whole API against its own description: schemathesis asks a running demo what the description says, and
//! what it says is wrong, with a token and without.
//!
//! Short by default: the edges that the description names, and a few random questions for each operation.
//! `LANTIAN_SCHEMATHESIS=200 cargo test --test it schemathesis -- --nocapture` asks so many random ones for
//! each; `LANTIAN_SEED` asks others.
#![cfg(feature = "demo")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::broker::free_port;
use crate::parts::python;

/// What is held against the description. Not among them is whether everything that its types allow is taken:
/// which day, record or level fits is decided by what is there.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance,\
                      negative_data_rejection,missing_required_header,unsupported_method,\
                      allow_header_conformance,ignored_auth";

/// A demo that runs until it is dropped.
struct Demo {
    process: Child,
    port: u16,
    /// Of the person who may do everything of the demo.
    token: String,
}

impl Demo {
    fn start(scratch: &Path) -> Self {
        let port = free_port();
        let mut process = Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["demo", "--port", &port.to_string()])
            .env("TMPDIR", scratch)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        let (_, issuer) = (line(), line());
        let token = issuer.rsplit('：').next().expect("a token").to_owned();
        let demo = Self { process, port, token };
        demo.wait_for_air();
        demo
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1/openapi.json", self.port)
    }

    /// Until the fill of the demo is on the page.
    fn wait_for_air(&self) {
        let areas = format!("http://127.0.0.1:{}/api/v1/areas/dalian/latest", self.port);
        for _ in 0..600 {
            let answer = ureq::get(&areas).call().ok();
            let text = answer.and_then(|mut a| a.body_mut().read_to_string().ok());
            if text.is_some_and(|text| text.contains("\"latest_reason\":null")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("the demo has no air");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn from_environment(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Asks all that there is to ask; what it says about it, and whether all was right.
fn ask(demo: &Demo, scratch: &Path, with_token: bool) -> Option<(bool, String)> {
    let mut command = python("st")?;
    command.args(["run", &demo.url(), "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    // A stream has no end to wait for.
    command.args(["--exclude-path", "/api/v1/events"]);
    command.args(["--continue-on-failure", "--no-shrink", "--suppress-health-check", "all"]);
    command.args(["--max-examples", &from_environment("LANTIAN_SCHEMATHESIS", "4")]);
    command.args(["--seed", &from_environment("LANTIAN_SEED", "1"), "--warnings", "off"]);
    if with_token {
        command.args(["-H", &format!("Authorization: Bearer {}", demo.token)]);
    }
    let told = command.current_dir(scratch).env("HOME", scratch).env("TMPDIR", scratch).output();
    let told = told.expect("it runs");
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    Some((told.status.success(), said + &String::from_utf8_lossy(&told.stderr)))
}

#[test]
fn the_api_does_what_its_description_says() {
    let scratch = tempfile::tempdir().expect("a directory");
    if python("st").is_none() {
        return;
    }
    let demo = Demo::start(scratch.path());
    for with_token in [false, true] {
        let Some((right, said)) = ask(&demo, scratch.path(), with_token) else { return };
        println!("{said}");
        assert!(right, "with a token: {with_token}\n{said}");
    }
}
