//! A backup is made while the daemon commits, and brings the air back.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Place, Running, STATIONS, audit_is_clean, lantian, message};

fn backup(place: &Place, to: &str, extra: &[&str]) -> (Option<i32>, String) {
    let (store, to) = (place.store(), place.path(to));
    let args = ["backup", "--store", store.to_str().unwrap(), "--to", to.to_str().unwrap()];
    lantian(&[&args[..], extra].concat())
}

fn restore(place: &Place, from: &str, extra: &[&str]) -> (Option<i32>, String) {
    let (store, from) = (place.store(), place.path(from));
    let args = ["restore", "--from", from.to_str().unwrap(), "--store", store.to_str().unwrap()];
    lantian(&[&args[..], extra].concat())
}

/// A text that does not compress, so that the store has some size.
fn noise(n: u32) -> String {
    let mut x = u64::from(n) + 1;
    let mut step = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from(x >> 40 & 15).unwrap())
    };
    (0..2000).map(|_| step()).collect()
}

/// Publishes from hour `from` on until told to stop; returns the hours published.
fn publish_until(place: &Place, from: u32, enough: &AtomicBool) -> u32 {
    let mut hour = from;
    while !enough.load(Ordering::Relaxed) && hour < 90 {
        place.publish(hour..hour + 1);
        hour += 1;
    }
    hour
}

#[test]
fn a_backup_beside_a_publishing_daemon_is_whole_and_comes_back() {
    let Some(place) = Place::new() else { return };
    let mut daemon = place.start();
    let bulk = (0..15_000).map(|n| message(n % STATIONS, 0, &noise(n))).collect();
    place.publish_all(bulk);
    place.publish(1..10);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(10 * STATIONS));

    let sequence = |d: &Running| d.metric("lantian_area_committed_sequence{area=\"x\"}");
    let enough = AtomicBool::new(false);
    let published = std::thread::scope(|scope| {
        let publishing = scope.spawn(|| publish_until(&place, 10, &enough));
        // On a busy machine a backup can be done before the next commit: then another one.
        let meanwhile = (0..20).map(|_| {
            let before = sequence(&daemon);
            let (code, said) = backup(&place, "first.sqlite", &["--replace"]);
            assert_eq!(code, Some(0), "{said}");
            sequence(&daemon) - before
        });
        let most = meanwhile.inspect(|n| println!("{n} commits during a backup")).find(|n| *n > 1);
        enough.store(true, Ordering::Relaxed);
        assert!(most.is_some(), "commits go on");
        publishing.join().unwrap()
    });
    let copied = Place::hours_in(&place.path("first.sqlite"));
    assert!((10 * STATIONS..=published * STATIONS).contains(&copied), "{copied}");
    audit_is_clean(&place.path("first.sqlite"));
    let (code, said) = backup(&place, "first.sqlite", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("exists already"), "{said}");

    daemon.wait_until("taken", |d| d.accepted() == u64::from(published * STATIONS));
    assert_eq!(backup(&place, "first.sqlite", &["--replace"]).0, Some(0));
    assert_eq!(Place::hours_in(&place.path("first.sqlite")), published * STATIONS);
    assert!(!place.path("first.sqlite.partial").exists());
    let (code, said) = restore(&place, "first.sqlite", &["--replace"]);
    assert_eq!(code, Some(75), "a daemon holds it: {said}");
    let shown = daemon.get("/api/v1/areas/x/latest");
    daemon.end("-KILL");

    let lost = Place::hours_in(&place.store());
    let (code, said) = restore(&place, "first.sqlite", &[]);
    assert_eq!((code, Place::hours_in(&place.store())), (Some(1), lost), "{said}");
    let (code, said) = restore(&place, "first.sqlite", &["--replace"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(Place::hours_in(&place.path("disk/air.sqlite.replaced")), lost);
    audit_is_clean(&place.store());
    let mut daemon = place.start();
    assert_eq!(daemon.get("/api/v1/areas/x/latest"), shown, "the same picture");
    place.publish(published..published + 1);
    daemon.wait_until("going on", |d| d.accepted() == u64::from(STATIONS));
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let Some(place) = Place::new() else { return };
    let mut daemon = place.start();
    place.publish(0..60);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(60 * STATIONS));
    assert_eq!(backup(&place, "good.sqlite", &[]).0, Some(0));
    assert_eq!(daemon.end("-TERM"), Some(0));
    let whole = std::fs::read(place.path("good.sqlite")).unwrap();
    let kept = Place::hours_in(&place.store());

    let db = rusqlite::Connection::open(place.path("good.sqlite")).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'hour'";
    let root: usize = db.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    drop(db);
    let middle = (root - 1) * 4096; // indexes are made anew by a copy, tables are not
    let mut damaged = whole.clone();
    damaged[middle..middle + 4096].fill(0x5a);
    std::fs::write(place.path("flipped.sqlite"), damaged).unwrap();
    std::fs::write(place.path("cut.sqlite"), &whole[..middle]).unwrap();
    std::fs::write(place.path("empty.sqlite"), "").unwrap();
    std::fs::write(place.path("other.sqlite"), "a letter, and no store at all").unwrap();
    std::fs::write(place.path("chain.sqlite"), &whole).unwrap();
    let db = rusqlite::Connection::open(place.path("chain.sqlite")).unwrap();
    db.execute_batch("DELETE FROM arrival WHERE sequence = 2").unwrap();
    drop(db);
    for name in ["flipped", "cut", "empty", "other", "chain"] {
        let (code, said) = restore(&place, &format!("{name}.sqlite"), &["--replace"]);
        assert_eq!(code, Some(65), "{name}: {said}");
        assert_eq!(Place::hours_in(&place.store()), kept, "{name}");
    }
    assert_eq!(restore(&place, "none.sqlite", &["--replace"]).0, Some(74));
    let left: Vec<_> = std::fs::read_dir(place.path("disk")).unwrap().flatten().collect();
    let partial = |e: &std::fs::DirEntry| e.file_name().to_string_lossy().contains("partial");
    assert!(!left.iter().any(partial), "{left:?}");
    audit_is_clean(&place.store());
    assert_eq!(restore(&place, "good.sqlite", &["--replace"]).0, Some(0));
    audit_is_clean(&place.store());
}
