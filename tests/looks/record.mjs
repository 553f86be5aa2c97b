// Records a session on the staging project as a person's browser would, into a HAR file.
//
//   node record.mjs URL FILE      logs in, looks at the dashboard, a project and its chart, saves a detail
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.LOOKS_PACKAGES, "package.json"));
const { chromium } = require("playwright-core");

const [url, file] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.LOOKS_BROWSER, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const context = await browser.newContext({ recordHar: { path: file, mode: "full", content: "embed" } });
  const tab = await context.newPage();
  await tab.goto(`${url}/accounts/login/?next=/dashboard/`);
  await tab.fill("input[name=username]", "user1");
  await tab.fill("input[name=password]", process.env.LOOKS_PASSWORD);
  await Promise.all([tab.waitForURL("**/dashboard/"), tab.click("button")]);
  await tab.waitForTimeout(500);
  await tab.goto(`${url}/api/projects/160/`);
  await tab.goto(`${url}/api/projects/160/chart-data/`);
  const save = () =>
    fetch("/api/projects/160/details/", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest" },
      body: JSON.stringify({ volume: 12 }),
    }).then((answer) => answer.status);
  const status = await tab.evaluate(save);
  if (status !== 201) throw new Error(`saving was answered with ${status}`);
  await context.close();
} finally {
  await browser.close();
}
