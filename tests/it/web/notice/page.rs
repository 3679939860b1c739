//! The page of notices, and what the first page says of them.

use std::sync::Arc;

use lantian::notification::{Assignment, NoticeAct};
use lantian::pipeline::View;

use super::desk::{Desk, Room, area_of, at, busy, silent};
use crate::notice::rules;
use crate::web::Daemon;
use crate::web::page::between;
use crate::web::sample::dalian;

fn over(desk: &Desk) -> Daemon {
    Daemon::over(View { areas: vec![Arc::new(area_of(desk))], simulated: false })
}

#[tokio::test]
async fn the_page_shows_who_is_on_duty_and_what_waits() {
    let room = Room::new(busy());
    let text = room.daemon.get("/notices").await.text;
    let first = between(&text, "当班：", "</section>");
    for word in ["主班", "zhang先生", "带班领导", "wang先生", "11月23日全天", "替班", "通道测试"]
    {
        assert!(first.contains(word), "{word} is not in\n{first}");
    }
    let open = between(&text, "未结通知", "</section>");
    for word in [
        "离线报警：金州站离线",
        "待确认",
        "金州站自11月23日14时起离线。",
        "2026-11-23 14:55起通知zhang先生",
        "已转报1次",
        "data-post=\"/api/v1/notices/12/acknowledge?area=dalian\"",
        "代录确认",
        "电话告知，代录",
    ] {
        assert!(open.contains(word), "{word} is not in\n{open}");
    }
    let sent = between(&text, "待发消息", "</section>");
    for word in ["zhang先生", "wang先生", "第1次转报", "限流", "待重试", "结果不明"]
    {
        assert!(sent.contains(word), "{word} is not in\n{sent}");
    }
    let channels = between(&text, "<h2>通道", "</section>");
    assert!(channels.contains("对方限流，暂停至2026-11-23 15:15"), "{channels}");
    let closed = between(&text, "已结通知", "</section>");
    assert!(closed.contains("逾期提醒：11月23日空气质量日报"), "{closed}");
    assert!(!closed.contains("金州"), "what is open is not closed");
    assert!(!text.contains("通知受阻"), "nothing is stuck");
}

#[tokio::test]
async fn one_notice_is_shown_with_its_course() {
    let room = Room::new(busy());
    let text = room.daemon.get("/notices?notice=1").await.text;
    let course = between(&text, "<h2>#1", "</section>");
    for word in ["消息#4第1次发送成功。", "zhang先生11月23日12时5分确认", "通知归档"]
    {
        assert!(course.contains(word), "{word} is not in\n{course}");
    }
    room.daemon.get("/notices?notice=99").await.problem(404);
    room.daemon.get("/notices?notice=x").await.problem(400);
    let english = room.daemon.get("/notices?lang=en").await.text;
    for word in ["On duty: ", "waits for a word", "Enter another&#39;s word", "On the way"] {
        assert!(english.contains(word), "{word} is not in\n{english}");
    }
}

#[tokio::test]
async fn what_is_stuck_is_loud_on_both_pages() {
    let mut with = rules(&["silence"]);
    with.stuck_after_min = 5;
    let mut desk = Desk::new(with);
    desk.bring(at("14:00"), silent("金州"), None);
    let room = Room::new(desk);
    let text = room.daemon.get("/notices").await.text;
    assert!(
        text.contains(
            "通知受阻</strong> 第1号通知（经push发出，提醒zhang先生）自11月23日14时起未能送达"
        ),
        "{text}"
    );
    let first = room.daemon.get("/").await.text;
    let banner = between(&first, "通知受阻</strong>", "</a>");
    assert!(banner.contains("第1号通知（经sms发给zhang先生）自11月23日14时起未能送达"), "{banner}");
}

#[tokio::test]
async fn the_first_page_names_who_is_on_duty_and_what_nobody_has_read() {
    let mut desk = busy();
    let text = over(&desk).get("/").await.text;
    assert!(
        between(&text, "<small>当班</small>", "</p>").contains("主班 zhang先生、带班领导 wang先生")
    );
    assert!(text.contains("><strong>通知待确认"), "it has gone on");
    assert!(between(&text, "通知待确认</strong>", "</a>").contains("离线报警：金州站离线"));
    assert!(text.contains("href=\"/notices?area=dalian"), "the way there");
    let day = at("12:00").hour().day();
    let assignment =
        Assignment { day, shift: None, role: "main".to_owned(), person: "zhao".to_owned() };
    let act = NoticeAct::Replace { assignment, reason: "病假".to_owned() };
    desk.act(at("15:10"), "王工", &act).expect("taken");
    let text = over(&desk).get("/").await.text;
    assert!(between(&text, "<small>当班</small>", "</p>").contains("主班 zhao先生"));
    let bare = Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: false });
    let text = bare.get("/").await.text;
    assert!(!text.contains("当班") && !text.contains("通知待确认"), "there is no roster");
    let text = bare.get("/notices").await.text;
    assert!(text.contains("未配置通知"), "{text}");
}

#[tokio::test]
async fn what_people_write_is_escaped() {
    let mut desk = Desk::new(rules(&["silence"]));
    desk.bring(at("14:55"), silent("<script>"), None);
    let room = Room::new(desk);
    for path in ["/notices", "/notices?notice=1", "/"] {
        let text = room.daemon.get(path).await.text;
        assert!(!text.contains("<script>站"), "{path}");
    }
}
