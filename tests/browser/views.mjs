// Every view in both languages, both sizes and both themes, and with the keyboard alone.
//
// Views are found as a person finds them: by the links of the pages, beginning at `/`.
import { LANGS, SIZES, THEMES, barriers, shot, sideways, watched } from "./look.mjs";

// Pages that are looked at even if no link leads to them.
const ALSO = ["/station?station=1109A", "/outlook", "/quality", "/wall", "/api"];
// Pages that hold both languages at once.
const BILINGUAL = ["/api"];

// The addresses of all pages, one for each path, by their links.
const found = async (page, base) => {
  const seen = new Map();
  const coming = ["/", ...ALSO];
  while (coming.length) {
    const at = new URL(coming.shift(), base);
    if (seen.has(at.pathname)) continue;
    seen.set(at.pathname, `${at.pathname}${at.search}`);
    await page.goto(at.href);
    const links = await page.$$eval("a[href]", (all) => all.map((a) => a.href));
    const inside = links.map((href) => new URL(href)).filter((url) => url.origin === base);
    coming.push(...inside.filter((url) => !url.pathname.startsWith("/api/")).map((url) => url.href));
  }
  return seen;
};

const inLanguage = (base, path, lang) => {
  const url = new URL(path, base);
  url.searchParams.set("lang", lang);
  return url.href;
};

// With Tab from the top: first a link past the navigation, then the navigation, then what the page is about; what
// has the focus shows it.
const keyboard = async (watch, findings) => {
  const { page, place } = watch;
  const add = (what) => findings.add(place, what);
  const focused = () =>
    page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return null;
      const style = getComputedStyle(one);
      return {
        name: `${one.tagName.toLowerCase()} ${one.textContent.trim().slice(0, 20)}`,
        skips: one.getAttribute("href") === "#main",
        inNav: !!one.closest("nav"),
        inMain: !!one.closest("main"),
        shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
        inside: one.getBoundingClientRect().bottom > 0,
      };
    });
  const links = await page.locator("nav a[href]:visible").count();
  const inMain = await page.locator("main").evaluate((main) => {
    const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    return main.querySelectorAll(all).length;
  });
  const met = [];
  for (let at = 0; at < links + 12 && !met.some((one) => one.inMain); at += 1) {
    await page.keyboard.press("Tab");
    const one = await focused();
    if (!one) break;
    met.push(one);
    if (!one.shown) add(`keyboard: the focus does not show on ${one.name}`);
    if (!one.inside) add(`keyboard: ${one.name} has the focus above the top of the page`);
  }
  if (!met[0]?.skips) add(`keyboard: Tab does not begin with a link to #main, but ${met[0]?.name}`);
  if (met.filter((one) => one.inNav).length < links) add("keyboard: Tab does not reach the whole nav");
  if (inMain && !met.some((one) => one.inMain)) add("keyboard: Tab does not reach main");
};

export const views = async (browser, base, findings) => {
  const watch = await watched(browser, base, findings);
  watch.place = "links";
  const paths = await found(watch.page, base);
  for (const [path, address] of paths) {
    for (const lang of LANGS) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        const { page } = watch;
        watch.place = `${path} ${lang} ${size}`;
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme: THEMES[0] });
        await page.goto(inLanguage(base, address, lang));
        const language = await page.getAttribute("html", "lang");
        if (!language?.startsWith(lang) && !BILINGUAL.includes(path)) findings.add(watch.place, `is in ${language}`);
        if (!(await page.title())) findings.add(watch.place, "has no title");
        const wide = await sideways(page);
        if (wide) findings.add(watch.place, wide);
        for (const theme of THEMES) {
          watch.place = `${path} ${lang} ${size} ${theme}`;
          await page.emulateMedia({ colorScheme: theme });
          for (const barrier of await barriers(page)) findings.add(watch.place, barrier);
          await shot(page, `${path.slice(1) || "main"}-${lang}-${size}-${theme}`);
        }
        if (lang === LANGS[0]) await keyboard(watch, findings);
      }
    }
  }
  await watch.page.context().close();
  return [...paths.keys()];
};
