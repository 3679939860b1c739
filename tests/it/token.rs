//! `lantian token`: shown once, kept as a hash, listed, revoked, refused while the store is in use.

use std::path::Path;
use std::process::{Command, Output};

use lantian::store::{Reader, Role, Sqlite};

fn token(store: &Path, arguments: &[&str]) -> Output {
    let lantian = env!("CARGO_BIN_EXE_lantian");
    Command::new(lantian).args(["token", "--store"]).arg(store).args(arguments).output().unwrap()
}

fn told(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_token_opens_until_it_is_revoked_and_is_not_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("air.sqlite");
    let add = |person: &str, role: &str| {
        told(token(&store, &["add", "--person", person, "--role", role]))
    };
    let (first, second) = (add("张三", "operator"), add("李四, 值班", "admin"));
    let secret = |text: &str| text.lines().nth(1).unwrap().to_owned();
    let (first, second) = (secret(&first), secret(&second));
    assert!(first.len() == 64 && first.bytes().all(|b| b.is_ascii_hexdigit()), "{first}");
    assert_ne!(first, second);

    let reader = Reader::open(&store).unwrap();
    let person = reader.person(&first).unwrap().unwrap();
    assert_eq!((person.id, person.name.as_str(), person.role), (1, "张三", Role::Operator));
    assert_eq!(reader.person("0").unwrap(), None);
    assert!(told(token(&store, &["revoke", "1"])).contains("token 1 is revoked"));
    assert_eq!(reader.person(&first).unwrap(), None);
    assert_eq!(token(&store, &["revoke", "1"]).status.code(), Some(65));

    let list = told(token(&store, &["list"]));
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines[0], "id,person,role,created,revoked");
    assert!(lines[1].starts_with("1,张三,operator,") && !lines[1].ends_with(','), "{list}");
    assert!(lines[2].starts_with("2,\"李四, 值班\",admin,") && lines[2].ends_with(','), "{list}");
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let holds = |secret: &str| bytes.windows(64).any(|w| w == secret.as_bytes());
        assert!(!holds(&first) && !holds(&second) && !list.contains(&second));
    }
}

#[test]
fn a_store_in_use_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("air.sqlite");
    let held = Sqlite::open(&store).unwrap();
    let output = token(&store, &["add", "--person", "a", "--role", "viewer"]);
    assert_eq!(output.status.code(), Some(75));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("air.sqlite.lock is in use") && said.contains("stop the daemon first"),
        "{said}"
    );
    assert!(held.tokens().unwrap().is_empty());
}

#[test]
fn what_cannot_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("air.sqlite");
    let code = |arguments: &[&str]| token(&store, arguments).status.code();
    assert_eq!(code(&["add", "--person", "a", "--role", "boss"]), Some(1));
    assert_eq!(code(&["add", "--person", " ", "--role", "viewer"]), Some(1));
    assert_eq!(code(&["list"]), Some(74));
    assert!(!store.exists(), "looking does not create a store");
    std::fs::write(&store, "not a database, but long enough to be read as one").unwrap();
    assert!(matches!(code(&["list"]), Some(65 | 74)));
}
