//! `lantian drill`: an exercise (应急演练) from warning to lifting, through the daemon of a configuration.
//!
//! In: the daemon's configuration, and a level. Out: one line for each record of the drill, as it comes,
//! until the drill is over.
//!
//! What is practised is the system that runs: its pages, metrics and rows. So the drill acts by the API, with
//! the token of a person who may issue. Where no daemon answers, it runs the one of the configuration for as
//! long as the drill lasts, with a token of its own that it revokes in the end.
//!
//! Unless `--by-hand` is given it plays the parts of the persons itself: consults, registers approvals,
//! issues, takes the tasks to their receivers, lets the air clear, and lifts.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::fault::store_fault;
use super::token::random_token;
use super::{ExitError, daemon, text};
use crate::app::Daemon;
use crate::clock;
use crate::config::{self, Config};
use crate::measures::WHOLE_CITY;
use crate::store::{Error, Role, Sqlite};
use crate::warning::{DRILL_ZH, Level, Step};

/// Who acts in a drill that plays by itself.
const PLAYER: &str = "应急演练程序";
/// How often the daemon is asked.
const EVERY: Duration = Duration::from_millis(200);
/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(15);
/// A drill that plays by itself and in which nothing comes for so many questions has stuck.
const STUCK: u32 = 150;

/// An exercise (应急演练) on simulated air, from recommendation to lifting, through the running daemon; marked
/// 【演练】 wherever it shows. A real recommendation ends it at once.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration of the daemon that runs.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// yellow, orange or red.
    #[arg(long)]
    level: Level,
    /// The area; without it the first one.
    #[arg(long)]
    area: Option<String>,
    /// From what the air is made: the same seed at the same hour gives the same air.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A file with the token of a person who may issue; without it the variable `LANTIAN_TOKEN`. Needed while
    /// a daemon runs.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Leave every step to persons, on the page or by the API, and only tell what happens.
    #[arg(long)]
    by_hand: bool,
}

/// The daemon, as a person with a token sees it.
struct Desk {
    agent: ureq::Agent,
    base: String,
    area: String,
    token: String,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let config = config::load(&args.config).map_err(|faults| daemon::faulty(&faults))?;
    let area = match &args.area {
        Some(area) => area.clone(),
        None => {
            let mut areas = config.areas.iter().filter(|a| !a.registry.is_reference());
            let first = areas.next().map(|a| a.registry.area.to_string());
            first.ok_or_else(|| ExitError::Config("no area is configured".to_owned()))?
        }
    };
    let desk = Desk::at(config.http.listen, area);
    if desk.is_there() {
        let desk = Desk { token: given_token(args)?, ..desk };
        return daemon::block_on(async {
            let stop = CancellationToken::new();
            daemon::cancel_on_signal(&stop);
            // Persons go on in a drill that is only watched.
            let ends = !args.by_hand;
            tokio::task::block_in_place(|| play(&desk, args, (&stop, ends), out))
        });
    }
    with_own_daemon(config, desk, args, out)
}

/// The token that is given, for a daemon that runs.
fn given_token(args: &Args) -> Result<String, ExitError> {
    let token = match &args.token_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| ExitError::Io(format!("{}: {e}", path.display())))?,
        None => std::env::var("LANTIAN_TOKEN").unwrap_or_default(),
    };
    let token = token.trim().to_owned();
    let needed = "a daemon runs: --token-file or LANTIAN_TOKEN must give the token of an issuer \
                  (`lantian token add --role issuer`)";
    if token.is_empty() { Err(ExitError::Usage(needed.to_owned())) } else { Ok(token) }
}

/// Runs the daemon of the configuration for as long as the drill lasts.
fn with_own_daemon(
    config: Config,
    desk: Desk,
    args: &Args,
    out: &mut impl Write,
) -> Result<(), ExitError> {
    let path = config.store.path.clone();
    let fault = |e: Error| store_fault(&path, &e);
    let token = random_token()?;
    // The daemon holds the store while it runs: the token is made before and revoked after.
    let add = |store: &Sqlite| store.add_token(&token, PLAYER, Role::Issuer, clock::now());
    let id = Sqlite::open(&path).and_then(|store| add(&store)).map_err(fault)?;
    let desk = Desk { token: token.clone(), ..desk };
    let played = daemon::block_on(async {
        // The drill ends before the daemon that it needs for that.
        let (stop, cancel) = (CancellationToken::new(), CancellationToken::new());
        daemon::cancel_on_signal(&stop);
        let exit = |e| daemon::exit(&path, &e);
        let prepared = Daemon::prepare(super::run::setup(config, false)).await.map_err(exit)?;
        let running = tokio::spawn(prepared.run(cancel.clone()));
        let played = tokio::task::block_in_place(|| {
            wait_for(&desk)?;
            play(&desk, args, (&stop, true), out)
        });
        cancel.cancel();
        let ended = running.await.map_err(|e| ExitError::Internal(e.to_string()))?;
        played.and(ended.map_err(exit))
    });
    let revoked = Sqlite::open(&path).and_then(|store| store.revoke_token(id, clock::now()));
    played.and(revoked.map(drop).map_err(fault))
}

/// Waits until a daemon that has just started shows the area.
fn wait_for(desk: &Desk) -> Result<(), ExitError> {
    for _ in 0..STUCK {
        if desk.standing().is_ok() {
            return Ok(());
        }
        std::thread::sleep(EVERY);
    }
    desk.standing().map(drop)
}

/// From the beginning of the drill to its end; when `stop` comes it ends with it, if `ends`.
fn play(
    desk: &Desk,
    args: &Args,
    (stop, ends): (&CancellationToken, bool),
    out: &mut impl Write,
) -> Result<(), ExitError> {
    let begun =
        desk.post("/api/v1/drills", "", &json!({"level": args.level, "seed": args.seed}))?;
    let drill = begun["number"].as_u64().unwrap_or_default();
    if args.by_hand {
        let page = format!("{}/warnings?area={}", desk.base, desk.area);
        text::written(writeln!(out, "各步由人员登记: {page}"))?;
    }
    let (mut told, mut cleared, mut quiet) = (drill.saturating_sub(1), false, 0);
    let mut stopped = false;
    loop {
        if stop.is_cancelled() && !stopped {
            stopped = true;
            if !ends {
                return text::written(writeln!(out, "演练仍在进行，由人员继续。"));
            }
            desk.stop(drill, "演练程序被中断")?;
        }
        let standing = desk.standing()?;
        let ended = tell(&standing, drill, &mut told, out)?;
        if let Some(end) = ended {
            return match end["why"].as_str() {
                Some("completed") => Ok(()),
                _ => Err(ExitError::Data("演练没有走完全程".to_owned())),
            };
        }
        let stepped = if args.by_hand || stopped {
            Ok(false)
        } else {
            step(desk, &standing, (drill, &mut cleared), out)
        };
        let acted = match stepped {
            Ok(acted) => acted,
            // It may be over: that is told, instead of the act that came too late.
            Err(e) if desk.standing()?["drill"]["drill"] == drill => return Err(e),
            Err(_) => false,
        };
        quiet = if acted || args.by_hand { 0 } else { quiet + 1 };
        if quiet > STUCK {
            desk.stop(drill, "演练程序长时间没有进展")?;
            return Err(ExitError::Internal("the drill did not go on".to_owned()));
        }
        std::thread::sleep(EVERY);
    }
}

/// Writes the records of the drill that are new; the last one's content when it ended the drill.
fn tell(
    standing: &Value,
    drill: u64,
    told: &mut u64,
    out: &mut impl Write,
) -> Result<Option<Value>, ExitError> {
    let records = standing["records"].as_array().map_or(&[][..], Vec::as_slice);
    for record in records.iter().rev().filter(|record| record["drill"] == drill) {
        let number = record["number"].as_u64().unwrap_or_default();
        if number <= *told {
            continue;
        }
        *told = number;
        let at = shown(&record["at"]);
        let said = record["text_zh"].as_str().unwrap_or_default();
        text::written(writeln!(out, "{at}  {said}"))?;
        if record["what"]["kind"] == "drill_ended" {
            return Ok(Some(record["what"].clone()));
        }
    }
    Ok(None)
}

/// Does what comes next in the drill; whether there was anything to do.
fn step(
    desk: &Desk,
    standing: &Value,
    (drill, cleared): (u64, &mut bool),
    out: &mut impl Write,
) -> Result<bool, ExitError> {
    let of = &standing["drill"];
    let (warning, now) = (&of["warning"], &standing["now"]);
    let proposal = &of["proposal"];
    if let Some(number) = proposal["proposal"].as_u64() {
        let path = |act: &str| format!("/api/v1/warnings/{warning}/{act}");
        if proposal["approval"].is_null() {
            let people = json!([
                {"office": "演练监测中心", "name": PLAYER, "opinion": "同意模拟预报结论"},
                {"office": "演练气象台", "name": PLAYER, "opinion": "扩散条件按演练情景设定"}
            ]);
            let consulted = json!({"held": now, "participants": people, "warning": warning,
                "conclusion": format!("演练：建议按{}处置", target_zh(proposal))});
            desk.post("/api/v1/consultations", "&drill=true", &consulted)?;
            let approved = json!({"proposal": number, "target": proposal["target"], "approved": now,
                "approver": PLAYER, "office": "演练指挥部", "document": format!("演练批〔{number}〕号")});
            desk.post(&path("approve"), "&drill=true", &approved)?;
        } else {
            let notice = json!({"proposal": number, "issuer": "演练指挥部办公室", "issued": now,
                "effective_from": now, "document": format!("演练发〔{number}〕号")});
            desk.post(&path("issue"), "&drill=true", &notice)?;
        }
        return Ok(true);
    }
    let holds = !of["in_force"].is_null() && of["coming"].is_null();
    if holds && !*cleared {
        *cleared = true;
        carry_out(desk, (warning, now), out)?;
        desk.post(&format!("/api/v1/drills/{drill}/air"), "", &json!({}))?;
        return Ok(true);
    }
    Ok(false)
}

/// Takes the tasks (任务单) to every receiver, and reports them back; nothing without a list of measures.
fn carry_out(
    desk: &Desk,
    (warning, now): (&Value, &Value),
    out: &mut impl Write,
) -> Result<(), ExitError> {
    let Some(tasks) = desk.tasks(warning)? else { return Ok(()) };
    let names = [("districts", "district"), ("departments", "department")];
    let all = names.iter().flat_map(|(all, name)| {
        tasks[all].as_array().into_iter().flatten().map(move |task| &task[name])
    });
    let mut receivers: Vec<&Value> = Vec::new();
    for name in all.filter(|name| **name != WHOLE_CITY) {
        if !receivers.contains(&name) {
            receivers.push(name);
        }
    }
    for receiver in &receivers {
        for step in Step::ALL {
            let body = json!({"issue": tasks["issue"], "receiver": receiver, "step": step.name(),
                "contact": PLAYER, "at": now, "means": "system", "note": "演练，未实际执行"});
            desk.post(&format!("/api/v1/dispatch/{warning}/steps"), "&drill=true", &body)?;
        }
    }
    let (at, count) = (shown(now), receivers.len());
    let told = format!("{at}  {DRILL_ZH}任务单已由{count}个区县和部门签收并反馈。");
    text::written(writeln!(out, "{told}"))
}

/// A time as the lines begin.
fn shown(at: &Value) -> String {
    let at = at.as_str().unwrap_or_default();
    at.get(..19).unwrap_or(at).replace('T', " ")
}

fn target_zh(proposal: &Value) -> String {
    match proposal["target"].as_str().and_then(Level::parse) {
        Some(level) => format!("{}预警", level.text_zh()),
        None => "解除预警".to_owned(),
    }
}

impl Desk {
    fn at(mut address: SocketAddr, area: String) -> Self {
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(TIMEOUT))
            .build();
        let (base, token) = (format!("http://{address}"), String::new());
        Self { agent: agent.into(), base, area, token }
    }

    /// Whether a daemon answers.
    fn is_there(&self) -> bool {
        self.agent.get(format!("{}/healthz", self.base)).call().is_ok()
    }

    /// Where the warnings of the area stand.
    fn standing(&self) -> Result<Value, ExitError> {
        let url = format!("{}/api/v1/warnings?area={}&limit=200", self.base, self.area);
        self.answer(self.agent.get(&url).call(), &url)
    }

    /// The tasks of the drill's warning; `None` without a list of measures.
    fn tasks(&self, warning: &Value) -> Result<Option<Value>, ExitError> {
        let url = format!("{}/api/v1/measures?area={}", self.base, self.area);
        let listed = self.agent.get(&url).call().map_err(|e| self.gone(&e))?;
        if listed.status() == 404 {
            return Ok(None);
        }
        let url = format!("{}/api/v1/dispatch/{warning}?area={}", self.base, self.area);
        let request = self.agent.get(&url);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        self.answer(request.call(), &url).map(Some)
    }

    /// Ends the drill.
    fn stop(&self, drill: u64, reason: &str) -> Result<(), ExitError> {
        let path = format!("/api/v1/drills/{drill}/stop");
        self.post(&path, "", &json!({ "reason": reason })).map(drop)
    }

    fn gone(&self, e: &ureq::Error) -> ExitError {
        ExitError::Io(format!("the daemon does not answer at {} ({e})", self.base))
    }

    fn post(&self, path: &str, more: &str, body: &Value) -> Result<Value, ExitError> {
        let url = format!("{}{path}?area={}{more}", self.base, self.area);
        let request = self.agent.post(&url);
        let request = request.header("authorization", format!("Bearer {}", self.token));
        self.answer(request.send(body.to_string()), &url)
    }

    fn answer(
        &self,
        answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        url: &str,
    ) -> Result<Value, ExitError> {
        let gone = |e: ureq::Error| self.gone(&e);
        let mut answer = answered.map_err(gone)?;
        let status = answer.status();
        let body = answer.body_mut().read_to_string().map_err(gone)?;
        let body: Value = serde_json::from_str(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let told = body["detail"].as_str().or(body["title"].as_str()).unwrap_or("no reason given");
        Err(ExitError::Data(format!("{url}: {status}: {told}")))
    }
}
