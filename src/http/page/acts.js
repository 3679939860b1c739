// Sends a form as JSON, or the file of one, with the person's token, and says what came of it; and shows what
// only a person may see.
(() => {
  const tell = (text, reasons) => {
    const said = document.getElementById("said");
    said.textContent = text;
    if (reasons && reasons.length) {
      const list = said.appendChild(document.createElement("ul"));
      for (const reason of reasons) {
        list.appendChild(document.createElement("li")).textContent = reason;
      }
    }
    said.scrollIntoView({ block: "center" });
  };
  // The room's clock is Beijing time, wherever the browser stands.
  const time = (value) => (value.length === 16 ? `${value}:00+08:00` : value);
  const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

  const days = (text) =>
    lines(text).map((line) => {
      const [date, lower, upper, ...primary] = line.split(/\s+/);
      return { date, aqi: [Number(lower), Number(upper)], primary };
    });
  const people = (text) =>
    lines(text).map((line) => {
      const [office, name, ...opinion] = line.split(/\s+/);
      return { office, name: name || "", opinion: opinion.join(" ") };
    });

  const read = (form) => {
    const body = {};
    for (const [name, value] of new FormData(form)) {
      if (value === "") continue;
      const input = form.elements[name];
      const [group, inner] = name.split(".");
      if (inner) (body[group] ??= {})[inner] = Number(value);
      else if (input.multiple) (body[name] ??= []).push(value);
      else if (input.type === "checkbox") body[name] = true;
      else body[name] = input.type === "datetime-local" ? time(value) : value;
      const chosen = input.selectedOptions && input.selectedOptions[0];
      if (chosen && chosen.dataset.step) body.step = chosen.dataset.step;
    }
    for (const number of ["proposal", "warning", "issue", "hand_over"]) {
      if (form.dataset[number]) body[number] = Number(form.dataset[number]);
    }
    for (const word of ["sort", "fixed", "of"]) {
      if (form.dataset[word]) body[word] = form.dataset[word];
    }
    if (body.participants) body.participants = people(body.participants);
    if (form.dataset.days) {
      const { zone, days: written, ...rest } = body;
      const list = days(written);
      return zone ? { ...rest, zones: [{ zone, days: list }] } : { ...rest, days: list };
    }
    return body;
  };

  // What is recorded shows in a new page; the token stays, so that the next step does not ask for it again.
  const refresh = async (token, told) => {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !page.getElementById("token")) return location.reload();
    const opened = [...document.querySelectorAll("details")].map((one) => one.open);
    document.body.replaceWith(page.body);
    const all = [...document.querySelectorAll("details")];
    if (all.length === opened.length) all.forEach((one, at) => (one.open = opened[at]));
    document.getElementById("token").value = token;
    if (told.unchanged && told.unchanged.length) {
      tell(`已登记${told.recorded.length}个区县；与已有记录相同、未重复登记：${told.unchanged.join("、")}`);
    }
  };

  // What only a person may see: the same page, asked for with the token.
  const reveal = async (form) => {
    const token = document.getElementById("token").value.trim();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(location.href, { headers, cache: "no-store" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.body.replaceWith(page.body);
        document.getElementById("token").value = token;
      } else {
        const told = await answer.json();
        tell(told.detail || told.title);
      }
    } catch {
      tell("与服务器的连接已中断，请稍后再试");
    }
    button.disabled = false;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.reveal !== undefined) {
      event.preventDefault();
      return reveal(form);
    }
    const to = form.dataset.post || form.dataset.file;
    if (!to) return;
    event.preventDefault();
    const token = document.getElementById("token").value.trim();
    const headers = { authorization: `Bearer ${token}` };
    if (form.dataset.post) headers["content-type"] = "application/json";
    const body = form.dataset.file ? form.elements.file.files[0] : JSON.stringify(read(form));
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(to, { method: "POST", headers, body });
      const told = await answer.json();
      if (answer.ok) {
        await refresh(token, told);
      } else {
        tell(told.detail || told.title, told.reasons);
      }
    } catch {
      tell("与服务器的连接已中断，不能确定是否已登记，请刷新页面查看");
    }
    button.disabled = false;
  });
})();
