// What happens while one looks: an update comes, a warning is approved and issued, the connection is lost.
import { SIZES, THEMES, barriers, shot, watched } from "./look.mjs";

// Longer than any of it takes on a slow machine; nothing is measured by it.
const PATIENCE = { timeout: 120_000 };

const updated = (page) => page.locator("main").innerText();

// What the daemon commits is on the page without loading it again.
export const live = async (browser, base, findings) => {
  const watch = await watched(browser, base, findings);
  const { page } = watch;
  watch.place = "/ live";
  await page.goto(`${base}/`);
  const [before, times] = [await updated(page), /\d{4}-\d\d-\d\d \d\d:\d\d/];
  await page.evaluate(() => (window.loadedOnce = true));
  const [time] = before.match(times) || [""];
  if (!time) findings.add(watch.place, "the page does not say of when it is");
  await page.waitForFunction(
    (old) => !document.querySelector("main").innerText.includes(old),
    time,
    PATIENCE,
  );
  const [after] = (await updated(page)).match(times) || [""];
  if (!(after > time)) findings.add(watch.place, `showed ${time}, then ${after}`);
  if (!(await page.evaluate(() => window.loadedOnce))) findings.add(watch.place, "loaded itself again");
  await page.context().close();
};

// The latest recommendation's own form, filled in by its labels.
const fill = async (form, fields) => {
  for (const [label, text] of Object.entries(fields)) {
    await form.getByLabel(label, { exact: true }).fill(text);
  }
  await form.getByRole("button").click();
};

// From a recommendation to the issued warning, by the forms of the page and a person's token.
export const warning = async (browser, base, findings, token) => {
  const watch = await watched(browser, base, findings);
  const { page } = watch;
  watch.place = "/warnings acts";
  await page.goto(`${base}/warnings`);
  const waiting = page.locator("section.waiting");
  await waiting.first().waitFor(PATIENCE);
  const none = await page.getByText("当前没有生效的重污染天气预警").count();
  if (!none) findings.add(watch.place, "a warning is in effect before one is issued");
  for (const viewport of Object.values(SIZES)) {
    for (const theme of THEMES) {
      watch.place = `/warnings with a recommendation, ${viewport.width} px ${theme}`;
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme });
      for (const barrier of await barriers(page)) findings.add(watch.place, barrier);
    }
  }
  await page.setViewportSize(SIZES.wall);
  watch.place = "/warnings acts";
  const time = await page.locator(".standing h2").innerText();
  const [now] = time.match(/\d{4}-\d\d-\d\d \d\d:\d\d/);
  const at = now.replace(" ", "T");
  await page.getByLabel(/^个人令牌/).fill(token);
  await waiting.getByText("批准（登记）", { exact: true }).click();
  await fill(waiting.locator("form[data-post*='/approve']"), {
    批准人: "王副市长",
    单位及职务: "市人民政府副市长",
    文号: "浏览器测试〔2026〕1号",
    批准时间: at,
  });
  const issue = page.locator("form[data-post*='/issue']");
  await issue.waitFor(PATIENCE);
  await fill(issue, {
    发布单位: "市重污染天气应急指挥部办公室",
    通知文号: "浏览器测试〔2026〕2号",
    发布时间: at,
    "生效（解除）时间": at,
  });
  await page.locator(".standing .level").first().waitFor(PATIENCE);
  const told = await page.locator("#said").innerText();
  if (told) findings.add(watch.place, `the page says: ${told}`);
  const standing = await page.locator(".standing").innerText();
  if (!/(黄|橙|红)色预警/.test(standing)) findings.add(watch.place, `does not show it: ${standing}`);
  await shot(page, "warnings-issued");
  await page.goto(`${base}/`);
  await page.getByText(/(黄|橙|红)色预警/).first().waitFor(PATIENCE);
  await page.context().close();
};

// The daemon ends; the page says that it stands still. `end` ends it.
export const lost = async (browser, base, findings, end) => {
  const watch = await watched(browser, base, findings);
  const { page } = watch;
  watch.place = "/ without a daemon";
  await page.clock.install();
  await page.goto(`${base}/`);
  const alert = page.getByRole("alert");
  if (await alert.isVisible()) findings.add(watch.place, "says that the connection is lost while it is not");
  watch.quiet = true; // of what cannot be reached the browser complains
  end();
  await page.waitForFunction(() => fetch("/healthz").then(() => false, () => true), null, PATIENCE);
  await page.clock.fastForward(60_000);
  const shown = await alert.waitFor(PATIENCE).then(() => alert.innerText(), () => "");
  if (!/连接已中断/.test(shown)) findings.add(watch.place, `does not say so: ${shown}`);
  await page.context().close();
};
