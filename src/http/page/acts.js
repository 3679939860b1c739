// Sends a form as JSON with the person's token, and says what came of it.
(() => {
  const said = document.getElementById("said");
  const tell = (text) => {
    said.textContent = text;
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
      body[name] = form.elements[name].type === "datetime-local" ? time(value) : value;
    }
    if (form.dataset.proposal) body.proposal = Number(form.dataset.proposal);
    if (form.dataset.warning) body.warning = Number(form.dataset.warning);
    if (form.dataset.sort) body.sort = form.dataset.sort;
    if (body.participants) body.participants = people(body.participants);
    if (form.dataset.days) {
      const { zone, days: written, ...rest } = body;
      const list = days(written);
      return zone ? { ...rest, zones: [{ zone, days: list }] } : { ...rest, days: list };
    }
    return body;
  };

  document.querySelectorAll("form[data-post]").forEach((form) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const token = document.getElementById("token").value.trim();
      const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
      const body = JSON.stringify(read(form));
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        const answer = await fetch(form.dataset.post, { method: "POST", headers, body });
        const told = await answer.json();
        if (answer.ok) {
          location.reload();
        } else {
          tell(told.detail || told.title);
        }
      } catch {
        tell("与服务器的连接已中断，不能确定是否已登记，请刷新页面查看");
      }
      button.disabled = false;
    });
  });
})();
