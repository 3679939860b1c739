//! The derivation as the duty room reads it.

use std::fmt::Write;

use super::decimal::Shown;
use super::document::{
    Exclusion, Explanation, Fed, IaqiSteps, IndexSteps, Input, Mean, Origin, Rounded, StationMean,
};
use crate::area::Quantity;
use crate::observation::{Pollutant, Property};
use crate::standard::Source;

/// A figure's name as people say it.
fn name(quantity: &str) -> String {
    match Quantity::parse(quantity) {
        None => quantity.to_owned(),
        Some(Quantity::Aqi) => "AQI".to_owned(),
        Some(Quantity::Primary) => "首要污染物".to_owned(),
        Some(Quantity::Concentration(p)) => format!("{}小时浓度", p.label()),
        Some(Quantity::Rolling24h(p)) => format!("{}24小时滑动均值", p.label()),
        Some(Quantity::O3EightHours) => "O₃8小时滑动均值".to_owned(),
        Some(Quantity::O3EightHoursMaxToday) => "O₃今日8小时滑动均值最大值".to_owned(),
        Some(Quantity::O3OneHourMaxToday) => "O₃今日小时最大值".to_owned(),
        Some(Quantity::Day(p)) => format!("{}今日累计均值", p.label()),
        Some(Quantity::AqiDay) => "今日累计AQI".to_owned(),
        Some(Quantity::PrimaryDay) => "今日累计首要污染物".to_owned(),
        Some(Quantity::HoursDay) => "今日有效小时数".to_owned(),
    }
}

/// Pollutants' codes as people write them.
fn labels(codes: &[&str]) -> String {
    let label = |code: &&str| match Property::parse(code) {
        Some(Property::Pollutant(p)) => p.label(),
        _ => "",
    };
    let labels: Vec<_> = codes.iter().map(label).collect();
    if labels.is_empty() { "无".to_owned() } else { labels.join("、") }
}

/// The day and hour of a start in RFC 3339: `11-23 14:00`.
fn short(time: &str) -> String {
    let day = time.get(5..10).unwrap_or_default();
    format!("{day} {}", time.get(11..16).unwrap_or_default())
}

fn cited(source: &Source) -> String {
    source.to_string()
}

/// Writes lines; a text takes everything.
struct Page(String);

impl Page {
    fn line(&mut self, depth: usize, text: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{:width$}{text}", "", width = depth * 2);
    }
}

impl Explanation {
    /// The derivation in Chinese, line by line; the last line is the figure.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let mut page = Page(String::new());
        let (entity, named) = (&self.entity, name(&self.quantity));
        let time = short(&self.time);
        page.line(0, format_args!("{named}: {}({entity}) {}", self.name, self.hour_ending));
        page.line(1, format_args!("时段 {}年 {time} 起1小时", self.time.get(..4).unwrap_or("")));
        let practice = match self.practice {
            "letter" => "按标准条文",
            _ => "按国家平台做法",
        };
        let edition = &self.edition;
        let (document, title, from) = (edition.document, edition.title, &edition.from);
        page.line(1, format_args!("依据 {document}《{title}》({from}起施行), {practice}"));
        if let (Some(version), Some(state)) = (self.version, &self.state) {
            let state = match state.as_str() {
                "published" => "已发布",
                "revised" => "已修订",
                "reviewed" => "已审核",
                _ => "待发布",
            };
            page.line(1, format_args!("{state}, 第{version}版"));
        }
        if let Some(mean) = &self.mean {
            page.mean(0, mean);
        }
        if let Some(index) = &self.index {
            page.index(index);
        }
        for hour in self.hours.iter().flatten() {
            let counted =
                if hour.counted { "计入" } else { "不计入: 各点位均无有效值" };
            let (ending, stations) = (&hour.hour_ending, hour.stations);
            page.line(1, format_args!("{ending} 有值点位{stations}个, {counted}"));
        }
        page.trail(self);
        page.line(0, format_args!("结果: {}", self.result()));
        page.0
    }

    fn result(&self) -> String {
        let named = name(&self.quantity);
        let missing = || self.reason_zh.unwrap_or("缺测").to_owned();
        match &self.value {
            Shown::Nothing => format!("{named} 无 ({})", missing()),
            Shown::Pollutants(codes) => format!("{named} {}", labels(codes)),
            value => {
                let class = self.index.as_ref().and_then(|i| i.category_zh);
                let after = self.unit.or(class).map(|text| format!(" {text}"));
                format!("{named} {value}{}", after.unwrap_or_default())
            }
        }
    }
}

impl Page {
    fn mean(&mut self, depth: usize, mean: &Mean) {
        let named = name(&mean.quantity);
        self.line(depth, format_args!("{named} ({})", mean.quantity));
        let depth = depth + 1;
        if mean.from != mean.to {
            let (from, to) = (short(&mean.from), short(&mean.to));
            self.line(depth, format_args!("统计时段 {from} 至 {to} (各小时起始时刻)"));
        }
        let criterion = &mean.criterion;
        let unit = if criterion.unit == "min" { "分钟" } else { "小时" };
        let source = criterion.source.as_ref().map(|s| format!(" ({})", cited(s)));
        let (least, of) = (criterion.least, criterion.of);
        let source = source.unwrap_or_default();
        self.line(depth, format_args!("有效性要求 {of}{unit}中不少于{least}{unit}{source}"));
        if let Some(note) = criterion.note_zh {
            self.line(depth, format_args!("{note}"));
        }
        for station in &mean.stations {
            self.station(depth, station, mean);
        }
        for out in &mean.left_out {
            self.line(depth, format_args!("{}({}) 不计: {}", out.name, out.station, out.reason_zh));
        }
        let several = mean.stations.len() > 1 || !mean.left_out.is_empty();
        if let (true, Some(exact), Some(quotient)) =
            (several, &mean.exact, &mean.exact_quotient_milli)
        {
            let (counted, all) = (mean.stations_counted, mean.stations.len());
            self.line(
                depth,
                format_args!(
                    "{all}个点位中{counted}个计入, 取各点位之平均 {exact} (精确值 {quotient} ÷1000)"
                ),
            );
        }
        match (&mean.rounding, mean.reason_zh) {
            (Some(rounding), _) => self.rounded(depth, "修约", rounding, mean.unit),
            (None, reason) => self.line(depth, format_args!("无: {}", reason.unwrap_or("缺测"))),
        }
    }

    fn rounded(&mut self, depth: usize, what: &str, rounding: &Rounded, unit: &str) {
        let Rounded { from, to, step, rule_zh, source, .. } = rounding;
        let (source, space) = (cited(source), if unit.is_empty() { "" } else { " " });
        self.line(
            depth,
            format_args!("{what} {from} → {to}{space}{unit} (间隔{step}, {rule_zh}; {source})"),
        );
    }

    fn station(&mut self, depth: usize, station: &StationMean, mean: &Mean) {
        let StationMean { station: code, name, count, sum, .. } = station;
        match (&station.mean, station.reason_zh) {
            (Some(text), _) if mean.from == mean.to => {
                self.line(depth, format_args!("{name}({code}) {text}"));
            }
            (Some(text), _) => self.line(
                depth,
                format_args!("{name}({code}) 有效{count}小时, 合计{sum} ÷ {count} = {text}"),
            ),
            (None, reason) => {
                let reason = reason.unwrap_or_default();
                self.line(depth, format_args!("{name}({code}) 不计: {reason} (有效{count}小时)"));
            }
        }
        for window in &station.windows {
            let mark = match (window.largest, window.counted) {
                (true, _) => " ← 最大",
                (false, true) => "",
                (false, false) => " 不足, 不计",
            };
            let (ending, count, sum) = (&window.hour_ending, window.count, &window.sum);
            self.line(
                depth + 1,
                format_args!("8小时窗口至{ending} 有效{count}小时, 合计{sum}{mark}"),
            );
        }
        for input in &station.inputs {
            self.input(depth + 1, input);
        }
    }

    fn input(&mut self, depth: usize, input: &Input) {
        let value = input.value.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string);
        let mut text = format!("{} {value} {}", short(&input.time), input.validity_zh);
        if !input.counted {
            text += ", 不计入";
        }
        for Exclusion { rule_zh, reason_zh, .. } in &input.excluded {
            let _ = write!(text, ", 经自动质控剔除({rule_zh}: {reason_zh})");
        }
        if input.reviewed {
            text += ", 审核数据";
        }
        if input.conflict {
            text += ", 同一修订号收到不同值";
        }
        if input.differs_from_minutes {
            text += ", 与分钟值计算结果不一致";
        }
        if let Some(minutes) = input.minutes {
            let _ = write!(text, ", 分钟数据{minutes}/60分钟");
        }
        let value =
            |fed: &Fed| fed.value.as_ref().map_or_else(|| "缺测".to_owned(), ToString::to_string);
        if let Some(realtime) = &input.realtime {
            let _ = write!(text, ", 实况值{}不采用", value(realtime));
        }
        if let Some(fed) = &input.fed {
            let _ = write!(text, ", 仪器值{}", value(fed));
        }
        match (input.origins.as_slice(), input.origins_reason) {
            ([], Some(_)) => text += "; 来源未查到",
            ([], None) => {}
            (origins, _) => {
                let origins: Vec<_> = origins.iter().map(origin).collect();
                let _ = write!(text, "; {}", origins.join(" → "));
            }
        }
        self.line(depth, format_args!("{text}"));
    }

    fn index(&mut self, index: &IndexSteps) {
        for part in &index.parts {
            self.part(part);
        }
        for rule in &index.rules {
            let source = cited(&rule.source);
            match (rule.rule, rule.value) {
                ("primary_above", Some(value)) => {
                    self.line(0, format_args!("AQI大于{value}时确定首要污染物 ({source})"));
                }
                ("exceeding_above", Some(value)) => {
                    self.line(0, format_args!("分指数大于{value}为超标污染物 ({source})"));
                }
                ("na_unless_above", Some(value)) => self.line(
                    0,
                    format_args!("有污染物缺测时, 其余污染物AQI大于{value}才给出AQI ({source})"),
                ),
                _ => {}
            }
        }
        if !index.missing.is_empty() {
            self.line(0, format_args!("缺测污染物 {}", labels(&index.missing)));
        }
        match (index.max_iaqi, index.aqi) {
            (Some(max), Some(aqi)) => {
                let partial = if index.partial { ", 不含缺测污染物" } else { "" };
                let class = index.category_zh.unwrap_or_default();
                self.line(0, format_args!("最大分指数{max} → AQI {aqi} {class}{partial}"));
            }
            (max, _) => {
                let max = max.map_or_else(|| "无".to_owned(), |max| max.to_string());
                let reason = index.aqi_reason_zh.unwrap_or_default();
                self.line(0, format_args!("最大分指数{max}, 不给出AQI: {reason}"));
            }
        }
        let (primary, reason) = (labels(&index.primary), index.primary_reason_zh);
        self.line(0, format_args!("首要污染物 {primary} ({reason})"));
    }

    fn part(&mut self, part: &IaqiSteps) {
        let source = cited(&part.source);
        self.mean(0, &part.mean);
        if let (Some(low), Some(high)) = (&part.low, &part.high) {
            self.line(
                1,
                format_args!(
                    "浓度限值 {}(分指数{}) 至 {}(分指数{}), {}",
                    low.concentration,
                    low.iaqi,
                    high.concentration,
                    high.iaqi,
                    cited(&high.source)
                ),
            );
        }
        if let Some(formula) = &part.formula {
            self.line(1, format_args!("{formula}"));
        }
        if let Some(clause) = &part.above_top {
            self.line(1, format_args!("高于最高浓度限值: {}", cited(clause)));
        }
        if let Some(rounding) = &part.rounding {
            self.rounded(1, "取整", rounding, "");
        }
        match (part.iaqi, part.reason_zh) {
            (Some(iaqi), _) => self.line(1, format_args!("分指数 {iaqi} ({source})")),
            (None, reason) => {
                let reason = reason.unwrap_or("缺测");
                self.line(1, format_args!("无分指数: {reason} ({source})"));
            }
        }
    }

    /// What happened after publishing, and how far the inputs were looked for.
    fn trail(&mut self, explanation: &Explanation) {
        for revised in &explanation.revisions {
            let (at, cause) = (short(&revised.at), cause(&revised.cause));
            let (quantity, old, new) = (name(&revised.quantity), &revised.old, &revised.new);
            let time = short(&revised.time);
            self.line(
                0,
                format_args!("修订 {at} {cause}: {time} {quantity} {old} → {new} (0.001单位)"),
            );
        }
        for corrected in &explanation.corrections {
            let act = match (corrected.act.as_str(), corrected.amount_milli) {
                ("set", Some(milli)) => format!("改为{}", amount(milli, &corrected.quantity)),
                ("invalidate", _) => "判为无效".to_owned(),
                _ => "撤销订正".to_owned(),
            };
            let (at, person, reason) = (short(&corrected.at), &corrected.person, &corrected.reason);
            let (station, time) = (&corrected.station, short(&corrected.time));
            let refused = if corrected.refused.is_some() { " (被拒绝)" } else { "" };
            let quantity = name(&corrected.quantity);
            self.line(
                0,
                format_args!(
                    "订正 {at} {person}: {station} {time} {quantity} {act}, {reason}{refused}"
                ),
            );
        }
        if explanation.search.as_ref().is_some_and(|search| search.cut) {
            self.line(0, format_args!("来源查找已达上限, 部分到达时间未列出"));
        }
    }
}

fn amount(milli: i32, quantity: &str) -> String {
    match Property::parse(quantity) {
        Some(Property::Pollutant(p)) => {
            super::Decimal::exact(milli.into(), p).to_string() + unit(p)
        }
        _ => milli.to_string(),
    }
}

const fn unit(pollutant: Pollutant) -> &'static str {
    Property::Pollutant(pollutant).unit_text()
}

/// Why something was revised.
fn cause(name: &str) -> &str {
    match name {
        "late" => "迟到数据",
        "corrected" => "上游更正",
        "operator" => "人工订正",
        "import" => "历史导入",
        "reviewed" => "数据审核",
        "stations" => "点位调整",
        "rules" => "规则变更",
        other => other,
    }
}

/// `15:03收到61` and the like.
fn origin(origin: &Origin) -> String {
    let at = short(&origin.at);
    let value = origin.value.as_ref().map_or_else(|| "缺测".to_owned(), ToString::to_string);
    match origin.by {
        "import" => {
            let files: Vec<_> = origin
                .files
                .iter()
                .map(|f| format!("{} sha256 {}", f.name, f.sha256.get(..12).unwrap_or(&f.sha256)))
                .collect();
            format!("{at}导入{value}({})", files.join(", "))
        }
        "operator" => format!("{at}人工{value}"),
        _ => {
            let revision = origin.revision.filter(|r| *r > 0);
            let revision = revision.map(|r| format!("(修订{r})")).unwrap_or_default();
            format!("{at}收到{value}{revision}")
        }
    }
}
