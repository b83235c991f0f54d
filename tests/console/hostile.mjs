// What hostile sites can do to those who look at the console: hostile.mjs BINARY
//
// Serves a feed and pages with markup in every text, names that turn the direction of writing, words
// without an end and a text of two megabytes, lets the daemon file them, and looks at each page that
// shows them, as wide as a desk and as narrow as a telephone. No script may run, nothing may be
// loaded, no page may be wider than the screen, and each foreign text must be isolated by <bdi>.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fault, faults, inspect, launched, open } from "./browser.mjs";

const [binary] = process.argv.slice(2);
if (!binary) throw new Error("usage: hostile.mjs BINARY");

/** In each foreign text, so that it is found on the pages. */
const MARK = "Zqxmark";
const TURN = "\u202e", ISOLATE = "\u2067";
const ATTACK = `<script>alert("${MARK}")</script><img src="/loaded" onerror="alert(1)">`;
/** How long the daemon may take for all articles, in seconds. */
const PATIENCE = 120;

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const sentence = (number) => `The harbour board of district ${number} has told the council that its wall `
  + `number ${number * 7 + 3} will be built anew before the winter, and that ${number + 40} people work there.`;
const paragraphs = (from, count) => Array.from({ length: count }, (_, place) => sentence(from + place));

/** The articles: a title, a name, and the text. */
const articles = [
  { title: `${MARK} ${ATTACK}`, name: `</bdi></a>${ATTACK}`, text: paragraphs(1, 6) },
  { title: `${TURN}${MARK} ${ISOLATE}turned`, name: `${TURN}${MARK}${TURN}`, text: paragraphs(100, 6) },
  { title: `${MARK} שלום עולם (1) العالم 2`, name: "شبكة الأخبار", text: paragraphs(200, 6) },
  { title: `${MARK}${"W".repeat(3_000)}`, name: "N".repeat(400),
    text: [`${"x".repeat(9_000)} ${MARK}`, ...paragraphs(300, 6)] },
  // Two megabytes.
  { title: `${MARK} long`, name: "A name", text: paragraphs(1_000, 14_000) },
].map((one, place) => ({ ...one, path: `/${place}`, text: [...one.text, `${MARK} ${ATTACK}`] }));

const page = ({ title, name, text }) => `<!doctype html><html lang="en"><head><title>${escaped(title)}</title>
<meta name="author" content="${escaped(name)}"><meta property="og:site_name" content="${escaped(name)}">
<meta name="keywords" content="${escaped(ATTACK)}, ${TURN}tag"></head>
<body><nav><a href="/">${escaped(ATTACK)}</a></nav><article><h1>${escaped(title)}</h1>
${text.map((one) => `<p>${escaped(one)}</p>`).join("\n")}</article>
<aside><p>${escaped(`${TURN}${MARK}${ATTACK}`)}</p></aside></body></html>`;

const feed = (base) => `<?xml version="1.0"?><rss version="2.0"><channel>
<title>${escaped(`${TURN}${MARK} ${ATTACK}`)}</title><link>${base}/</link>
${articles.map(({ title, path }) => `<item><title>${escaped(title)}</title><link>${base}${path}</link>
<guid>${escaped(`${ATTACK}${path}`)}</guid><category>${escaped(ATTACK)}</category></item>`).join("\n")}
<item><title>${escaped(`${TURN}${MARK} ${ATTACK}`)}</title><link>${base}/gone</link><guid>gone</guid></item>
</channel></rss>`;

let loaded = 0;
const site = createServer((request, response) => {
  const path = request.url;
  const found = articles.find((one) => one.path === path);
  if (path === "/loaded") loaded += 1;
  if (path === "/feed.xml") response.setHeader("Content-Type", "application/rss+xml; charset=utf-8");
  else response.setHeader("Content-Type", "text/html; charset=utf-8");
  if (!found && path !== "/feed.xml") response.statusCode = path === "/gone" ? 410 : 404;
  response.end(path === "/feed.xml" ? feed(`http://${request.headers.host}`) : found ? page(found) : "");
});
const listening = (server, port) => new Promise((done) => {
  server.listen(port, "127.0.0.1", () => done(server.address().port));
});
const sitePort = await listening(site, 0);
const spare = createServer();
const port = await listening(spare, 0);
await new Promise((done) => spare.close(done));

const dir = mkdtempSync(join(tmpdir(), "wiresift-hostile-"));
// The server of the database has a user of its own.
chmodSync(dir, 0o711);
writeFileSync(join(dir, "feeds.txt"), `http://127.0.0.1:${sitePort}/feed.xml\n`);
writeFileSync(join(dir, "wiresift.toml"), `[storage]
dir = "${dir}/state"
[feeds]
files = ["feeds.txt"]
[http]
allow_networks = ["127.0.0.0/8"]
[site]
spacing = "2ms"
[console]
listen = "127.0.0.1:${port}"
actions = true
`);
const { DATABASE_URL: _, ...env } = process.env;
const daemon = spawn(binary, ["--config", join(dir, "wiresift.toml"), "run"], { env });
let log = "";
daemon.stdout.on("data", (text) => { log += text; });
daemon.stderr.on("data", (text) => { log += text; });
const ended = new Promise((done) => daemon.on("exit", done));

const base = `http://127.0.0.1:${port}`;

async function filed() {
  for (let second = 0; second < PATIENCE; second += 1) {
    const answer = await fetch(`${base}/articles`).catch(() => null);
    const text = answer ? await answer.text() : "";
    const lost = answer && await (await fetch(`${base}/accounting`)).text();
    if (text.includes(`among ${articles.length} articles`) && lost?.includes("Given up 1")) return;
    await new Promise((done) => setTimeout(done, 1_000));
  }
  throw new Error(`the daemon has not filed ${articles.length} articles:\n${log.slice(-4_000)}`);
}

/** Foreign texts that are not isolated, and signs that turn the direction. */
const unsafe = (mark) => {
  const found = [];
  const said = (node) => node.data.trim();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const place = node.parentElement;
    if (/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/.test(node.data)) {
      found.push(`turns: ${said(node).slice(0, 60)}`);
    }
    // A block or a cell of its own has nothing beside it.
    const alone = place.textContent.trim() === said(node) && getComputedStyle(place).display !== "inline";
    const isolated = alone || place.closest("bdi, textarea, pre, option");
    if (node.data.includes(mark) && !isolated) found.push(`not isolated: ${place.outerHTML.slice(0, 120)}`);
  }
  for (const image of document.querySelectorAll("img, iframe, object, embed, video, audio")) {
    found.push(`loads: ${image.outerHTML.slice(0, 120)}`);
  }
  for (const one of document.querySelectorAll("*")) {
    const names = one.getAttributeNames().filter((name) => name.startsWith("on") || name === "style");
    if (names.length) found.push(`${names}: ${one.outerHTML.slice(0, 120)}`);
  }
  return found;
};

async function look(browser, options) {
  const { context, page } = await open(browser, base, options);
  const to = async (path) => {
    const answer = await page.goto(base + path);
    if (answer.status() !== 200) fault(`${path}: ${answer.status()}`);
  };
  await to("/articles");
  const links = (selector) => page.locator(selector).evaluateAll(
    (found) => [...new Set(found.map((link) => link.getAttribute("href")))]);
  const shown = await links(".articles h2 a");
  const host = encodeURIComponent(`127.0.0.1:${sitePort}`);
  const address = (path) => encodeURIComponent(`http://127.0.0.1:${sitePort}${path}`);
  const typed = encodeURIComponent(`${TURN}${MARK} ${ATTACK}`);
  const paths = [
    "/", "/feeds", "/feeds/1", "/articles", `/articles?q=${MARK}`, "/articles?q=harbour",
    `/articles?q=${typed}&tag=${typed}&host=${typed}&kind=${typed}&language=${typed}`,
    `/feeds?q=${typed}&state=${typed}`, `/events?kind=${typed}`, `/explain?url=${typed}`,
    ...articles.map(({ path }) => `/explain?url=${address(path)}`), `/explain?url=${address("/gone")}`,
    ...shown, ...shown.map((path) => path.replace("articles", "copies")),
    `${shown[0]}?body=${typed}&remove=${typed}`, `/sites/${host}`, "/stories", "/events", "/accounting",
  ];
  let texts = 0;
  for (const path of paths) {
    await to(path);
    const name = `${path.slice(0, 60)} at ${options.viewport.width}`;
    await inspect(page, name);
    for (const one of await page.evaluate(unsafe, MARK)) fault(`${name}: ${one}`);
    texts += (await page.content()).split(MARK).length - 1;
    const size = (await page.content()).length;
    if (size > 1_500_000) fault(`${name}: ${size} letters`);
  }
  if (shown.length !== articles.length) fault(`${shown.length} articles are shown`);
  if (texts < 100) fault(`only ${texts} foreign texts were seen`);
  console.log(`ok  ${paths.length} pages with ${texts} foreign texts at ${options.viewport.width}`);
  await context.close();
}

let browser;
try {
  await filed();
  browser = await launched();
  await look(browser, { viewport: { width: 1280, height: 900 } });
  await look(browser, { viewport: { width: 320, height: 700 }, colorScheme: "dark" });
  if (loaded) fault(`${loaded} pictures of the site were loaded`);
} finally {
  await browser?.close();
  daemon.kill("SIGINT");
  await ended;
  site.close();
  rmSync(dir, { recursive: true, force: true });
}
console.log(`${faults.length} faults with hostile sites`);
process.exit(faults.length ? 1 : 0);
