// Keeps the main part of the page up to date: by what the daemon pushes, or where a page asks for it, by
// fetching it anew. Says so when nothing comes.
(() => {
  const body = document.body;
  const main = document.getElementById("main");
  const silence = 45000; // three beats
  let heard = Date.now();
  let source;

  const alive = () => {
    heard = Date.now();
    body.classList.remove("cut");
  };

  const show = (html) => {
    const places = [...main.querySelectorAll(".scroll")].map((e) => [e.scrollLeft, e.scrollTop]);
    const focused = main.contains(document.activeElement) ? document.activeElement : null;
    const kept = focused && ["href", "aria-label"].map((name) => [name, focused.getAttribute(name)]);
    main.innerHTML = html;
    // Whoever goes by keyboard stays where they were.
    const [name, value] = (kept || []).find(([, text]) => text) || [];
    if (name) {
      const same = [...main.querySelectorAll(`[${name}]`)].find((e) => e.getAttribute(name) === value);
      if (same) same.focus({ preventScroll: true });
    }
    main.querySelectorAll(".scroll").forEach((e, at) => {
      if (places[at]) [e.scrollLeft, e.scrollTop] = places[at];
    });
  };

  const connect = () => {
    source = new EventSource(body.dataset.events);
    source.addEventListener("build", (event) => {
      if (event.data !== body.dataset.build) location.reload();
    });
    source.addEventListener("view", (event) => {
      show(event.data);
      alive();
    });
    source.addEventListener("beat", alive);
  };

  // Not while somebody types into the page.
  const refresh = async () => {
    if (main.contains(document.activeElement) && document.activeElement.matches("input")) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.body.dataset.build !== body.dataset.build) location.reload();
      show(page.getElementById("main").innerHTML);
      alive();
    } catch (e) { /* said after three beats */ }
  };

  const every = main.querySelector("[data-refresh]");
  if (every) {
    const pause = Number(every.dataset.refresh) * 1000;
    setInterval(refresh, pause);
    setInterval(() => body.classList.toggle("cut", Date.now() - heard > 3 * pause), 5000);
    return;
  }
  setInterval(() => {
    if (Date.now() - heard > silence) body.classList.add("cut");
    if (source.readyState === EventSource.CLOSED) connect();
  }, 5000);
  connect();
})();
