//! `lantian token`: who may write, and with what.
//!
//! A token is 32 random bytes, shown once; the store keeps its hash.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use super::ExitError;
use super::fault::store_fault;
use crate::clock;
use crate::store::{Error, Person, Role, Sqlite};

/// Longest name of a person, in characters: it is shown beside what the person did.
const NAME_MAX_CHARS: usize = 64;

/// Give, list and revoke the tokens of persons.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token for a person, and show it this once.
    Add {
        /// The person's name.
        #[arg(long, value_parser = person_name)]
        person: String,
        /// What the person may do: viewer, operator, issuer or admin.
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Every token, revoked ones included.
    List,
    /// End a token.
    Revoke {
        /// Its number, as `list` shows it.
        id: i64,
    },
}

fn person_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let fits = (1..=NAME_MAX_CHARS).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(format!("1 to {NAME_MAX_CHARS} printable characters expected"))
    }
}

fn role(text: &str) -> Result<Role, String> {
    let known = || Role::ALL.map(Role::name).join(", ");
    Role::parse(text).ok_or_else(|| format!("one of {} expected", known()))
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    // A store may be made for its first token; one that has tokens is there already.
    let makes = matches!(args.action, Action::Add { .. });
    if !makes && !args.store.exists() {
        return Err(ExitError::Io(format!("{} does not exist", args.store.display())));
    }
    let store = Sqlite::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let failed = |e: Error| store_fault(&args.store, &e);
    let text = match &args.action {
        Action::Add { person, role } => {
            let token = random_token()?;
            let id = store.add_token(&token, person, *role, clock::now()).map_err(failed)?;
            format!("token {id} for {person}, {}; it is shown this once:\n{token}\n", role.name())
        }
        Action::List => list(&store.tokens().map_err(failed)?)
            .map_err(|e| ExitError::Internal(e.to_string()))?,
        Action::Revoke { id } => match store.revoke_token(*id, clock::now()).map_err(failed)? {
            true => format!("token {id} is revoked\n"),
            false => return Err(ExitError::Data(format!("no token {id} is in force"))),
        },
    };
    out.write_all(text.as_bytes()).map_err(|e| ExitError::Io(e.to_string()))
}

pub(super) fn random_token() -> Result<String, ExitError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|e| ExitError::Internal(format!("no randomness from the system: {e}")))?;
    Ok(bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        write!(hex, "{byte:02x}").unwrap_or_default();
        hex
    }))
}

/// The tokens as CSV, by number.
fn list(tokens: &[Person]) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["id", "person", "role", "created", "revoked"])?;
    for p in tokens {
        let (id, created) = (p.id.to_string(), p.created.to_string());
        let revoked = p.revoked.map(|at| at.to_string()).unwrap_or_default();
        out.write_record([&id, &p.name, p.role.name(), &created, &revoked])?;
    }
    let bytes = out.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
