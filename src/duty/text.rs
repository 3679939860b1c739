//! Records in the words of the room: one or two sentences each, for the shift book and the page.

use super::item::{Done, Fixed, How, Item};
use super::record::{DutyBody, DutyRecord};
use super::shift::{Entry, HandOver};
use crate::time::Hour;
use crate::warning::moment_zh;

/// `3月8日`, or as an hour is named by its end `3月8日15时`, or a year.
fn of_zh(fixed: Fixed, of: Hour) -> String {
    let (year, month, date) = of.day().date();
    match fixed {
        Fixed::Hourly => format!("{month}月{date}日{}时", of.ending()),
        Fixed::MeasuresList => format!("{year}年度"),
        _ => format!("{month}月{date}日"),
    }
}

/// `1小时20分钟`, `3天2小时`.
fn span_zh(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let part = |n: i64, unit: &str| if n == 0 { String::new() } else { format!("{n}{unit}") };
    let rest = if days > 0 { 0 } else { rest };
    format!("{}{}{}", part(days, "天"), part(hours, "小时"), part(rest, "分钟"))
}

impl Item {
    /// `3月7日空气质量日报（时限3月8日12时）`.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let (name, of) = (self.fixed.text_zh(), of_zh(self.fixed, self.of));
        // The end of a day is its 24时.
        let due = match self.fixed {
            Fixed::MeasuresList => "9月30日".to_owned(),
            _ => moment_zh(self.due),
        };
        format!("{of}{name}（时限{due}）")
    }
}

fn done(done: &Done) -> String {
    let item = done.item.text_zh();
    let at = moment_zh(done.done);
    let how = match &done.how {
        How::Signed { number } => format!("{at}签发{number}"),
        How::Forecast { office } => format!("{office}{at}发布预报"),
        How::Reported => format!("{at}各区县报齐"),
        How::Adopted { in_force } => format!("实施日期{in_force}"),
        How::Back { missing: 0, .. } => format!("{at}补到"),
        How::Back { since, missing } => {
            let (_, month, date) = since.day().date();
            let since = format!("{month}月{date}日{}时", since.ending());
            format!("缺报{missing}小时，{since}起恢复")
        }
        How::Told { note } => format!("{at}完成（人工登记：{note}）"),
    };
    match done.late_min() {
        None => format!("按时办结：{item}，{how}。"),
        Some(late) => format!("逾期{}办结：{item}，{how}。", span_zh(late)),
    }
}

fn entry(entry: &Entry) -> String {
    let Entry { sort, happened, from, text, follow_up } = entry;
    let from = if from.is_empty() { String::new() } else { format!("{from}，") };
    let follow_up = if *follow_up { "（待办）" } else { "" };
    let text = text.trim().trim_end_matches('。');
    let (sort, happened) = (sort.text_zh(), moment_zh(*happened));
    format!("{sort}{follow_up}：{happened}，{from}{text}。")
}

fn hand_over(of: &HandOver) -> String {
    let HandOver { to, note, entries, items } = of;
    let mut open: Vec<String> =
        items.iter().map(|(fixed, of)| of_zh(*fixed, *of) + fixed.text_zh()).collect();
    open.extend(entries.iter().map(|number| format!("待办#{number}")));
    let open = if open.is_empty() {
        "无未办结事项".to_owned()
    } else {
        format!("未办结{}项：{}", open.len(), open.join("、"))
    };
    let note = note.trim_end_matches('。');
    let note = if note.is_empty() { String::new() } else { format!("交代：{note}。") };
    format!("交班给{to}。{open}。{note}")
}

impl DutyRecord {
    /// What happened.
    #[must_use]
    pub fn text_zh(&self) -> String {
        match &self.body {
            DutyBody::Drafted(draft) => {
                let reason = if draft.reason.is_empty() {
                    String::new()
                } else {
                    format!("（更正：{}）", draft.reason.trim_end_matches('。'))
                };
                format!("制表：{}（{}）{reason}。", draft.title, draft.subtitle)
            }
            DutyBody::Reviewed { paper, opinion } => {
                let opinion = opinion.trim_end_matches('。');
                let said = if opinion.is_empty() {
                    String::new()
                } else {
                    format!("意见：{opinion}。")
                };
                format!("审核通过：材料#{paper}。{said}")
            }
            DutyBody::Returned { paper, reason } => {
                format!("审核退回：材料#{paper}。理由：{}。", reason.trim_end_matches('。'))
            }
            DutyBody::Signed { number, title, signer, .. } => {
                format!("签发：{title}，编号{number}，签发人{signer}。")
            }
            DutyBody::Reminded(item) => format!("提醒：{}尚未办结。", item.text_zh()),
            DutyBody::Overdue(item) => match item.fixed {
                Fixed::Hourly => {
                    format!("逾期：自{}起无有效AQI小时值。", of_zh(item.fixed, item.of))
                }
                _ => format!("逾期：{}未办结。", item.text_zh()),
            },
            DutyBody::Escalated(item) => {
                format!("逾期未办，应报带班领导：{}。", item.text_zh())
            }
            DutyBody::Lapsed(item) => format!("不再要求：{}。", item.text_zh()),
            DutyBody::Missed(item) => format!("未完成：{}，不再等待。", item.text_zh()),
            DutyBody::Done(body) => done(body),
            DutyBody::Entered(body) => entry(body),
            DutyBody::Closed { entry, how } => {
                format!("办结待办#{entry}：{}。", how.trim_end_matches('。'))
            }
            DutyBody::HandedOver(body) => hand_over(body),
            DutyBody::TakenOver { hand_over: Some(number) } => {
                format!("接班（交班记录#{number}）。")
            }
            DutyBody::TakenOver { hand_over: None } => "接班。".to_owned(),
        }
    }
}
