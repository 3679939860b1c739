//! Rows and faults of the file formats.

use std::io::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::observation::{Pollutant, Validity};

/// A file with this content, in a directory that ends with the test.
struct Kept {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn file(content: &[u8]) -> Kept {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("hours.csv");
    std::fs::write(&path, content).expect("written");
    Kept { _dir: dir, path }
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(content).expect("packed");
    gz.finish().expect("packed")
}

fn read(content: &[u8], format: Format, label: HourLabel) -> (Vec<Row>, Vec<Fault>) {
    let kept = file(content);
    let mut reader = Reader::open(&kept.path, format, label).expect("opened");
    let (mut rows, mut faults, mut row) = (Vec::new(), Vec::new(), Row::default());
    while let Some(read) = reader.next(&mut row) {
        match read {
            Ok(()) => rows.push(row.clone()),
            Err(fault) => faults.push(Fault { file: "hours.csv".to_owned(), ..fault }),
        }
    }
    assert_eq!(reader.bytes_read(), reader.bytes_total());
    (rows, faults)
}

fn refused(content: &str, format: Format) -> String {
    let kept = file(content.as_bytes());
    Reader::open(&kept.path, format, HourLabel::Begin).expect_err("refused").to_string()
}

fn milli(row: &Row, pollutant: Pollutant) -> (i32, Validity) {
    let reading = row.readings[pollutant.index()];
    (reading.amount.milli(), reading.validity)
}

const WIDE: &str = "time,station,pm2_5,pm10,so2,no2,co,o3,wind_speed
2025-01-01 00:00,1109A,27,41,12,34,0.4,56,2.5
2025-01-01 00:00,1110A,,-999,x,1e9,0.65,56.5,
2025-01-01T01:00:00+08:00,1109A,1,2,3,4,5,6,7
";

#[test]
fn wide_rows_are_exact_and_values_are_judged() {
    let (rows, faults) = read(WIDE.as_bytes(), Format::Wide, HourLabel::End);
    assert_eq!(faults, []);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].hour.label(HourLabel::Begin), "2024-12-31 23:00");
    assert_eq!(rows[2].hour.label(HourLabel::End), "2025-01-01 01:00");
    assert_eq!(milli(&rows[0], Pollutant::Co), (400_000, Validity::Valid));
    assert_eq!(rows[0].readings[Property::WindSpeed.index()].amount.milli(), 2500);
    assert_eq!(milli(&rows[1], Pollutant::Pm2_5), (0, Validity::Missing));
    assert_eq!(milli(&rows[1], Pollutant::Pm10), (-999_000, Validity::Negative));
    assert_eq!(milli(&rows[1], Pollutant::So2), (0, Validity::NotANumber));
    assert_eq!(milli(&rows[1], Pollutant::No2).1, Validity::Absurd);
    assert_eq!(milli(&rows[1], Pollutant::O3), (56_500, Validity::Valid));
}

#[test]
fn gzip_byte_order_marks_and_line_ends_change_nothing() {
    let plain = read(WIDE.as_bytes(), Format::Wide, HourLabel::Begin);
    let marked = [b"\xef\xbb\xbf", WIDE.as_bytes()].concat();
    assert_eq!(read(&marked, Format::Wide, HourLabel::Begin), plain);
    assert_eq!(read(&packed(&marked), Format::Wide, HourLabel::Begin), plain);
    let (head, tail) = WIDE.split_at(70);
    let members = [packed(head.as_bytes()), packed(tail.as_bytes())].concat();
    assert_eq!(read(&members, Format::Wide, HourLabel::Begin), plain);
    let windows = WIDE.replace('\n', "\r\n");
    assert_eq!(read(windows.as_bytes(), Format::Wide, HourLabel::Begin), plain);
}

#[test]
fn a_bad_row_is_named_and_the_others_are_read() {
    let content = "time,station,o3\n2025-01-01 00:30,a,1\n2025-01-01 00:00,a\n\
        yesterday,a,1\n2025-01-01 00:00,,1\n2025-01-01 00:00,a,7\n";
    let (rows, faults) = read(content.as_bytes(), Format::Wide, HourLabel::Begin);
    assert_eq!(rows.len(), 1);
    assert_eq!(milli(&rows[0], Pollutant::O3).0, 7000);
    let lines: Vec<u64> = faults.iter().map(|f| f.line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
    assert!(faults[0].to_string().contains("hours.csv:2: `time`"), "{}", faults[0]);
    assert!(faults[1].reason.contains("2 fields, the header has 3"), "{}", faults[1]);
}

#[test]
fn a_cut_gzip_file_is_a_fault_and_ends() {
    let mut bytes = packed(&WIDE.repeat(50).into_bytes());
    bytes.truncate(bytes.len() / 2);
    let kept = file(&bytes);
    let mut reader = Reader::open(&kept.path, Format::Wide, HourLabel::Begin).expect("opened");
    let (mut row, mut last) = (Row::default(), None);
    while let Some(read) = reader.next(&mut row) {
        last = Some(read);
    }
    let fault = last.expect("something was read").expect_err("the end is missing");
    assert!(fault.reason.contains("cannot be read"), "{fault}");
}

#[test]
fn a_header_that_does_not_fit_names_the_column() {
    assert!(refused("time,station,pm25\n", Format::Wide).contains("`pm25`"));
    assert!(refused("time,pm2_5\n", Format::Wide).contains("`station` is missing"));
    assert!(refused("time,station,o3,o3\n", Format::Wide).contains("`o3` is there twice"));
    assert!(refused("time,station\n", Format::Wide).contains("no column with values"));
    assert!(refused("", Format::Wide).contains("empty"));
    assert!(refused("time,station,value\n", Format::Long).contains("`pollutant`"));
    assert!(refused("time,station,pollutant,value,x\n", Format::Long).contains("`x`"));
    assert!(refused("hour,date,type,1A\n", Format::Cnemc).contains("date,hour,type"));
    assert!(refused("date,hour,type,1A,1A\n", Format::Cnemc).contains("`1A` is there twice"));
}

#[test]
fn long_lines_of_one_hour_and_station_make_a_row() {
    let content = "time,station,pollutant,value,flag
2025-01-01 00:00,a,pm2_5,27,
2025-01-01 00:00,a,co,0.4,M
2025-01-01 00:00,a,radon,1,
2025-01-01 00:00,a,o3,56,N
2025-01-01 00:00,b,o3,57,
2025-01-01 00:00,b,o3,58,Q
2025-01-01 01:00,b,o3,,C
";
    let (rows, faults) = read(content.as_bytes(), Format::Long, HourLabel::Begin);
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].line, faults[0].reason.contains("radon")), (4, true));
    let stations: Vec<&str> = rows.iter().map(|r| r.station.as_str()).collect();
    assert_eq!(stations, ["a", "a", "b", "b", "b"]);
    assert_eq!(milli(&rows[0], Pollutant::Pm2_5), (27_000, Validity::Valid));
    assert_eq!(milli(&rows[0], Pollutant::Co), (400_000, Validity::FlagMaintenance));
    assert_eq!(milli(&rows[0], Pollutant::O3), (0, Validity::Missing));
    assert_eq!(milli(&rows[1], Pollutant::O3), (56_000, Validity::Valid));
    assert_eq!(milli(&rows[3], Pollutant::O3), (58_000, Validity::UnknownFlag));
    assert_eq!(milli(&rows[4], Pollutant::O3), (0, Validity::Missing));
}

#[test]
fn an_archive_hour_is_turned_to_rows_of_stations() {
    let content = "date,hour,type,1109A,1110A,2000A
20250101,0,AQI,41,58,
20250101,0,PM2.5,27,41,
20250101,0,PM2.5_24h,15,16,
20250101,0,CO,0.4,,
20250101,24,O3,1,1,1
2025-01-01,0,O3,1,1,1
20250101,1,O3,56,,5
20250101,1,O3_8h,99,99,99
";
    let (rows, faults) = read(content.as_bytes(), Format::Cnemc, HourLabel::End);
    assert_eq!(faults.iter().map(|f| f.line).collect::<Vec<_>>(), [6, 7]);
    let keys: Vec<String> =
        rows.iter().map(|r| format!("{} {}", r.hour.label(HourLabel::End), r.station)).collect();
    let expected = ["00:00 1109A", "00:00 1110A", "01:00 1109A", "01:00 2000A"];
    assert_eq!(keys, expected.map(|k| format!("2025-01-01 {k}")));
    assert_eq!(milli(&rows[0], Pollutant::Pm2_5), (27_000, Validity::Valid));
    assert_eq!(milli(&rows[0], Pollutant::Co), (400_000, Validity::Valid));
    assert_eq!(milli(&rows[1], Pollutant::Co), (0, Validity::Missing));
    assert_eq!(milli(&rows[2], Pollutant::Pm2_5), (0, Validity::Missing));
    assert_eq!(milli(&rows[3], Pollutant::O3), (5000, Validity::Valid));
}

#[test]
fn formats_are_read_by_name() {
    assert_eq!("cnemc".parse(), Ok(Format::Cnemc));
    assert_eq!(Format::Cnemc.usual_label(), HourLabel::End);
    assert!("csv".parse::<Format>().is_err());
}

/// Gives its bytes a few at a time, and then perhaps a fault.
struct Drops {
    bytes: std::io::Cursor<Vec<u8>>,
    drop: usize,
    fails: bool,
}

impl std::io::Read for Drops {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.drop);
        match self.bytes.read(&mut buffer[..most])? {
            0 if std::mem::take(&mut self.fails) => Err(std::io::Error::other("torn off")),
            read => Ok(read),
        }
    }
}

/// Rows and faults in their order, or why the header does not fit.
fn told(lines: Lines, format: Format, label: HourLabel) -> Vec<String> {
    let mut reader = match Reader::over(lines, format, label) {
        Ok(reader) => reader,
        Err(e) => return vec![e.to_string()],
    };
    let (mut all, mut row) = (Vec::new(), Row::default());
    while let Some(read) = reader.next(&mut row) {
        all.push(match read {
            Ok(()) => format!("{row:?}"),
            Err(fault) => fault.to_string(),
        });
    }
    all
}

const TIMES: [&[u8]; 15] = [
    b"2025-01-01 00:00",
    b"2025-01-01 01:00",
    b"2025-01-01 23:00",
    b"2025-01-01 24:00",
    b"2025-01-01 02:30",
    b"2025-01-31 05:00",
    b"2025-02-29 05:00",
    b" 2025-01-01 03:00",
    b" 2025-01-01 3:00",
    b"2025-01-01T04:00:00+08:00",
    b"2025-01-01T0100Z",
    b"\xef\xbb\xbf2025-01-01 00:00",
    b"0000-01-01 00:00",
    b"yesterday",
    b"",
];
const STATIONS: [&[u8]; 8] = [b"a", b"ab", b"a ", b" a", b"", b"\xff", b"\"a\"", b"\"a\nb,\""];
const VALUES: [&[u8]; 22] = [
    b"7",
    b"61",
    b"0.4",
    b"12.345",
    b"12.3456",
    b"",
    b" ",
    b" 7",
    b"7 ",
    b"-999",
    b"1e2",
    b"+1",
    b"5.",
    b".5",
    b"1.2.3",
    b"123456789",
    b"0123456789",
    b"2147483",
    b"99999999999",
    b"0.0000000001",
    b"\"3\"",
    b"x",
];
const ENDS: [&[u8]; 5] = [b"\n", b"\r\n", b"\r", b"\n\n", b"\n \n"];

/// A line of a wide file: places in the tables above, most of the draws being their first ones.
type Drawn = (usize, usize, Vec<usize>, usize);

fn drawn(content: &mut Vec<u8>, (time, station, values, end): &Drawn, odd: usize) {
    let pick = |all: &[&'static [u8]], at: usize| {
        let at = if at % 10 < odd { at / 10 } else { at % 3 };
        *all.get(at % all.len()).unwrap_or(&all[0])
    };
    let mut fields = vec![pick(&TIMES, *time), pick(&STATIONS[..], *station)];
    fields.extend(values.iter().map(|at| pick(&VALUES, *at)));
    content.extend(fields.join(&b","[..]));
    content.extend(if *end % 10 < odd { ENDS[end / 10 % ENDS.len()] } else { b"\n" });
}

proptest::proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 2000, ..ProptestConfig::default()
    })]

    /// Whatever is written, and however it arrives.
    #[test]
    fn plain_lines_read_as_the_general_reader_reads_them(
        rows in prop::collection::vec(
            (0_usize..150, 0_usize..80, prop::collection::vec(0_usize..220, 2..4), 0_usize..50),
            0..12,
        ),
        (odd, three) in (0_usize..5, prop::bool::weighted(0.9)),
        head in 0_usize..12, label in prop::bool::ANY, closed in prop::bool::ANY,
        (drop, block, fails) in (1_usize..40, 0_usize..80, prop::bool::weighted(0.2)),
    ) {
        let mut content = match head {
            0 => b"\xef\xbb\xbf".to_vec(),
            1 => b"\n".to_vec(),
            _ => Vec::new(),
        };
        content.extend(b"time,station,pm2_5,co");
        content.extend(if head == 2 { &b"\r\n"[..] } else { b"\n" });
        for (time, station, values, end) in rows {
            let values = if three { vec![values[0], values[1]] } else { values };
            drawn(&mut content, &(time, station, values, end), odd);
        }
        if !closed {
            content.pop();
        }
        // The general reader looks for the mark in what comes at once.
        let drop = if head == 0 { content.len() } else { drop };
        let label = if label { HourLabel::Begin } else { HourLabel::End };
        let drops = |from: usize| {
            let bytes = std::io::Cursor::new(content[from..].to_vec());
            Box::new(Drops { bytes, drop, fails })
        };
        let expected = told(Lines::general(drops(0)), Format::Wide, label);
        let block = block.min(content.len());
        let lines = Lines::over(content[..block].to_vec(), drops(block), "f".to_owned(), 0);
        prop_assert_eq!(told(lines, Format::Wide, label), expected);
        // The lines as such, whatever they hold.
        let records = |mut lines: Lines| {
            let mut all = vec![format!("{:?}", lines.header())];
            while let Some(read) = lines.read() {
                let fields: Vec<&[u8]> = lines.record.iter().collect();
                all.push(format!("{read:?} {fields:?} {}", lines.line()));
            }
            all
        };
        let lines = Lines::over(content[..block].to_vec(), drops(block), "f".to_owned(), 0);
        prop_assert_eq!(records(lines), records(Lines::general(drops(0))));
    }
}

/// A crash leaves runs of zeros in a file: they are no date.
#[test]
fn zeros_are_no_date() {
    let content = [b"time,station,pm2_5\n", [0; 11].as_slice(), b"05:00,1A,10\n"].concat();
    let lines = Lines::over(content, Box::new(std::io::empty()), "f".to_owned(), 0);
    let told = told(lines, Format::Wide, HourLabel::Begin);
    assert!(matches!(told.as_slice(), [fault] if fault.starts_with("f:2: ")), "{told:?}");
}
