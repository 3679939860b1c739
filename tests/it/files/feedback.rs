//! The feedback sheet of suspect values, out of the binary.

use super::{HEADER, Place, lantian};

/// 甘井子 repeats 35 for seven hours and its logger writes -999 once; 金州 moves.
fn hours() -> String {
    let mut text = HEADER.to_owned();
    for hour in 0..8 {
        let (fine, so2) = if hour == 0 { (41, "9") } else { (35, "9") };
        let so2 = if hour == 2 { "-999" } else { so2 };
        text += &format!("2025-01-02 {hour:02}:00,1A,{fine},{},{so2},,,\n", 60 + hour);
        text += &format!("2025-01-02 {hour:02}:00,2A,{},{},9,,,\n", 30 + hour, 55 + hour);
    }
    text + "2025-01-03 05:00,3A,0,50,,,,\n"
}

#[test]
fn the_sheet_has_station_value_rule_and_reason() {
    let place = Place::new();
    place.write("hours.csv", &hours());
    place.imported("air.db", &["hours.csv"]);
    let store = place.path("air.db").display().to_string();
    let sheet = |more: &[&str]| {
        let mut args = vec!["export", "--store", &store, "--what", "quality"];
        args.extend(more);
        lantian(&args)
    };
    let (code, out, told) = sheet(&["--from", "2025-01-01", "--to", "2025-01-03"]);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    let expected = "\
time,station,name,kind,property,value,unit,rule,rule_zh,treatment,reason,neighbours,\
neighbours_median
2025-01-02 02:00,1A,甘井子,国控,so2,-999,µg/m³,sentinel,无数据标记,无效,上报-999，表示无数据,,
2025-01-02 06:00,1A,甘井子,国控,pm2_5,35,µg/m³,stuck,恒值,仅标记,连续6小时数值不变,,
2025-01-02 07:00,1A,甘井子,国控,pm2_5,35,µg/m³,stuck,恒值,仅标记,连续7小时数值不变,,
";
    assert_eq!(out, expected);
    let (_, out, _) = sheet(&["--entity", "2A"]);
    assert_eq!(out.lines().count(), 1, "nothing is wrong there: {out}");
    let (code, _, told) = sheet(&["--format", "json"]);
    assert_eq!((code, told.contains("--format csv")), (Some(1), true), "{told}");
}

/// 甘井子 is national, 金州 provincial; 老站 and 金州 differ in what was found.
#[test]
fn the_paper_holds_what_is_suspect_at_stations_of_others() {
    let place = Place::new();
    let stations = super::STATIONS.replace("9Z,别处,,,anshan,,national,true,,\n", "");
    place.write("stations.csv", &stations);
    place.write("hours.csv", &hours());
    place.imported("a.db", &["hours.csv"]);
    let config = super::report::configured(&place, "dalian", "");
    let paper = |day: &str| {
        let args = ["report", "feedback", "--config", &config, "--day", day, "--format", "csv"];
        let (code, out, told) = lantian(&args);
        assert_eq!(code, Some(0), "{told}");
        out
    };
    let said = paper("2025-01-02");
    let rows: Vec<&str> =
        said.lines().skip_while(|line| !line.starts_with("站点,")).skip(1).collect();
    let expected = [
        "甘井子,1A,国控,3时,SO2,-999,µg/m³,无数据标记,上报-999，表示无数据",
        "甘井子,1A,国控,7时至8时,PM2.5,35,µg/m³,恒值,连续7小时数值不变",
    ];
    assert_eq!(rows, expected, "{said}");
    assert!(!paper("2025-01-01").contains("站点,编码"), "nothing was found");
}
