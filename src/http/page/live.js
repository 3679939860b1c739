// Replaces the main part of the page with what the daemon pushes, and says so when nothing comes.
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
    main.innerHTML = html;
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

  setInterval(() => {
    if (Date.now() - heard > silence) body.classList.add("cut");
    if (source.readyState === EventSource.CLOSED) connect();
  }, 5000);
  connect();
})();
