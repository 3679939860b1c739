//! Evidence by electricity as a page: who calls for a look tonight, by district, with the hours drawn.
//!
//! In: what [`crate::measures::evidence`] says of a warning. Out: one document at `/evidence`.
//!
//! Invariants: above everything stands that it is evidence and no verdict; what is silent never looks like a
//! line that reduces; without a person's token only districts are counted and no enterprise is named; no
//! persons, no telephones: these stand in the dispatch of the API.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::words::{Lang, ListLine};
use crate::http::App;
use crate::http::access::{Role, authorised};
use crate::http::api::{one, parameters};
use crate::http::evidence::{NO_VERDICT_ZH, all_responses, gathered};
use crate::http::problem::Problem;
use crate::http::warning::asked_area;
use crate::measures::{
    Answer, Evidence, EvidenceHour, EvidenceParams, LineEvidence, Operation, Silence,
};
use crate::quantity::decimal;
use crate::time::{Hour, Instant};
use crate::warning::{Level, moment_zh};

/// Hours that are drawn of a line, the last ones.
const DRAWN_H: usize = 72;
/// Width of an hour and height of the drawing, in units of the drawing.
const HOUR_W: usize = 4;
const HEIGHT: i64 = 30;

/// A level of response.
struct Phase {
    class: &'static str,
    name: String,
    from: String,
    until: String,
}

/// How many lines came to what.
#[derive(Clone, Copy, Default)]
struct Tally {
    suspected: usize,
    silent: usize,
    reducing: usize,
}

/// A line of the list.
struct Row {
    enterprise: String,
    line: String,
    note: String,
    ordered: Vec<String>,
    class: &'static str,
    answer: &'static str,
    why: String,
    share: String,
    allowed: String,
    baseline: String,
    energy: String,
    counted: String,
    missing: u32,
    drawing: Option<Drawing>,
}

/// Hours against their baseline: four shapes in one drawing.
struct Drawing {
    width: usize,
    title: String,
    baseline: String,
    within: String,
    above: String,
    grace: String,
    missing: String,
}

struct District {
    name: String,
    tally: Tally,
    rows: Vec<Row>,
}

#[derive(askama::Template)]
#[template(path = "evidence.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    now: String,
    no_verdict: &'static str,
    has_list: bool,
    warning: Option<u64>,
    /// Other warnings with a response, the newest first.
    others: Vec<u64>,
    phases: Vec<Phase>,
    list: Option<ListLine>,
    tally: Tally,
    voluntary: u32,
    /// Whether the enterprises are named.
    named: bool,
    baseline: String,
    params: EvidenceParams,
    districts: Vec<District>,
}

/// `GET /evidence`.
pub(in crate::http) async fn evidence(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    // A token that does not hold is told, and not passed over.
    let named = headers.contains_key(header::AUTHORIZATION);
    if named {
        authorised(&app, &headers, Role::Viewer).await?;
    }
    let pairs = parameters(query.as_deref(), &["area", "lang", "warning"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let asked = one(&pairs, "warning")?.map(|text| {
        text.parse::<u64>().map_err(|_| Problem::bad_parameter("warning", "a number expected"))
    });
    let asked = asked.transpose()?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let responses = all_responses(&app, area).await?;
    let mut warnings: Vec<u64> = responses.iter().map(|response| response.warning).collect();
    warnings.dedup();
    warnings.reverse();
    let warning = asked.or_else(|| warnings.first().copied());
    let has_list = app.services.lists.measures.is_some();
    let found = match warning {
        Some(warning) => gathered(&app, area, responses, warning).await?,
        None => None,
    };
    let (found, used) = found.unzip();
    if let (true, Some(number), None) = (has_list, asked, &found) {
        return Err(Problem::not_found(format!("no level of warning {number} took effect")));
    }
    let mut districts =
        found.as_ref().map(|found| districts(found, named, lang)).unwrap_or_default();
    districts.sort_by_key(|district| district.tally.rank());
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Evidence, Some(area), &pairs),
        code: area.registry.area.as_str(),
        name: &area.registry.name,
        now: minute(area.now),
        no_verdict: NO_VERDICT_ZH,
        has_list,
        warning: found.as_ref().map(|found| found.warning),
        others: warnings.into_iter().filter(|number| Some(*number) != warning).take(5).collect(),
        phases: found.as_ref().map(|found| phases(found, lang)).unwrap_or_default(),
        list: used.map(|used| ListLine::of(&used, lang)),
        tally: districts.iter().fold(Tally::default(), |all, district| all.and(district.tally)),
        voluntary: found.as_ref().map_or(0, |found| found.voluntary_lines),
        named,
        baseline: found.as_ref().map(|found| span(found.baseline, lang)).unwrap_or_default(),
        params: app.services.lists.evidence,
        districts,
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

impl Tally {
    const fn and(self, other: Self) -> Self {
        Self {
            suspected: self.suspected + other.suspected,
            silent: self.silent + other.silent,
            reducing: self.reducing + other.reducing,
        }
    }

    /// Where somebody has to go stands first, then where nothing is known.
    const fn rank(self) -> u8 {
        match self {
            Self { suspected: 1.., .. } => 0,
            Self { silent: 1.., .. } => 1,
            Self { .. } => 2,
        }
    }

    fn of(lines: &[LineEvidence]) -> Self {
        let count = |name: &str| lines.iter().filter(|line| line.answer.name() == name).count();
        Self { suspected: count("suspected"), silent: count("silent"), reducing: count("reducing") }
    }
}

fn minute(at: Instant) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

fn moment(at: Instant, lang: Lang) -> String {
    if lang == Lang::Zh { moment_zh(at) } else { minute(at) }
}

/// From the first hour to the end of the last one.
fn span((from, end): (Hour, Hour), lang: Lang) -> String {
    let (from, end) = (moment(from.start(), lang), moment(end.start(), lang));
    format!("{from}{}{end}", lang.of("至", " to "))
}

fn phases(found: &Evidence, lang: Lang) -> Vec<Phase> {
    let phase = |response: &crate::measures::Response| Phase {
        class: match response.level {
            Level::Yellow => "lv-yellow",
            Level::Orange => "lv-orange",
            Level::Red => "lv-red",
        },
        name: match lang {
            Lang::Zh => format!("{}应急响应", response.level.response_zh()),
            Lang::En => {
                format!("response {}", response.level.response_zh().trim_end_matches('级'))
            }
        },
        from: moment(response.from, lang),
        until: response.until.map(|until| moment(until, lang)).unwrap_or_default(),
    };
    found.responses.iter().map(phase).collect()
}

/// Without `named` no line of them.
fn districts(found: &Evidence, named: bool, lang: Lang) -> Vec<District> {
    let district = |of: &crate::measures::DistrictEvidence| District {
        name: of.district.clone(),
        tally: Tally::of(&of.lines),
        rows: of.lines.iter().filter(|_| named).map(|line| row(line, lang)).collect(),
    };
    found.districts.iter().map(district).collect()
}

const fn answer(answer: Answer, lang: Lang) -> (&'static str, &'static str) {
    let (class, english) = match answer {
        Answer::Suspected => ("ev-suspected", "to be looked into"),
        Answer::Silent(_) => ("ev-silent", "no data"),
        Answer::Reducing => ("ev-reducing", "reducing"),
    };
    (class, lang.of(answer.text_zh(), english))
}

const fn silence(silence: Silence, lang: Lang) -> &'static str {
    let english = match silence {
        Silence::Gap => "too little data",
        Silence::NoBaseline => "too thin a baseline",
        Silence::NotYet => "no counting hour yet",
        Silence::NotMetered => "no meter listed",
    };
    lang.of(silence.text_zh(), english)
}

fn row(line: &LineEvidence, lang: Lang) -> Row {
    let (class, said) = answer(line.answer, lang);
    let kwh = |wh: i64| decimal(wh, 3, 1);
    let has_sums = line.counted_hours > 0;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "—".to_owned());
    let percent = |share: &Option<_>| share.as_ref().map(ToString::to_string);
    let mut note = Vec::new();
    if line.operation != Operation::Normal {
        note.push(line.operation.text_zh().to_owned());
    }
    if !line.shared_meters.is_empty() {
        let meters = line.shared_meters.join("、");
        note.push(format!("{}{meters}", lang.of("与其他生产线共用电表 ", "shared meter ")));
    }
    if line.conflict_hours > 0 {
        let hours = line.conflict_hours;
        note.push(format!("{}{hours}", lang.of("电量有冲突的小时数 ", "hours in conflict ")));
    }
    let mut why = line.silence.map(|of| silence(of, lang).to_owned()).unwrap_or_default();
    if line.silence == Some(Silence::Gap) && line.meters.len() > 1 {
        why += &format!("（{}）", line.silent_meters.join("、"));
    }
    let ordered = line.ordered.iter().map(|of| match line.ordered.len() {
        1 => of.measure_zh.clone(),
        _ => format!("{} {}", of.level.response_zh(), of.measure_zh),
    });
    Row {
        enterprise: line.enterprise.clone(),
        line: line.line.clone(),
        note: note.join("；"),
        ordered: ordered.collect(),
        class,
        answer: said,
        why,
        share: or_none(percent(&line.share_percent).filter(|_| has_sums)),
        allowed: or_none(percent(&line.allowed_percent).filter(|_| has_sums)),
        baseline: or_none(has_sums.then(|| kwh(line.baseline_wh))),
        energy: or_none(has_sums.then(|| kwh(line.energy_wh))),
        counted: format!("{}/{}", line.counted_hours, line.counting_hours),
        missing: line.missing_hours,
        drawing: drawing(&line.hours, lang),
    }
}

/// The last hours of a line; nothing where no meter ever counted.
fn drawing(hours: &[EvidenceHour], lang: Lang) -> Option<Drawing> {
    let hours = &hours[hours.len().saturating_sub(DRAWN_H)..];
    let (first, last) = (hours.first()?.hour, hours.last()?.hour);
    let all = hours.iter().flat_map(|hour| [hour.energy_wh, hour.baseline_wh]);
    hours.iter().find(|hour| hour.energy_wh.is_some())?;
    let highest = all.flatten().max()?.max(1);
    let mut drawing = Drawing {
        width: 0,
        title: span((first, last.plus(1)), lang),
        baseline: String::new(),
        within: String::new(),
        above: String::new(),
        grace: String::new(),
        missing: String::new(),
    };
    let scaled = |wh: i64| i128::from(wh) * i128::from(HEIGHT) / i128::from(highest);
    for (at, hour) in hours.iter().enumerate() {
        let x = at * HOUR_W;
        drawing.width = x + HOUR_W;
        if let Some(wh) = hour.baseline_wh {
            drawing.baseline += &format!("M{x} {}h{HOUR_W}", i128::from(HEIGHT) - scaled(wh));
        }
        let Some(wh) = hour.energy_wh else {
            drawing.missing += &format!("M{x} 0h{HOUR_W}v{HEIGHT}h-{HOUR_W}z");
            continue;
        };
        let allowed = hour
            .baseline_wh
            .map(|baseline| i128::from(baseline) * i128::from(hour.allowed_percent));
        let bars = match allowed {
            _ if !hour.counts => &mut drawing.grace,
            Some(allowed) if i128::from(wh) * 100 > allowed => &mut drawing.above,
            _ => &mut drawing.within,
        };
        let height = scaled(wh);
        *bars += &format!("M{x} {HEIGHT}v-{height}h{}v{height}z", HOUR_W - 1);
    }
    Some(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_is_drawn_for_what_it_is() {
        let hour = |n, counts, baseline_wh, energy_wh| EvidenceHour {
            hour: Hour::from_number(n),
            level: Level::Red,
            counts,
            allowed_percent: 20,
            baseline_wh,
            energy_wh,
        };
        let hours = [
            hour(0, false, Some(100), Some(100)),
            hour(1, true, Some(100), Some(20)),
            hour(2, true, Some(100), Some(21)),
            hour(3, true, Some(100), None),
            hour(4, true, None, Some(50)),
        ];
        let drawn = drawing(&hours, Lang::Zh).expect("drawn");
        assert_eq!(drawn.width, 20);
        assert_eq!(drawn.grace, "M0 30v-30h3v30z");
        assert_eq!(
            drawn.within, "M4 30v-6h3v6zM16 30v-15h3v15z",
            "without a baseline nothing is above"
        );
        assert_eq!(drawn.above, "M8 30v-6h3v6z");
        assert_eq!(drawn.missing, "M12 0h4v30h-4z");
        assert_eq!(drawn.baseline, "M0 0h4M4 0h4M8 0h4M12 0h4");
        assert!(drawing(&hours[3..4], Lang::Zh).is_none(), "nothing was counted");
        assert!(drawing(&[], Lang::Zh).is_none());
        let many: Vec<_> = (0..100).map(|n| hour(n, true, Some(1), Some(1))).collect();
        assert_eq!(drawing(&many, Lang::Zh).map(|d| d.width), Some(DRAWN_H * HOUR_W));
    }
}
