// Light or dark as the machine says, until somebody chooses; a wall screen may say so in its address.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try { return localStorage.getItem("theme"); } catch (e) { return null; }
  };
  const asked = new URLSearchParams(location.search).get("theme");
  const chosen = [asked, kept()].find((theme) => theme === "light" || theme === "dark");
  if (chosen) root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const now = root.dataset.theme || (dark.matches ? "dark" : "light");
      root.dataset.theme = now === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch (e) { /* for this page only */ }
    });
  });
})();
