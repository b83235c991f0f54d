// The console in a real browser: run.mjs URL OUT [DOCS]
//
// Asks the questions of an operator and a curator and counts the clicks to each answer, with and
// without the script of the pages; looks for violations of the policy, requests to other places,
// faults of accessibility and a page that is wider than the screen; keeps a picture of each page, wide
// and narrow, light and dark. The pictures of docs/console.md are written to the folder DOCS, if given.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fault, faults, inspect, launched, open as opened } from "./browser.mjs";

const [base, out, docs] = process.argv.slice(2);
if (!base || !out) throw new Error("usage: run.mjs URL OUT [DOCS]");
mkdirSync(out, { recursive: true });

const browser = await launched();
const open = (options) => opened(browser, base, options);

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

/** The cluster of an article of the list. */
async function copies(page) {
  for (let path = "/articles"; path;) {
    await page.goto(base + path);
    const link = page.locator(".articles a[href^='/copies/']");
    if (await link.count()) return { list: path, path: await link.first().getAttribute("href") };
    const further = page.locator("nav[aria-label='Further articles'] a");
    path = await further.count() ? await further.getAttribute("href") : null;
  }
  throw new Error("no article of the demo has a copy");
}

/** The questions: what is clicked from the front page, and what must then be seen. */
const questions = ({ feed, url, copies }) => {
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
    ["what does its page have that the article has not?", [to("Articles"),
      ["article", (page) => click(page, ".articles h2 a")]],
      (page) => page.locator(".block:not(.kept)").count()],
    ["who told this first?", [to("Stories"), ["story", (page) => click(page, ".articles h2 a")]],
      (page) => page.getByText("First told by").count()],
    ["what does this site lose?", [to("Articles"),
      ["site", (page) => click(page, ".articles a[href^='/sites/']")]],
      (page) => page.locator("section:has(#removed) tbody tr").count()],
    ["who copied whom?", [to("Articles"),
      ...(copies.list === "/articles" ? [] : [["further", (page) => click(page, "nav.pager a")]]),
      ["copies", (page) => click(page, ".articles a[href^='/copies/']")]],
      (page) => page.getByText("the original").count()],
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

/** Each page once, and some as they are on a telephone and in the dark. */
const isForDocs = (name, width, colors) => (!["missing", "explain-known", "search"].includes(name)
    && width === 1280 && colors === "light")
  || (name === "overview" && width === 1280) || (["feeds", "article"].includes(name) && width === 320
    && colors === "dark");

/** Writes the upper part of a picture as WebP. */
async function keep(page, png, name, label) {
  await page.goto("about:blank");
  const data = await page.evaluate(async (text) => {
    const image = new Image();
    image.src = `data:image/png;base64,${text}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, Math.min(image.height, 900)];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.6).split(",")[1];
  }, png.toString("base64"));
  const file = label.endsWith("1280-light") ? name : label;
  writeFileSync(join(docs, `console-${file}.webp`), Buffer.from(data, "base64"));
}

async function look(found) {
  const pages = {
    overview: "/",
    feeds: "/feeds",
    feed: new URL(found.feed).pathname,
    explain: `/explain?url=${encodeURIComponent(found.url)}`,
    "explain-known": `/explain?url=${encodeURIComponent(found.known)}`,
    articles: "/articles",
    search: "/articles?q=harbour",
    article: found.article,
    stories: "/stories",
    story: found.story,
    copies: found.copies.path,
    site: found.site,
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
        const png = await page.screenshot({ path: join(out, `${label}.png`), fullPage: true });
        if (docs && isForDocs(name, width, colorScheme)) await keep(page, png, name, label);
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
for (const [name, from, link] of [
  ["article", "/articles", ".articles h2 a"],
  ["site", "/articles", ".articles a[href^='/sites/']"],
  ["story", "/stories", ".articles h2 a"],
]) {
  await page.goto(base + from);
  found[name] = await page.locator(link).first().getAttribute("href");
}
found.copies = await copies(page);
await context.close();

await ask(found, {}, "with the script   ");
await ask(found, { javaScriptEnabled: false }, "without the script");
await keys();
await look(found);
await browser.close();
console.log(`${faults.length} faults; pictures in ${out}`);
process.exit(faults.length ? 1 : 0);
