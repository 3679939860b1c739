// A browser, and what is wrong with a page: errors, requests to elsewhere, sideways scrolling, findings of axe.
//
// In: LANTIAN_NODE_MODULES with playwright-core and axe-core, Debian's Chromium; LANTIAN_SHOTS for pictures. Out:
// findings, each once with the places where it was seen. Why playwright-core: it drives the Chromium that is
// there and downloads none.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const modules = createRequire(join(process.env.LANTIAN_NODE_MODULES, "here.js"));
const { chromium } = modules("playwright-core");
const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");

export const SIZES = { wall: { width: 1920, height: 1080 }, phone: { width: 390, height: 844 } };
export const THEMES = ["light", "dark"];
export const LANGS = ["zh", "en"];

// Only what a browser needs that runs as root in a container and talks to nobody.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const open = () =>
  chromium.launch({
    executablePath: process.env.LANTIAN_CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
  });

// What was found: text to the places where it was.
export class Findings {
  #found = new Map();

  add(where, what) {
    const places = this.#found.get(what) || new Set();
    this.#found.set(what, places.add(where));
  }

  get lines() {
    return [...this.#found].map(([what, places]) => `${[...places].join("; ")}: ${what}`);
  }
}

// A page whose errors become findings. `place` is where it is now; the caller moves it on.
export const watched = async (browser, base, findings, options = {}) => {
  const context = await browser.newContext({ viewport: SIZES.wall, locale: "zh-CN", ...options });
  await context.addInitScript({ content: axe });
  const page = await context.newPage();
  const watch = { page, place: "", quiet: false };
  const add = (what) => watch.quiet || findings.add(watch.place, what);
  page.on("console", (message) => message.type() === "error" && add(`console: ${message.text()}`));
  page.on("pageerror", (error) => add(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== base) add(`asks another host: ${url.origin}`);
  });
  page.on("requestfailed", (request) => {
    // A page that is left drops its stream of events.
    const left = new URL(request.url()).pathname === "/events";
    if (!left) add(`failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (answer) => answer.status() >= 400 && add(`${answer.status()}: ${answer.url()}`));
  return watch;
};

// Whether the document itself can be moved sideways, and what sticks out.
export const sideways = (page) =>
  page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return "";
    const outside = [...document.body.querySelectorAll("*")].find(
      (one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest(".scroll"),
    );
    const what = outside ? `${outside.tagName.toLowerCase()}.${outside.className}` : "?";
    return `scrolls sideways: ${root.scrollWidth} px of ${root.clientWidth}, by ${what}`;
  });

// Serious and critical findings of axe by WCAG 2 A and AA: one line a rule, or a pair of colours, with its first element.
export const barriers = async (page) => {
  const found = await page.evaluate(async () => {
    const { violations } = await axe.run(document, {
      runOnly: { type: "tag", values: ["wcag2a", "wcag2aa"] },
      resultTypes: ["violations"],
    });
    const of = ({ id, impact, nodes }) =>
      nodes.map(({ target, any }) => {
        const { contrastRatio, fgColor, bgColor } = any[0]?.data || {};
        const colours = contrastRatio ? ` ${fgColor} on ${bgColor} is ${contrastRatio}:1` : "";
        return { impact, what: `axe ${id} (${impact})${colours}`, target: target.join(" ") };
      });
    return violations.flatMap(of);
  });
  const first = new Map();
  for (const { impact, what, target } of found) {
    const counts = impact === "serious" || impact === "critical";
    if (counts && !first.has(what)) first.set(what, target);
  }
  return [...first].map(([what, target]) => `${what}, as ${target}`);
};

export const shot = async (page, name) => {
  const folder = process.env.LANTIAN_SHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
};
