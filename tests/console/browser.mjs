// A browser whose pages report what they must not do, and what is asked of each page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What was found to be wrong. */
export const faults = [];
export const fault = (text) => { faults.push(text); console.log(`FAULT ${text}`); };

export const launched = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/** A page of the console at `base`. */
export async function open(browser, base, options = {}) {
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
  page.on("dialog", (dialog) => {
    fault(`${page.url()}: says ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:")) {
      fault(`${page.url()}: asks ${request.url()}`);
    }
  });
  return { context, page };
}

/** Faults of accessibility, and of the width. */
export async function inspect(page, name) {
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
