// Looks at the pages of a running `lantian demo` with a real browser, and tells what is wrong with them.
//
// In: the address, a token of a person who may issue, the process to end at the last. Out: one line a finding on
// standard output, and what was looked at on standard error; exit 1 with findings.
import { Findings, open } from "./look.mjs";
import { views } from "./views.mjs";
import { live, lost, warning } from "./acts.mjs";

const [address, token, pid, only] = process.argv.slice(2);
if (!(Number(pid) > 1)) throw new Error("address, token and process are needed"); // 0 would be our own group
const base = new URL(address).origin;
const findings = new Findings();
const browser = await open();

// The first days are played at once; then a warning is recommended and the air goes on at its pace.
const recommended = async () => {
  const proposed = () => fetch(`${base}/api/v1/warnings`).then((answer) => answer.json());
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await proposed()).proposal) return;
    await new Promise((then) => setTimeout(then, 1000));
  }
  throw new Error("no warning is recommended");
};

const parts = {
  recommended,
  live: () => live(browser, base, findings),
  warning: () => warning(browser, base, findings, token),
  views: async () => {
    const paths = await views(browser, base, findings);
    console.error(`looked at ${paths.join(" ")}`);
  },
  lost: () => lost(browser, base, findings, () => process.kill(Number(pid), "SIGTERM")),
};
for (const [name, part] of Object.entries(parts)) {
  if (only && !only.split(",").includes(name)) continue;
  const started = Date.now();
  await part().catch((error) => findings.add(name, `cannot go on: ${error.message}`));
  console.error(`${name}: ${((Date.now() - started) / 1000).toFixed(0)} s`);
}
await browser.close();
findings.lines.forEach((line) => console.log(line));
process.exitCode = findings.lines.length ? 1 : 0;
