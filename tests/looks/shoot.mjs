// Renders a comment as a forge does and takes its picture at desktop and phone width.
//
//   node shoot.mjs COMMENT FOLDER     writes FOLDER/desktop.png and FOLDER/phone.png, folded as readers find it, and
//                                     looks at it unfolded too
//
// It prints one line a fault and exits 1 where the page is wider than its window, a chart does not draw, or the browser
// reports an error. Only tables and code may scroll, inside their own boxes. Nothing is loaded from elsewhere.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.LOOKS_PACKAGES, "package.json"));
const { marked } = require("marked");
const { chromium } = require("playwright-core");
const read = (name) => fs.readFileSync(path.join(process.env.LOOKS_PACKAGES, "node_modules", name), "utf8");

const [file, folder] = process.argv.slice(2);
const widths = { desktop: 1280, phone: 390 };
// GitHub's own page leaves this much beside a comment.
const style = `
  body { margin: 0; background: #fff; }
  .markdown-body { box-sizing: border-box; max-width: 860px; margin: 0 auto; padding: 24px; font-size: 14px; }
  @media (max-width: 767px) { .markdown-body { padding: 16px; } }
  pre.mermaid { background: none; padding: 0; }
  pre.mermaid svg { max-width: 100%; height: auto; }
`;

const page = (markdown) => {
  const html = marked.parse(markdown, { gfm: true });
  const drawn = html.replaceAll(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>');
  return `<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <style>${read("github-markdown-css/github-markdown-light.css")}${style}</style></head>
    <body><article class="markdown-body">${drawn}</article></body></html>`;
};

// What is wider than the window, and whose box does not scroll.
const cut = () => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (at !== document.body && ["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
    }
    return false;
  };
  const wide = [...document.querySelectorAll("article, article *")].filter(
    (element) => element.getBoundingClientRect().right > width + 0.5 && !element.closest("svg") && !scrolls(element),
  );
  const faults = wide.slice(0, 3).map((element) => `cut at ${width}: <${element.tagName.toLowerCase()}> ${element.textContent.slice(0, 60)}`);
  if (document.documentElement.scrollWidth > width) faults.push(`the page is ${document.documentElement.scrollWidth} wide at ${width}`);
  return faults;
};

const faults = [];
const browser = await chromium.launch({ executablePath: process.env.LOOKS_BROWSER, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const markdown = fs.readFileSync(file, "utf8");
  const charts = markdown.split("\n").filter((line) => line === "```mermaid").length;
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, width] of Object.entries(widths)) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, deviceScaleFactor: width < 500 ? 2 : 1, offline: true });
    const tab = await context.newPage();
    tab.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
    tab.on("pageerror", (error) => faults.push(`page: ${error.message}`));
    await tab.setContent(page(markdown));
    await tab.addScriptTag({ content: read("mermaid/dist/mermaid.min.js") });
    await tab.evaluate(() => window.mermaid.initialize({ startOnLoad: false }));
    await tab.evaluate(() => window.mermaid.run({ querySelector: "pre.mermaid" })).catch((error) => faults.push(`chart: ${error.message}`));
    const bars = await tab.evaluate(() => [...document.querySelectorAll("pre.mermaid svg")].map((svg) => svg.querySelectorAll("rect").length));
    if (bars.length !== charts || bars.some((number) => number < 3)) faults.push(`${charts} charts are written, and ${JSON.stringify(bars)} is drawn`);
    faults.push(...(await tab.evaluate(cut)));
    await tab.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
    await tab.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    faults.push(...(await tab.evaluate(cut)).map((fault) => `unfolded: ${fault}`));
    await tab.screenshot({ path: path.join(folder, `${name}-unfolded.png`), fullPage: true });
    await context.close();
  }
} finally {
  await browser.close();
}
faults.forEach((fault) => console.log(fault));
process.exitCode = faults.length ? 1 : 0;
