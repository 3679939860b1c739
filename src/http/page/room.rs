//! What is left of the day: which pollutant binds, the sentence, and how high the hours to come may be.

use super::words::Lang;
use crate::assessment::{Allowed, Margin, Room};
use crate::http::document::shown;
use crate::index::Category;
use crate::observation::{Pollutant, Property};
use crate::pipeline::AreaView;
use crate::quantity::Amount;
use crate::standard::standards;
use crate::time::DAY_H;

/// What is left of the day of the area's default set.
#[derive(Debug)]
pub(super) struct RoomPanel {
    /// Until when, and how many hours are left.
    pub(super) until: String,
    /// The room of the newest hour in one sentence.
    pub(super) sentence: String,
    /// That of the last checkpoint, where it is another; else empty.
    pub(super) checkpoint: String,
    /// The pollutant that leaves the class first; a dash where none can.
    pub(super) binding: &'static str,
    /// The columns.
    pub(super) columns: Vec<Column>,
    /// The two lower rows: what the classes allow.
    pub(super) rows: Vec<Row>,
}

/// One pollutant.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// Whether it binds.
    pub(super) binding: bool,
    pub(super) so_far: String,
    pub(super) now: String,
}

/// A class and what it allows of each pollutant.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
}

/// What a class allows of a pollutant.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) class: &'static str,
    pub(super) title: &'static str,
    /// Whether the pollutant binds.
    pub(super) binding: bool,
}

impl RoomPanel {
    /// `so_far` is the class of the day so far. `None` before an hour was published.
    pub(super) fn of(area: &AreaView, so_far: Option<Category>, lang: Lang) -> Option<Self> {
        let room = area.room_of_set(0, area.past()?)?;
        let binding = room.binding(room.goal().unwrap_or(Category::Moderate));
        let classes = watched(&room, so_far);
        let before = area.checkpoint().filter(|checkpoint| *checkpoint < room.past);
        let before = before.and_then(|checkpoint| area.room_of_set(0, checkpoint));
        let bound = |m: &Margin| binding.is_some_and(|b| b.pollutant == m.pollutant);
        let column = |margin: &Margin| Column {
            name: margin.pollutant.label(),
            binding: bound(margin),
            so_far: amount(margin.so_far_shown, margin.pollutant),
            now: amount(margin.now_shown, margin.pollutant),
        };
        let row = |class: Category| Row {
            name: name(&room, class, lang),
            cells: room
                .pollutants
                .iter()
                .map(|m| cell(&room, (m, bound(m)), class, lang))
                .collect(),
        };
        Some(Self {
            until: until(&room, lang),
            sentence: sentence(&room, lang),
            checkpoint: before.map(|room| sentence(&room, lang)).unwrap_or_default(),
            binding: binding.map_or("—", |margin| margin.pollutant.label()),
            columns: room.pollutants.iter().map(column).collect(),
            rows: classes.map(row).into(),
        })
    }
}

/// The two borders that matter: 优 and 良 on a day that is excellent so far, else 良 and the next one that the
/// day can keep.
fn watched(room: &Room, so_far: Option<Category>) -> [Category; 2] {
    match (room.goal(), room.next_goal(), so_far) {
        (Some(Category::Good), None, Some(Category::Excellent)) => {
            [Category::Excellent, Category::Good]
        }
        (None, ..) => [Category::Good, Category::Moderate],
        (Some(_), next, _) => [Category::Good, next.unwrap_or(Category::Light)],
    }
}

fn sentence(room: &Room, lang: Lang) -> String {
    match lang {
        Lang::Zh => room.sentence_zh(),
        Lang::En => room.sentence_en(),
    }
}

fn until(room: &Room, lang: Lang) -> String {
    match (lang, room.left()) {
        (Lang::Zh, 0) => format!("截至{DAY_H}时，今日已结束"),
        (Lang::Zh, left) => format!("截至{}时，今日余{left}小时", room.past),
        (Lang::En, 0) => "the day is over".to_owned(),
        (Lang::En, left) => format!("by {:02}:00, {left} h left", room.past),
    }
}

fn name(room: &Room, class: Category, lang: Lang) -> String {
    let of_class = standards().index_edition(room.day).class(class);
    let kept = match class {
        Category::Excellent => lang.of("保优", "stay excellent"),
        Category::Good => lang.of("保良", "stay good"),
        Category::Light => lang.of("不超轻度", "no worse than light"),
        _ => lang.of("不超中度", "no worse than moderate"),
    };
    let aqi = of_class.aqi.1;
    match (lang, room.left()) {
        (_, 0) => format!("{kept} (AQI≤{aqi})"),
        (Lang::Zh, left) => format!("{kept}: 后{left}小时须"),
        (Lang::En, left) => format!("{kept}: next {left} h"),
    }
}

fn amount(amount: Option<Amount>, pollutant: Pollutant) -> String {
    super::model::value(amount, pollutant)
}

fn cell(room: &Room, of: (&Margin, bool), class: Category, lang: Lang) -> Cell {
    let (margin, binding) = of;
    let over = room.left() == 0;
    let (text, class, title) = match margin.allowed(class) {
        Allowed::UpTo(level) => {
            let level = margin.shown(level);
            let text = format!("≤{}", shown(level, Property::Pollutant(margin.pollutant)));
            let falls = margin.now_shown.is_some_and(|now| now > level);
            let title = lang.of("低于最新小时浓度，须下降", "below the newest hour: must fall");
            if falls { (text, "up", title) } else { (text, "", "") }
        }
        Allowed::Lost => {
            let text = lang.of("已超", "lost").to_owned();
            let title = lang.of("后续浓度再低也不能保住", "no level brings it back");
            (text, "up", if over { "" } else { title })
        }
        Allowed::Safe => {
            let text = if over { lang.of("保住", "kept") } else { lang.of("不限", "any") };
            let title = lang.of("仪器量程内不会超出", "nothing an instrument reports breaks it");
            (text.to_owned(), "none", if over { "" } else { title })
        }
        Allowed::NoValue => {
            let title = lang.of("有效数据不足，今日无评价值", "too few data: no daily value");
            (lang.of("无效", "n/a").to_owned(), "none", title)
        }
    };
    Cell { text, class, title, binding }
}
