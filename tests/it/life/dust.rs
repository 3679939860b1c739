//! Dust in a running daemon: what its configuration names is what it answers by.

use serde_json::Value;

use super::{Place, lantian};

#[test]
fn a_daemon_answers_in_the_columns_of_its_own_file() {
    let Some(place) = Place::new() else { return };
    place.write_stations(1);
    let (stations, air) = (place.path("stations.csv"), place.path("air.csv"));
    let mut rows = "time,station,pm2_5,pm10,so2,no2,co,o3\n".to_owned();
    for day in 1..=3 {
        for hour in 0..24 {
            let pm10 = if day == 2 && hour < 4 { 1000 } else { 50 };
            rows += &format!("2025-04-{day:02} {hour:02}:00,s0,20,{pm10},5,20,0.5,60\n");
        }
    }
    std::fs::write(&air, rows).unwrap();
    let dust = place.path("dust.toml");
    let entry = "[[dust]]\narea = 'x'\nfrom = '2025-04-02 01'\nto = '2025-04-02 04'\n\
                 stage = 'recognised'\ndocument = '认定'\n";
    std::fs::write(&dust, entry).unwrap();
    let config = place.path("lantian.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text + "\n[dust]\nfile = \"dust.toml\"\n").unwrap();
    let text = |path: std::path::PathBuf| path.display().to_string();
    let (store, stations, air) = (text(place.store()), text(stations), text(air));
    let (code, told) = lantian(&["import", "--store", &store, "--stations", &stations, &air]);
    assert_eq!(code, Some(0), "{told}");
    let mut daemon = place.start();
    let get = |column: &str| -> Value {
        let path = "/api/v1/assessment?entity=x&span=2025-04-01..2025-04-03";
        serde_json::from_str(&daemon.get(&format!("{path}&dust={column}"))).unwrap()
    };
    let (measured, left) = (get("measured"), get("dust_recognised"));
    // (50 + 50 + (4 * 1000 + 20 * 50) / 24) / 3 as measured.
    assert_eq!(
        (&measured["shown"]["pm10_mean"], &left["shown"]["pm10_mean"]),
        (&103.into(), &50.into())
    );
    assert_eq!(measured["dust_columns"], left["dust_columns"]);
    assert_eq!(left["dust_columns"][1]["station_hours"], 4);
    assert_eq!([&left["days_good"], &measured["days_good"]], [2, 2], "kept");
    assert_eq!(daemon.end("-TERM"), Some(0));
}
