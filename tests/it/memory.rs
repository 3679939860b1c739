//! Memory stays where it is while air goes on: a short form of `cargo bench --bench memory -- year`.

mod year;

use std::process::Command;

use year::{Year, resident};

const STATIONS: usize = 40;
/// By then the open hours, the caches of SQLite and of the allocator are as full as they get.
const SETTLED_DAYS: i32 = 180;
const DAYS: i32 = 360;
/// What may still come: pages of code, and what an allocator does not give back. The messages of the days
/// between are 30 MB, what the store holds of them several times that.
const GROWTH_BYTES: u64 = 3 << 20;

/// Tests share a process, and its memory: so this one runs itself in another one.
const CHILD: &str = "LANTIAN_MEMORY_CHILD";

#[test]
fn memory_stays_flat_while_days_pass_and_an_old_value_is_corrected() {
    if let Ok(path) = std::env::var(CHILD) {
        return lives(std::path::Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "memory::memory_stays_flat_while_days_pass_and_an_old_value_is_corrected";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, folder.path().join("air.sqlite"))
        .output()
        .unwrap();
    let said = String::from_utf8([child.stdout, child.stderr].concat()).unwrap();
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    println!("{said}");
}

fn lives(path: &std::path::Path) {
    let mut year = Year::begin(path, STATIONS);
    (0..SETTLED_DAYS).for_each(|_| year.day());
    let (settled, _) = resident("self");
    (SETTLED_DAYS..DAYS).for_each(|_| year.day());
    let (after, most) = resident("self");
    println!(
        "memory: {settled} bytes after {SETTLED_DAYS} days, {after} after {DAYS}, {most} at most"
    );
    assert!(settled > 0 && after < settled + GROWTH_BYTES, "{settled}, then {after}");

    // Fifty days back is a closed day: the air of that hour and of the day it belongs to changes.
    for batch in [year.correct(50), year.revise(50)] {
        assert_eq!(batch.station_days.len(), 1);
        assert!(batch.revisions.len() > 1, "of the station and of the area: {:?}", batch.revisions);
    }
    let (last, _) = resident("self");
    assert!(last < after + GROWTH_BYTES, "{after}, then {last}");
}
