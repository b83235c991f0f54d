// The console in a real browser: run.mjs URL OUT
//
// Asks the questions of an operator and a curator and counts the clicks to each answer, with and
// without the script of the pages; looks for violations of the policy, requests to other places,
// faults of accessibility and a page that is wider than the screen; keeps a picture of each page.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [base, out] = process.argv.slice(2);
if (!base || !out) throw new Error("usage: run.mjs URL OUT");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(out, { recursive: true });

const faults = [];
const fault = (text) => { faults.push(text); console.log(`FAULT ${text}`); };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/** A page that reports what it must not do. */
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  if (options.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
  }
  page.on("console", (message) => {
    // A page that says "not found" is one that was asked for.
    if (message.type() === "error" && !message.text().includes("404")) {
      fault(`${page.url()}: ${message.text()}`);
    }
  });
  page.on("pageerror", (error) => fault(`${page.url()}: ${error}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) {
      fault(`${page.url()}: asks ${request.url()}`);
    }
  });
  return { context, page };
}

/** An address that was shown and has no article, and the feed that showed it. */
async function lost(page) {
  await page.goto(`${base}/feeds`);
  const feeds = await page.locator("table.feeds tbody th a").evaluateAll(
    (links) => links.map((link) => link.href));
  for (const feed of feeds) {
    await page.goto(feed);
    const entry = page.locator("tr:has(td.bad) a[href^='/explain']");
    if (await entry.count()) {
      const href = await entry.first().getAttribute("href");
      return { feed, url: new URL(href, base).searchParams.get("url") };
    }
  }
  throw new Error("no feed of the demo has an entry without an article");
}

/** The questions: what is clicked from the front page, and what must then be seen. */
const questions = ({ feed, url }) => {
  const path = new URL(feed).pathname;
  const click = (page, selector) => page.locator(selector).first().click();
  const to = (name) => ["nav", (page) => page.getByRole("link", { name, exact: true }).first().click()];
  const row = ["feed", (page) => click(page, `table.feeds a[href="${path}"]`)];
  return [
    ["what needs a person now?", [], (page) => page.locator(".attention, .well").count()],
    ["how much came in, hour by hour?", [], (page) => page.locator("svg.bars rect").count()],
    ["which feeds are in trouble?", [["legend", (page) => click(page, ".legend a")]],
      (page) => page.locator("table.feeds tbody tr").count()],
    ["why is this article missing?", [["explain", async (page) => {
      await page.locator("#find-url").fill(url);
      await click(page, ".find button");
    }]], (page) => page.locator(".way .stopped").count()],
    ["what does this feed lose?", [to("Feeds"), row],
      (page) => page.getByText("What was left out").count()],
    ["when is this feed polled next?", [to("Feeds"), row],
      (page) => page.getByText("Next poll").count()],
    ["poll it now", [to("Feeds"), row, ["poll", (page) => click(page, "button:text('Poll now')")]],
      (page) => page.getByText("is due now").or(page.getByText("being polled")).count()],
    ["what is its line for a feed list?", [to("Feeds"), row],
      (page) => page.locator("#toml:has-text('[[feed]]')").count()],
    ["what happened lately?", [to("Events")], (page) => page.locator(".events li").count()],
    ["why do entries have no article?", [to("Accounting"), to("7 days")],
      (page) => page.locator("section:has(#causes) tbody tr").count()],
    ["is a consumer behind?", [to("Consumers")], (page) => page.locator("h1:has-text('Consumers')").count()],
  ];
};

async function ask(found, options, how) {
  const { context, page } = await open(options);
  for (const [question, clicks, seen] of questions(found)) {
    await page.goto(`${base}/`);
    for (const [, click] of clicks) await click(page);
    await page.waitForLoadState();
    const answered = await seen(page);
    if (!answered) fault(`${how}: ${question}: not answered at ${page.url()}`);
    if (clicks.length > 3) fault(`${how}: ${question}: ${clicks.length} clicks`);
    console.log(`${answered ? "ok" : "NO"}  ${clicks.length} clicks  ${how}  ${question}`);
  }
  await context.close();
}

/** Faults of accessibility, and of the width. */
async function inspect(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  for (const one of violations) {
    const places = one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join("\n    ");
    fault(`${name}: ${one.id}: ${one.help} (${one.nodes.length})\n    ${places}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) fault(`${name}: ${wide} px wider than the screen`);
}

async function look(found) {
  const pages = {
    overview: "/",
    feeds: "/feeds",
    feed: new URL(found.feed).pathname,
    explain: `/explain?url=${encodeURIComponent(found.url)}`,
    "explain-known": `/explain?url=${encodeURIComponent(found.known)}`,
    events: "/events",
    accounting: "/accounting?window=week",
    consumers: "/consumers",
    missing: "/nowhere",
  };
  for (const width of [1280, 320]) {
    for (const colorScheme of ["light", "dark"]) {
      const { context, page } = await open({ viewport: { width, height: 900 }, colorScheme });
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(base + path);
        const label = `${name}-${width}-${colorScheme}`;
        await inspect(page, label);
        await page.screenshot({ path: join(out, `${label}.png`), fullPage: true });
      }
      await context.close();
    }
  }
}

/** The keyboard: the first stop leads to the content, and "/" to the field. */
async function keys() {
  const { context, page } = await open();
  await page.goto(`${base}/`);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  if (first !== "Skip to the content") fault(`the first stop of the keyboard is ${first}`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("/");
  const field = await page.evaluate(() => document.activeElement.id);
  if (field !== "find-url") fault(`"/" leads to ${field}`);
  await context.close();
}

const { context, page } = await open();
const found = await lost(page);
await page.goto(found.feed);
const known = page.locator("tr:not(:has(td.bad)) a[href^='/explain']");
const href = await known.count() ? await known.first().getAttribute("href") : "/explain?url=x.example";
found.known = new URL(href, base).searchParams.get("url");
await context.close();

await ask(found, {}, "with the script   ");
await ask(found, { javaScriptEnabled: false }, "without the script");
await keys();
await look(found);
await browser.close();
console.log(`${faults.length} faults; pictures in ${out}`);
process.exit(faults.length ? 1 : 0);
