// One task: it develops while it runs, what has changed is fetched part by part, and it can be
// stopped and told of again.

import { ApiError, post } from "./api.js";
import { listen, pageAt } from "./live.js";
import { showTimes } from "./times.js";
import { toast } from "./toast.js";
import { facts, filled } from "./words.js";

const PENDING_EVERY_MS = 3000;
const words = facts("words");
const by = (id) => document.getElementById(id);
const root = by("task");
const path = `/api/tasks/${encodeURIComponent(root.dataset.task)}`;

let end = null;
let isLooking = false;
let isStale = false;

function follow() {
  if (!root.dataset.running || end) return;
  end = listen(`${path}/events`, { onProgress: develop, onChange: look, onState: () => {} });
}

function develop({ stage, frames_done: done, frames_total: total }) {
  if (!by("percent")) return;
  const percent = total ? Math.floor((done / total) * 100) : 0;
  document.querySelector(".screen").style.setProperty("--done", `${percent}%`);
  by("percent").textContent = total ? `${percent}%` : "";
  by("frames").textContent = total ? filled(words.frames, { done, total }) : words.stages[stage] || "";
  by("progress").value = percent;
}

/** Fetch the page again and take over each part that is different. */
async function look() {
  if (isLooking) {
    isStale = true;
    return;
  }
  isLooking = true;
  const page = await pageAt(location.pathname);
  isLooking = false;
  const fresh = page && page.getElementById("task");
  if (fresh) take(fresh);
  if (isStale) {
    isStale = false;
    look();
  }
}

function take(fresh) {
  root.dataset.running = fresh.dataset.running;
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = root.querySelector(`[data-part="${part.dataset.part}"]`);
    const open = new Set([...old.querySelectorAll("details[open]")].map((each) => each.id));
    const at = [...old.querySelectorAll("a, button, summary")].indexOf(document.activeElement);
    const isGateThatStays = part.dataset.part === "gate" && part.querySelector(".is-running") && old.querySelector(".is-running");
    if (isGateThatStays) continue;
    const now = document.importNode(part, true);
    for (const details of now.querySelectorAll("details")) details.open ||= open.has(details.id);
    old.replaceWith(now);
    if (at >= 0) now.querySelectorAll("a, button, summary")[at]?.focus({ preventScroll: true });
  }
  showTimes(root);
  if (!root.dataset.running && end) {
    end();
    end = null;
  }
  watchTheTold();
}

let told = 0;
/** While somebody is still to be told, it is looked at now and then. */
function watchTheTold() {
  clearTimeout(told);
  const part = root.querySelector('[data-part="told"]');
  if (part.dataset.pending && !root.dataset.running) told = setTimeout(look, PENDING_EVERY_MS);
}

root.addEventListener("click", async (event) => {
  const button = event.target.closest("#cancel, [data-redeliver]");
  if (!button) return;
  const isCancel = button.id === "cancel";
  if (isCancel && !confirm(words.cancel_sure)) return;
  button.disabled = true;
  try {
    await post(isCancel ? `${path}/cancel` : `/api/deliveries/${button.dataset.redeliver}/redeliver`);
    toast(isCancel ? words.cancelled : words.sent_again);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    toast(error.message, "bad");
  } finally {
    button.disabled = false;
  }
  await look();
});

if (by("progress")) document.querySelector(".screen").style.setProperty("--done", `${by("progress").value}%`);
follow();
watchTheTold();
