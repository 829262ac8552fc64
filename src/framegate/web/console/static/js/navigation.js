// The numbers beside the links: how many videos there are, and how many tasks run. They are asked
// for again when a page hears of its tasks, when somebody comes back to it, and now and then.

import { filled, words } from "./words.js";

const ASK_EVERY_MS = 30000;
// However many tasks change at once, one answer tells of them all.
const ASK_AT_MOST_EVERY_MS = 2000;
const PATH = "/api/counts";

const places = [...document.querySelectorAll("[data-counts]")];
let askedAt = 0;
let timer = 0;

/** Look again soon: something happened to a task. */
export function countAgain() {
  if (!places.length || timer) return;
  timer = setTimeout(look, Math.max(0, askedAt + ASK_AT_MOST_EVERY_MS - Date.now()));
}

async function look() {
  timer = 0;
  if (document.hidden) return;
  askedAt = Date.now();
  try {
    const headers = { Accept: "application/json", "X-Framegate-Console": "1" };
    const answer = await fetch(PATH, { headers, credentials: "same-origin" });
    // A session that is over is the page's own business, when somebody next does something.
    if (answer.ok) show((await answer.json()).data);
  } catch {
    // The numbers stay as they are until the gateway answers again.
  }
}

function show(counts) {
  for (const place of places) {
    const number = counts[place.dataset.counts];
    const text = number.toLocaleString("en") + (number >= counts.count_max ? "+" : "");
    place.textContent = place.dataset.counts === "running" ? filled(words.running, { count: text }) : text;
    place.hidden = !number;
  }
}

document.addEventListener("framegate:tasks", countAgain);
document.addEventListener("visibilitychange", countAgain);
setInterval(countAgain, ASK_EVERY_MS);
