//! Stand-ins for the receivers of messages, on free ports: each checks and answers as its vendor documents.
//!
//! In: requests, and the [`Mood`] a test asks for. Out: what was taken ([`Got`]).
//!
//! They share no code with the senders: the signatures are computed here from SHA-256 alone (RFC 2104).
//!
//! Source: the manuals of 钉钉 (自定义机器人), 企业微信 (群机器人) and 飞书 (自定义机器人); for SMS a gateway
//! with the shape of 阿里云短信 behind a bureau's own address.

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lantian::time::Instant;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::http::{Request, answer, pairs, serve};

/// Who is stood in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    Dingtalk,
    Wecom,
    Feishu,
    Webhook,
    /// Takes JSON and forms.
    Sms,
}

/// How a stand-in behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As documented.
    Well,
    /// 503 for everything.
    Down,
    /// 429, asking for so many seconds.
    Busy(u32),
    /// Reads the request and never answers.
    Hang,
    /// Takes the message, and ends the connection in the middle of its answer.
    Close,
    /// The page of a captive portal, with 200.
    Portal,
    /// 200 without a body.
    Empty,
    /// Elsewhere, says 302.
    Redirect,
    /// 200, and a body that says that the system is busy.
    Lie,
}

/// A message taken.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    /// The idempotency key, where the channel has one.
    pub(crate) key: Option<String>,
    /// The text as people read it; of a webhook the body.
    pub(crate) text: String,
    /// Ids and numbers that were called.
    pub(crate) called: Vec<String>,
    pub(crate) body: Value,
    /// By the clock of the stand-in.
    pub(crate) at: Instant,
}

struct State {
    vendor: Vendor,
    mood: Mood,
    /// Stands still for a test; else the system's.
    clock: Option<Instant>,
    keyword: Option<String>,
    got: Vec<Got>,
    /// Connections, whatever came of them.
    tries: usize,
    /// When the last messages came, for the limits.
    recent: VecDeque<i64>,
    throttled_until_ms: i64,
}

/// One receiver, until the test ends.
pub(crate) struct StandIn {
    port: u16,
    state: Arc<Mutex<State>>,
}

/// The key within the address of a robot, and the header of the gateway.
pub(crate) const TOKEN: &str = "f00dfeed00c0ffee";
/// What signatures are made with.
pub(crate) const SECRET: &str = "SEC-a-secret-of-many-letters";
/// So old may a signature be.
const SIGNED_MAX_MS: i64 = 3_600_000;

impl StandIn {
    pub(crate) fn start(vendor: Vendor) -> Self {
        let state = State {
            vendor,
            mood: Mood::Well,
            clock: None,
            keyword: None,
            got: Vec::new(),
            tries: 0,
            recent: VecDeque::new(),
            throttled_until_ms: 0,
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let port = serve(move |stream| handle(&stream, &shared));
        Self { port, state }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address with its key, as it is given to those who set up a robot.
    pub(crate) fn url(&self) -> String {
        let path = match self.state().vendor {
            Vendor::Dingtalk => format!("/robot/send?access_token={TOKEN}"),
            Vendor::Wecom => format!("/cgi-bin/webhook/send?key={TOKEN}"),
            Vendor::Feishu => format!("/open-apis/bot/v2/hook/{TOKEN}"),
            Vendor::Webhook => "/hook".to_owned(),
            Vendor::Sms => "/sms/send".to_owned(),
        };
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Lets its clock stand still, or go by the system's again.
    pub(crate) fn set_clock(&self, clock: Option<Instant>) {
        self.state().clock = clock;
    }

    /// A robot with the security setting 自定义关键词.
    pub(crate) fn set_keyword(&self, keyword: &str) {
        self.state().keyword = Some(keyword.to_owned());
    }

    /// What was taken so far.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.state().got.clone()
    }

    /// How often somebody asked, whatever came of it.
    pub(crate) fn tries(&self) -> usize {
        self.state().tries
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

fn handle(stream: &TcpStream, state: &Mutex<State>) {
    let Some(request) = Request::read(stream) else { return };
    let mut state = state.lock().unwrap();
    state.tries += 1;
    match state.mood {
        Mood::Well => {
            let (status, body) = state.judge(&request);
            answer(stream, status, "Content-Type: application/json\r\n", &body);
        }
        Mood::Down => answer(stream, 503, "", "upstream connect error"),
        Mood::Busy(s) => answer(stream, 429, &format!("Retry-After: {s}\r\n"), ""),
        Mood::Hang => {
            drop(state);
            std::thread::sleep(Duration::from_secs(120));
        }
        Mood::Close => {
            state.judge(&request);
            let mut stream = stream;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"err").unwrap();
        }
        Mood::Portal => {
            let page = "\n<!DOCTYPE html><html><title>上网认证</title></html>";
            answer(stream, 200, "Content-Type: text/html\r\n", page);
        }
        Mood::Empty => answer(stream, 200, "", ""),
        Mood::Redirect => answer(stream, 302, "Location: http://127.0.0.1:1/login\r\n", ""),
        Mood::Lie => {
            let body = match state.vendor {
                Vendor::Feishu => json!({"code": 1_000_000, "msg": "internal error", "data": {}}),
                Vendor::Sms => json!({"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "账户余额不足"}),
                _ => json!({"errcode": -1, "errmsg": "system busy"}),
            };
            answer(stream, 200, "Content-Type: application/json\r\n", &body.to_string());
        }
    }
}

/// Status and body of a refusal within 200.
fn errcode(code: i32, message: &str) -> (u16, String) {
    (200, json!({"errcode": code, "errmsg": message}).to_string())
}

fn feishu(code: i32, message: &str) -> (u16, String) {
    (200, json!({"code": code, "msg": message, "data": {}}).to_string())
}

impl State {
    fn now(&self) -> Instant {
        self.clock.unwrap_or_else(lantian::clock::now)
    }

    /// What the vendor says to a request, which is kept when it takes it.
    fn judge(&mut self, request: &Request) -> (u16, String) {
        match self.vendor {
            Vendor::Dingtalk => self.dingtalk(request),
            Vendor::Wecom => self.wecom(request),
            Vendor::Feishu => self.feishu(request),
            Vendor::Webhook => self.webhook(request),
            Vendor::Sms => self.sms(request),
        }
    }

    fn keep(&mut self, key: Option<String>, text: &str, called: Vec<String>, body: Value) {
        let at = self.now();
        self.got.push(Got { key, text: text.to_owned(), called, body, at });
    }

    /// Counts a message; whether there were more than `most` of them in the last `span_ms`.
    fn exceeds(&mut self, most: usize, span_ms: i64) -> bool {
        let now = self.now().millis();
        self.recent.iter().filter(|at| now - **at < span_ms).count() >= most
    }

    fn lacks_keyword(&self, text: &str) -> bool {
        self.keyword.as_ref().is_some_and(|keyword| !text.contains(keyword))
    }

    fn dingtalk(&mut self, request: &Request) -> (u16, String) {
        let now = self.now().millis();
        if request.path() != "/robot/send"
            || request.query("access_token").as_deref() != Some(TOKEN)
        {
            return errcode(300_005, &format!("token is not exist: {TOKEN}"));
        }
        // Milliseconds; seconds are half a century old.
        let stamp = request.query("timestamp").unwrap_or_default();
        if stamp.parse::<i64>().is_ok_and(|ms| (now - ms).abs() > SIGNED_MAX_MS) {
            return errcode(310_000, "invalid timestamp");
        }
        let sign = BASE64_STANDARD.encode(hmac(SECRET, &format!("{stamp}\n{SECRET}")));
        if request.query("sign").as_deref() != Some(sign.as_str()) {
            return errcode(310_000, "sign not match");
        }
        if request.body.len() > 20_000 {
            return errcode(460_101, "message too long, exceed 20000 bytes");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return errcode(40_035, "缺少参数 json");
        };
        let text = body["text"]["content"].as_str().unwrap_or_default().to_owned();
        if self.lacks_keyword(&text) {
            return errcode(310_000, "keywords not in content");
        }
        if now < self.throttled_until_ms || self.exceeds(20, 60_000) {
            self.throttled_until_ms = self.throttled_until_ms.max(now + 600_000);
            return errcode(130_101, "send too fast, exceed 20 times per minute");
        }
        self.recent.push_back(now);
        // Who is not named in the text is not called.
        let ids = ["atMobiles", "atUserIds"].map(|list| texts(&body["at"][list])).concat();
        let called = ids.into_iter().filter(|id| text.contains(&format!("@{id}"))).collect();
        self.keep(None, &text, called, body);
        errcode(0, "ok")
    }

    fn wecom(&mut self, request: &Request) -> (u16, String) {
        let now = self.now().millis();
        let key = request.query("key");
        if request.path() != "/cgi-bin/webhook/send" || key.as_deref() != Some(TOKEN) {
            return errcode(93_000, "invalid webhook url, hint: [1], from ip: 127.0.0.1");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return errcode(40_008, "invalid message type");
        };
        let text = body["text"]["content"].as_str().unwrap_or_default().to_owned();
        if text.len() > 2048 {
            return errcode(
                40_058,
                "text.content exceed max length 2048. invalid Request Parameter",
            );
        }
        if self.exceeds(20, 60_000) {
            return errcode(45_009, "api freq out of limit");
        }
        self.recent.push_back(now);
        let lists = ["mentioned_list", "mentioned_mobile_list"];
        let called = lists.map(|list| texts(&body["text"][list])).concat();
        self.keep(None, &text, called, body);
        errcode(0, "ok")
    }

    fn feishu(&mut self, request: &Request) -> (u16, String) {
        let now = self.now().millis();
        if request.path() != format!("/open-apis/bot/v2/hook/{TOKEN}") {
            return feishu(19_001, "param invalid: incoming webhook access token invalid");
        }
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return feishu(9499, "Bad Request");
        };
        // Seconds; milliseconds lie in another millennium.
        let stamp = body["timestamp"].as_str().unwrap_or_default();
        let age = stamp.parse::<i64>().map(|s| now - s * 1000);
        let sign = BASE64_STANDARD.encode(hmac(&format!("{stamp}\n{SECRET}"), ""));
        let is_signed = body["sign"].as_str() == Some(sign.as_str());
        if !is_signed || !age.is_ok_and(|ms| ms.abs() <= SIGNED_MAX_MS) {
            return feishu(19_021, "sign match fail or timestamp is not within one hour");
        }
        if request.body.len() > 20 * 1024 {
            return feishu(9499, "Bad Request");
        }
        let text = body["content"]["text"].as_str().unwrap_or_default().to_owned();
        if self.lacks_keyword(&text) {
            return feishu(19_024, "Key Words Not Found");
        }
        let is_rush = now.rem_euclid(1_800_000) < 5_000;
        if is_rush || self.exceeds(5, 1000) || self.exceeds(100, 60_000) {
            return feishu(11_232, "frequency limited psm[lark.oapi.app_platform_runtime]");
        }
        self.recent.push_back(now);
        let ids = text.split("<at user_id=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let called = ids.map(str::to_owned).collect();
        self.keep(None, &text, called, body);
        (200, json!({"StatusCode": 0, "StatusMessage": "success", "code": 0}).to_string())
    }

    fn webhook(&mut self, request: &Request) -> (u16, String) {
        let stamp = request.header("x-lantian-timestamp").unwrap_or_default();
        let age = stamp.parse::<i64>().map(|s| self.now().millis() - s * 1000);
        let signed = [stamp.as_bytes(), b".", &request.body].concat();
        let sign = format!("sha256={}", hex(&hmac_bytes(SECRET.as_bytes(), &signed)));
        if request.header("x-lantian-signature") != Some(sign.as_str())
            || !age.is_ok_and(|ms| ms.abs() <= SIGNED_MAX_MS)
        {
            return (401, "signature".to_owned());
        }
        let Some(key) = request.header("idempotency-key").map(str::to_owned) else {
            return (400, "no key".to_owned());
        };
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return (400, "no json".to_owned());
        };
        self.keep(Some(key), &body.to_string(), Vec::new(), body);
        (204, String::new())
    }

    fn sms(&mut self, request: &Request) -> (u16, String) {
        let said = |code: &str| (200, json!({"Code": code, "Message": code}).to_string());
        if request.header("x-token") != Some(TOKEN) {
            return said("isv.ACCOUNT_NOT_EXISTS");
        }
        let body: Value = match request.header("content-type") {
            Some("application/json") => serde_json::from_slice(&request.body).unwrap(),
            Some("application/x-www-form-urlencoded") => {
                let form = pairs(std::str::from_utf8(&request.body).unwrap());
                form.into_iter().map(|(name, value)| (name, Value::from(value))).collect()
            }
            _ => return (415, String::new()),
        };
        let field = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (phone, text) = (field("phone"), field("text"));
        if phone.len() != 11 {
            return said("isv.MOBILE_NUMBER_ILLEGAL");
        }
        if text.chars().count() > 70 {
            return said("isv.TEMPLATE_PARAMS_ILLEGAL");
        }
        let now = self.now();
        let to_phone = |got: &&Got| got.called == [phone.clone()];
        let recent = self.got.iter().filter(to_phone);
        if recent.filter(|got| now.millis() - got.at.millis() < 60_000).count() >= 5 {
            return said("isv.BUSINESS_LIMIT_CONTROL");
        }
        self.keep(Some(field("key")), &text, vec![phone.clone()], body);
        said("OK")
    }
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn hmac(key: &str, message: &str) -> [u8; 32] {
    hmac_bytes(key.as_bytes(), message.as_bytes())
}

/// HMAC-SHA256 by RFC 2104.
fn hmac_bytes(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::digest([&block.map(|b| b ^ 0x36)[..], message].concat());
    Sha256::digest([&block.map(|b| b ^ 0x5c)[..], &inner].concat()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
