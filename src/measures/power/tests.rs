//! Messages and files of meters: what is read, and how each fault is named.
//!
//! In: texts as meters and clerks write them. Out: readings, or the fault by field or by line.

use super::*;

const GOOD: &str = r#"{"meter":"D-0001-01","period":"PT1H","time":"2026-11-25T08:00:00+08:00",
    "kwh":123.4,"revision":2,"site":{"a":1}}"#;

fn read(text: &str) -> Result<PowerReading, Rejection> {
    decode_power(text.as_bytes(), &FeedFormat::default(), "D-0001-01")
}

fn refused(text: &str) -> (RejectionReason, String) {
    let Rejection { reason, detail } = read(text).expect_err("refused");
    (reason, detail)
}

#[test]
fn a_message_is_read_in_whole_watt_hours() {
    let reading = read(GOOD).expect("legal");
    assert_eq!((reading.wh, reading.revision), (123_400, 2));
    assert_eq!(reading.start.to_string(), "2026-11-25T08:00:00+08:00");
    let of = |kwh: &str| read(&GOOD.replace("123.4", kwh)).expect("legal").wh;
    assert_eq!((of("0"), of("1e2"), of("0.0005"), of("0.0015")), (0, 100_000, 0, 2));
    assert_eq!(of("10000000"), 10_000_000_000);
    let short = r#"{"period":"PT15M","time":"2026-11-25T08:15:00+08:00","kwh":1}"#;
    let reading = read(short).expect("the body may leave the meter out");
    assert_eq!((reading.meter.as_str(), reading.period.minutes()), ("D-0001-01", 15));
}

#[test]
fn the_feeds_label_says_which_end_of_the_interval_time_is() {
    let format = FeedFormat { hour_label: HourLabel::End, ..FeedFormat::default() };
    let reading = decode_power(GOOD.as_bytes(), &format, "D-0001-01").expect("legal");
    assert_eq!(reading.start.to_string(), "2026-11-25T07:00:00+08:00");
}

#[test]
fn a_bad_message_is_refused_with_the_field_named() {
    use RejectionReason as R;
    let with = |from: &str, to: &str| refused(&GOOD.replace(from, to));
    assert_eq!(refused("{").0, R::NotJson);
    assert_eq!(refused("[1]").0, R::WrongType);
    assert_eq!(refused("\u{0}").0, R::NotJson);
    for (from, to, reason, named) in [
        ("123.4", "-0.001", R::BadValue, "`kwh`: energy is not negative"),
        ("123.4", "10000000.001", R::BadValue, "`kwh`: more than"),
        ("123.4", "1e999", R::BadValue, "`kwh`: more than"),
        ("123.4", "-1e999", R::BadValue, "`kwh`: energy is not negative"),
        ("123.4", "\"123\"", R::BadValue, "`kwh`: a number expected"),
        ("123.4", "true", R::BadValue, "`kwh`: a number expected"),
        ("123.4", "null", R::MissingField, "`kwh`"),
        ("kwh", "kw", R::MissingField, "`kwh`"),
        ("\"PT1H\"", "5", R::WrongType, "`period`"),
        ("PT1H", "PT5M", R::BadPeriod, "`period`"),
        ("08:00:00+08:00", "08:20:00+08:00", R::BadTime, "`time`"),
        ("08:00:00+08:00", "08:00:00", R::TimeWithoutOffset, "`time`"),
        (":2,", ":-1,", R::WrongType, "`revision`"),
        ("D-0001-01", "D-0001-02", R::TopicMismatch, "D-0001-02"),
        ("\"D-0001-01\"", "7", R::WrongType, "`meter`"),
        ("site", "kwh", R::WrongType, "duplicate field `kwh`"),
    ] {
        let (found, detail) = with(from, to);
        assert_eq!(found, reason, "{to}: {detail}");
        assert!(detail.contains(named), "{to}: {detail}");
    }
    assert_eq!(refused(&GOOD.replace("123.4", "NaN")).0, R::NotJson);
    let long = "m".repeat(65);
    for meter in ["", " a", "a\u{7}", long.as_str()] {
        let body = GOOD.replace("\"meter\":\"D-0001-01\",", "");
        let refused = decode_power(body.as_bytes(), &FeedFormat::default(), meter);
        assert_eq!(refused.map_err(|r| r.reason), Err(R::BadValue), "{meter:?}");
    }
}

fn files(texts: &[&str], label: HourLabel) -> Result<Vec<PowerRow>, Vec<String>> {
    let file = |(n, text): (usize, &&str)| PowerFile {
        name: format!("{n}.csv"),
        text: (*text).to_owned(),
    };
    let files: Vec<PowerFile> = texts.iter().enumerate().map(file).collect();
    let told = |faults: Vec<PowerFault>| faults.iter().map(ToString::to_string).collect();
    read_power_files(&files, label).map_err(told)
}

#[test]
fn an_hour_reads_the_same_from_a_message_and_from_a_file() {
    let text = "\u{FEFF}time,meter,kwh,revision\r\n2026-11-25 09:00,D-0001-01, 123.4 ,2\r\n";
    let rows = files(&[text], HourLabel::End).expect("legal");
    assert_eq!(rows[0].reading, read(GOOD).expect("legal"));
    let text = "meter,time,kwh\nD-0001-01,2026-11-25T08:00:00+08:00,123.4\n";
    let rows = files(&[text], HourLabel::Begin).expect("legal");
    assert_eq!(rows[0].reading, PowerReading { revision: 0, ..read(GOOD).expect("legal") });
}

#[test]
fn all_faults_of_all_files_are_told_by_line() {
    let a = "meter,time,kwh\n,2026-11-25 08:30,-1\nm,2026-11-25 08:00,1\n\nm,2026-11-25 08:00,2\n";
    let b = "meter,time,kwh\nm,2026-11-25 08:00,3\nm,2026-11-25 08:00,1\n";
    let told = files(&[a, b, "meter,kwh\n", "", "meter,time,kwh\n", "a,b\n"], HourLabel::Begin);
    let told = told.expect_err("refused");
    assert_eq!(
        told,
        [
            "0.csv第2行：meter：“”不是电表编号；time：“2026-11-25 08:30”不是整点时间；\
             kwh：“-1”电量不能为负",
            "2.csv第1行：表头缺少 time",
            "3.csv第1行：文件为空",
            "5.csv第1行：表头中的“a”不是 meter、time、kwh、revision 之一",
            "0.csv第5行：与第3行为同一电表同一时段，电量不同",
            "1.csv第2行：与0.csv第3行为同一电表同一时段，电量不同",
        ]
    );
    let alone = files(&["meter,time,kwh\n"], HourLabel::Begin).expect_err("refused");
    assert_eq!(alone, ["0.csv第1行：没有数据行"]);
    let twice = "meter,time,kwh\nm,2026-11-25 08:00,1\nm,2026-11-25 08:00,1.000\n";
    assert_eq!(files(&[twice], HourLabel::Begin).map(|rows| rows.len()), Ok(2), "a repetition");
}

#[test]
fn what_is_not_told_is_counted() {
    let text = format!("meter,time,kwh\n{}", "m,2026-11-25 08:00,x\n".repeat(FAULTS_MAX + 7));
    let told = files(&[&text], HourLabel::Begin).expect_err("refused");
    assert_eq!(told.len(), FAULTS_MAX);
    assert!(told[FAULTS_MAX - 1].ends_with("不是数字（另有7处未列出）"), "{told:?}");
}
