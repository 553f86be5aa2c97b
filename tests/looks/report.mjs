// Opens a report.html as somebody does who took it from a run's artifacts, and looks at it at desktop and phone width, on a
// light and a dark screen, and on paper.
//
//   node report.mjs REPORT FOLDER [with-long-names]     writes FOLDER/SCREEN-THEME.png (the first screen) and
//                                                       FOLDER/SCREEN-THEME-whole.png
//
// It prints one line a fault and exits 1 where the browser reports an error or asks for anything, the verdict or its first
// reason is not on the first screen (but where its names fill one), the page is wider than its window, a table does not sort, axe finds something that keeps people out, or paper hides what is folded.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.LOOKS_PACKAGES, "package.json"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [file, folder, names] = process.argv.slice(2);
const foreignNames = names === "with-long-names";
const address = pathToFileURL(path.resolve(file)).href;
const screens = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

// What is wider than the window, and whose box does not scroll.
const cut = () => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => element.closest(".scroll") !== null;
  const wide = [...document.querySelectorAll("body, body *")].filter((element) => {
    const { left, right, width: own } = element.getBoundingClientRect();
    return own > 0 && (right > width + 0.5 || left < -0.5) && !element.closest(".skip") && !scrolls(element);
  });
  const faults = wide.slice(0, 3).map((element) => `cut at ${width}: <${element.tagName.toLowerCase()}> ${element.textContent.slice(0, 60)}`);
  if (document.documentElement.scrollWidth > width) faults.push(`the page is ${document.documentElement.scrollWidth} wide at ${width}`);
  return faults;
};

// Whether a sortable table sorts by every title, both ways, and says so.
const sorts = () => {
  const faults = [];
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((title, at) => {
      const button = title.querySelector("button");
      if (!button) return faults.push(`no button in ${title.textContent}`);
      const values = () => [...table.tBodies[0].rows].map((row) => row.cells[at].dataset.value ?? row.cells[at].textContent.trim());
      const inOrder = (list, sign) =>
        list.every((value, place) => {
          if (place === 0) return true;
          const [one, other] = [list[place - 1], value];
          const order = Number.isNaN(Number(one)) || Number.isNaN(Number(other)) ? one.localeCompare(other) : Number(one) - Number(other);
          return order * sign <= 0;
        });
      const seen = [];
      for (let click = 0; click < 2; click++) {
        button.click();
        const order = title.getAttribute("aria-sort");
        seen.push(order);
        if (!inOrder(values(), order === "ascending" ? 1 : -1)) faults.push(`${title.textContent} is not ${order}`);
        if (table.querySelectorAll("[aria-sort]").length !== 1) faults.push("more than one title says that it sorts");
      }
      if (new Set(seen).size !== 2 || seen.includes(null)) faults.push(`${title.textContent} sorts ${seen}`);
    });
  }
  return faults;
};

// Whether the verdict and its first reason, with its numbers, can be read without scrolling. What to try may stand below.
const onFirstScreen = () => {
  const ends = (what, element) => {
    const bottom = element?.getBoundingClientRect().bottom;
    return bottom <= innerHeight ? [] : [`${what} ends at ${bottom} of ${innerHeight} at ${innerWidth}`];
  };
  const reasons = document.querySelectorAll(".troubles li:first-child > p:not(.advice)");
  return [...ends("the verdict", document.querySelector("h1")), ...ends("the first reason", [...reasons].at(-1))];
};

const unfold = () => document.querySelectorAll("details").forEach((details) => (details.open = true));

const faults = [];
const browser = await chromium.launch({ executablePath: process.env.LOOKS_BROWSER, args: ["--no-sandbox", "--disable-gpu"] });
const open = async (options) => {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => faults.push(`page: ${error.message}`));
  tab.on("request", (request) => request.url() !== address && faults.push(`it asks for ${request.url()}`));
  await tab.goto(address);
  return { context, tab };
};
try {
  fs.mkdirSync(folder, { recursive: true });
  for (const [screen, viewport] of Object.entries(screens)) {
    for (const theme of ["light", "dark"]) {
      const { context, tab } = await open({ viewport, colorScheme: theme, deviceScaleFactor: screen === "phone" ? 2 : 1 });
      const name = path.join(folder, `${screen}-${theme}`);
      await tab.screenshot({ path: `${name}.png` });
      if (!foreignNames) faults.push(...(await tab.evaluate(onFirstScreen)));
      faults.push(...(await tab.evaluate(cut)));
      await tab.screenshot({ path: `${name}-whole.png`, fullPage: true });
      await tab.evaluate(unfold);
      faults.push(...(await tab.evaluate(cut)).map((fault) => `unfolded: ${fault}`));
      await tab.evaluate(axe);
      const found = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const { id, help, nodes } of found.violations) {
        faults.push(`axe, ${screen} ${theme}: ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
      }
      if (theme === "light") faults.push(...(await tab.evaluate(sorts)));
      await context.close();
    }
  }
  const { context, tab } = await open({ viewport: screens.desktop });
  // By keyboard: the first stop leads to the verdict.
  await tab.keyboard.press("Tab");
  const first = await tab.evaluate(() => document.activeElement.textContent);
  await tab.keyboard.press("Enter");
  const target = await tab.evaluate(() => location.hash);
  if (!first.startsWith("Skip") || target !== "#main") faults.push(`the first stop of the keyboard is ${first}, and leads to ${target}`);
  // On paper: everything is unfolded, and nothing is wider than the sheet.
  await tab.emulateMedia({ media: "print" });
  const folded = await tab.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    return [...document.querySelectorAll("details > :not(summary)")].filter((inside) => !inside.checkVisibility()).length;
  });
  if (folded) faults.push(`${folded} parts stay folded on paper`);
  await tab.setViewportSize({ width: 720, height: 1000 });
  const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 720) faults.push(`on paper it is ${wide} wide`);
  const sheets = await tab.pdf({ path: path.join(folder, "paper.pdf"), format: "A4" });
  if (sheets.length < 10_000) faults.push("nothing was printed");
  await context.close();
  // Without the script it is the same page with plain tables.
  const plain = await open({ viewport: screens.desktop, javaScriptEnabled: false });
  if ((await plain.tab.locator("th button").count()) > 0) faults.push("a button that nothing listens to");
  if ((await plain.tab.locator("table").count()) === 0) faults.push("no table without the script");
  await plain.context.close();
} finally {
  await browser.close();
}
faults.forEach((fault) => console.log(fault));
process.exitCode = faults.length ? 1 : 0;
