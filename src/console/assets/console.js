// Comfort only: every page works without this script.
"use strict";

// A button that copies the text of the element that it names.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent);
    const name = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = name; }, 1500);
  });
}

// A page that is loaded again stays where it was, with the same tables open.
if (document.querySelector("meta[http-equiv=refresh]")) {
  const key = "wiresift:" + location.pathname;
  const open = () => [...document.querySelectorAll("details")].map((one) => one.open);
  const kept = JSON.parse(sessionStorage.getItem(key) || "null");
  if (kept) {
    document.querySelectorAll("details").forEach((one, place) => { one.open = !!kept.open[place]; });
    scrollTo(0, kept.top);
  }
  addEventListener("pagehide", () => {
    sessionStorage.setItem(key, JSON.stringify({ top: scrollY, open: open() }));
  });
}

// "/" goes to the field for an address.
addEventListener("keydown", (event) => {
  const field = document.getElementById("find-url");
  const types = event.target.closest("input, textarea, select");
  if (event.key === "/" && field && !types && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
  }
});
