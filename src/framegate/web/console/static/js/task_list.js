// The list of tasks, kept alive: a running row moves, a new one comes on top, and nothing jumps.
// Every row is written by the server; what has changed is fetched by the address in the bar.

import { listen, pageAt } from "./live.js";
import { showTimes } from "./times.js";
import { facts } from "./words.js";

const LOOK_EVERY_MS = 1500;
const words = facts("words");
const by = (id) => document.getElementById(id);

let heard = null;
let end = null;
let timer = 0;
let isLooking = false;
let isStale = false;

// Filters that are empty are no part of an address.
document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (!(request.body instanceof FormData)) return;
  for (const [name, value] of [...request.body.entries()]) if (!value) request.body.delete(name);
});
document.addEventListener("htmx:after:swap", () => {
  mark();
  follow();
});
document.addEventListener("submit", (event) => {
  // Without htmx the form is sent by the browser: its address is as tidy.
  if (event.target.id !== "filters" || window.htmx) return;
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});

/** A dot on the button of the folded filters while one of them is set. */
function mark() {
  const folded = document.querySelector(".more-filters");
  const isOn = [...folded.querySelectorAll("input, select")].some((field) => field.value);
  folded.toggleAttribute("data-on", isOn);
}

/** Listen to the account that the list is of; an operator's list is of all. */
function follow() {
  const results = by("results");
  if (!results) return;
  const { account } = results.dataset;
  say();
  if (heard === account) return;
  heard = account;
  if (end) end();
  end = listen(account ? `/api/events?account=${encodeURIComponent(account)}` : "/api/events", {
    onProgress: move,
    onChange: lookSoon,
    onState: (isLive) => {
      live = isLive;
      say();
    },
  });
}

let live = null;
function say() {
  if (live === null || !by("live")) return;
  by("live").hidden = false;
  by("live").classList.toggle("is-slow", !live);
  const text = live ? words.live : words.polling;
  if (by("live-text").textContent !== text) by("live-text").textContent = text;
}

/** Show how far one row is. */
function move({ task, frames_done: done, frames_total: total }) {
  const headway = document.querySelector(`[data-task="${CSS.escape(task)}"] [data-headway]`);
  if (!headway || !total) return;
  const percent = Math.floor((done / total) * 100);
  headway.querySelector(".headway-done").setAttribute("width", String(percent));
  headway.querySelector(".headway-text").textContent = `${percent}%`;
}

/** Look at the list again, at most once in a while however much happens. */
function lookSoon() {
  isStale = true;
  if (timer || isLooking) return;
  timer = setTimeout(look, LOOK_EVERY_MS);
}

async function look() {
  timer = 0;
  isLooking = true;
  isStale = false;
  const asked = location.href;
  const page = await pageAt(asked);
  isLooking = false;
  if (page && asked === location.href) take(page.getElementById("results"));
  if (isStale) lookSoon();
}

/** Take over what has changed, row by row: whoever reads or stands on a row keeps their place. */
function take(fresh) {
  const old = by("results");
  const rows = old.querySelector("tbody");
  const freshRows = fresh.querySelector("tbody");
  if (!rows || !freshRows) {
    if (Boolean(rows) !== Boolean(freshRows)) swap(old, fresh);
    return;
  }
  const above = rows.getBoundingClientRect();
  const anchor = [...rows.children].find((row) => row.getBoundingClientRect().top >= 0);
  const before = anchor ? anchor.getBoundingClientRect().top : 0;
  let place = null;
  for (const row of [...freshRows.children]) {
    const known = by(row.id);
    place = known ? kept(known, row) : added(rows, place, row);
  }
  const ids = new Set([...freshRows.children, ...rows.children].map((row) => row.id));
  for (const row of [...rows.children]) if (!ids.has(row.id)) row.remove();
  trim(rows, fresh);
  if (anchor && anchor.isConnected && above.top < 0) scrollBy(0, anchor.getBoundingClientRect().top - before);
  old.querySelector(".tabs-line").querySelectorAll(".tab").forEach((tab, at) => {
    const now = fresh.querySelectorAll(".tab")[at];
    if (now && tab.textContent !== now.textContent) tab.replaceChildren(...now.childNodes);
  });
  showTimes(rows);
}

function swap(old, fresh) {
  old.replaceWith(fresh);
  if (window.htmx) window.htmx.process(fresh);
  showTimes(fresh);
  say();
}

function kept(known, row) {
  if (known.dataset.version === row.dataset.version) return known;
  const fields = [...known.querySelectorAll("a, button")];
  const at = fields.indexOf(document.activeElement);
  const now = document.importNode(row, true);
  known.replaceWith(now);
  if (at >= 0) now.querySelectorAll("a, button")[at]?.focus({ preventScroll: true });
  return now;
}

function added(rows, place, row) {
  const now = document.importNode(row, true);
  now.classList.add("is-new");
  if (place) place.after(now);
  else rows.prepend(now);
  return now;
}

/** A page holds so many rows: what new ones push out goes to the next page, which begins there. */
function trim(rows, fresh) {
  const most = fresh.querySelectorAll("tbody tr").length;
  while (rows.children.length > most) rows.lastElementChild.remove();
  const next = document.querySelector('#results [rel="next"]');
  const freshNext = fresh.querySelector('[rel="next"]');
  if (!next || !freshNext) return;
  for (const name of ["href", "hx-get"]) next.setAttribute(name, freshNext.getAttribute(name));
}

follow();
