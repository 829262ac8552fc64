// The playground: what the form wants, what it costs, and the task that comes of it.

import { ApiError, ask, get, local, post } from "./api.js";
import { Compose } from "./compose.js";
import { ENDED, follow } from "./follow.js";
import { Gate } from "./gate.js";
import { icon } from "./icons.js";
import { micros, money } from "./money.js";
import { Pricing, priceOf, sumOf } from "./price.js";
import { said } from "./said.js";
import { Strip } from "./strip.js";
import { tasksOf } from "./tasks.js";
import { Tabs } from "./tabs.js";
import { toast } from "./toast.js";
import { facts as factsOf } from "./words.js";

const by = (id) => document.getElementById(id);
const facts = factsOf("facts");
const words = factsOf("words");
const SERVER_ERROR = 500;
const NO_CREDIT = 402;
const TICK_MS = 100;
const STRIP_TASKS_MAX = 12;

const state = { taskId: "", task: null, response: null, events: [], isSending: false, isShort: false, isLost: false, complaintOf: "", stop: null, hasVideo: false };

const gate = new Gate();
const tabs = new Tabs(facts, () => ({
  response: state.response ? JSON.stringify(state.response, null, 2) : words.nothing_yet,
  events: eventsOf(state).join("\n") || words.nothing_yet,
}));
const strip = new Strip(by("film"), words, (task) => open(task));
const pricing = new Pricing(facts, showPrice);
const compose = new Compose((form) => {
  // What was wrong with the last press need not be wrong with another request.
  if (state.complaintOf === "press") complain("");
  if (facts.may_create) pricing.ask(form.wish, form.priced);
  else showPrice({ amount: priceOf(facts.prices, form.wish), isSure: false });
  tabs.show(form.wish);
  by("price-sum").textContent = sumOf(facts.prices, form.wish, facts.symbol);
  showGuide(form);
  if (by("play").dataset.state === "idle") gate.expect(form.picture);
  showGo();
});

// --- the price ------------------------------------------------------------------------------------

function showPrice({ amount, available, isSure, problem }) {
  by("price").textContent = money(amount, facts.symbol);
  if (!isSure) return;
  // A quote that was under way during a press knows nothing of how the press went.
  const wrong = compose.tooLong || (problem ? refusal(problem) : "");
  if (wrong) complain(wrong, "price");
  else if (state.complaintOf === "price") complain("");
  state.isShort = Boolean(problem) && problem.status === NO_CREDIT;
  showGo();
  const isLimited = available !== undefined && available !== null;
  by("after-box").hidden = !isLimited;
  if (isLimited) by("after").textContent = money(available - amount, facts.symbol);
}

/** Say what is wrong, or nothing more; `of` is what it is about: "price", "press" or "key". */
function complain(text, of = "") {
  state.complaintOf = of;
  by("complaint").hidden = !text;
  by("complaint").replaceChildren(...(text ? [icon("warn"), text] : []));
}

/** A refusal in a person's words; the gateway's own sentence where it names a field. */
function refusal(error) {
  if (error.status === NO_CREDIT) return words.no_credit;
  if (error.status === 504) return words.uncertain;
  if (error.status === 0) return error.message;
  return error.status >= SERVER_ERROR ? words.not_available : error.message;
}

async function showBalance() {
  const account = await get("/api/account");
  const amount = account.unlimited ? -micros(account.posted) : micros(account.available);
  by("balance-amount").textContent = money(amount, facts.symbol);
}

// --- sending ----------------------------------------------------------------------------------------

function showGo() {
  const problem = facts.may_create ? compose.problem || (state.isShort ? words.short : "") : words.read_only_short;
  const button = by("go");
  button.disabled = Boolean(problem) || state.isSending;
  button.title = problem || "";
  const isFirst = !state.taskId;
  by("go-text").textContent = state.isSending ? words.sending : problem || (isFirst ? words.generate : words.again);
}

async function send() {
  if (by("go").disabled) return;
  state.isSending = true;
  showGo();
  complain("");
  const { body, picture } = compose;
  const text = JSON.stringify(body);
  try {
    const answer = await ask("POST", facts.create, text, { headers: { "Idempotency-Key": keyFor(text) } });
    state.unanswered = null;
    const { taskId, ...envelope } = answer;
    begin({ ...envelope.data, task: taskId, status: "submitted", outputs: [], ...settingsOf(compose.wish) }, envelope, picture);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status > 0 && error.status < SERVER_ERROR) state.unanswered = null;
    complain(refusal(error), "press");
    state.response = error.envelope;
    tabs.show();
  } finally {
    state.isSending = false;
    showGo();
  }
}

/** A request whose answer was lost keeps its key: pressing again then buys nothing twice. */
function keyFor(text) {
  if (!state.unanswered || state.unanswered.text !== text) {
    const random = crypto.getRandomValues(new Uint32Array(4)).join("-");
    state.unanswered = { text, key: `console-${random}` };
  }
  return state.unanswered.key;
}

const settingsOf = (wish) => ({ prompt: wish.prompt, duration: wish.duration, resolution: wish.resolution, aspect_ratio: wish.aspect });

// --- one task -----------------------------------------------------------------------------------------

function begin(task, envelope, picture) {
  const path = picture.kept || picture.path;
  gate.reset(path, picture.width ? picture.width / picture.height : 16 / 9, Date.now());
  take(task, envelope);
  strip.put(task, path);
  strip.choose(task.task);
  state.task = task;
  watch(task);
  if (matchMedia("(max-width: 1000px)").matches) document.querySelector(".view").scrollIntoView({ behavior: "smooth" });
}

/** Show a task that is there already: one of the strip, or the one of the address. */
function open(task) {
  const isOwn = task.picture && task.picture.id && task.picture.url;
  gate.reset(isOwn ? local(task.picture.url) : "");
  take(task, null);
  strip.choose(task.task);
  watch(task);
}

function take(task, envelope) {
  if (state.stop) state.stop();
  Object.assign(state, { taskId: task.task, task: null, response: envelope, events: [], stop: null });
  by("task-id").hidden = false;
  by("task-id").dataset.copy = task.task;
  by("task-id").firstElementChild.textContent = task.task;
  history.replaceState(null, "", `#${task.task}`);
  tabs.show();
}

function watch(task) {
  state.stop = follow(task.task, { onTask: (found) => show(found), onLost: showLost });
}

function show(found) {
  const task = { ...state.task, ...found };
  const isNews = !state.task || state.task.status !== task.status || (state.task.stage || "") !== task.stage;
  state.task = task;
  const now = Date.now();
  gate.count(task, now);
  if (isNews) note(task, now);
  if (tabs.chosen === "events") tabs.show();
  strip.put(task);
  // What has ended before anybody looked did not take the seconds since.
  if (task.status === "succeeded") gate.done(task, now);
  else if (task.status === "failed") showFailed(task);
  else gate.develop(task, now);
  if (ENDED.has(task.status)) ended(task);
  else if (isNews && !state.response) query(task);
  showButtons(task);
}

function ended(task) {
  query(task);
  state.hasVideo ||= task.status === "succeeded";
  showGo();
  showBalance().catch(() => undefined);
  compose.onChange(compose);
}

/** What a program is told of a task: the very body of the query that the code beside it asks. */
async function query(task) {
  let told;
  try {
    told = await ask("GET", `${facts.create}/${encodeURIComponent(task.id)}`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    told = error.envelope;
  }
  const { taskId: _, ...envelope } = told;
  // Another task may be looked at by now, and a gateway that was away has told nothing.
  if (state.taskId !== task.task || envelope.code === undefined) return;
  state.response = envelope;
  tabs.show();
}

async function showFailed(task) {
  const isCancelled = task.state === "cancelled";
  const [why] = await said([isCancelled ? "" : task.message || ""]);
  // Another task may be looked at by now, or more be known of this one.
  if (state.task !== task) return;
  gate.broken(isCancelled ? words.cancelled_title : words.failed_title, [why.text, words.nothing_charged].filter(Boolean).join(" · "), {
    tone: isCancelled ? "quiet" : "bad",
    status: words[task.state] || words.failed,
    step: gate.step ?? 0,
    more: `/console/tasks/${task.task}`,
  });
}

function showButtons(task) {
  const isDone = task.status === "succeeded";
  by("download").hidden = !isDone;
  by("reuse").hidden = !ENDED.has(task.status);
  by("cancel").hidden = ENDED.has(task.status) || !task.can_cancel;
}

function showLost(isLost) {
  if (isLost === state.isLost) return;
  state.isLost = isLost;
  if (isLost) toast(words.lost_touch, "bad");
}

/** Keep what an upstream told of its work; the steps of the task itself are in its record. */
function note({ status, stage }, atMs) {
  if (status === "processing" && stage) state.events.push({ seconds: (atMs - gate.began) / 1000, what: `${status} ${stage}` });
}

/** The record's lines with what was seen between them, oldest first. */
function eventsOf({ task, events }) {
  const life = (task?.life || []).map((line) => ({ seconds: line.after_s, what: line.state }));
  const [from, to] = [life.find((line) => line.what === "processing"), task?.ended_at ? life.at(-1) : null];
  const within = (seconds) => Math.min(Math.max(seconds, from?.seconds ?? 0), to?.seconds ?? Infinity);
  const before = life.filter((line) => line !== to);
  const lines = [...before, ...events.map(({ seconds, what }) => ({ seconds: within(seconds), what })), ...(to ? [to] : [])];
  return lines.sort((one, other) => one.seconds - other.seconds).map(({ seconds, what }) => `${seconds.toFixed(2).padStart(7)} s  ${what}`);
}

async function cancel() {
  by("cancel").disabled = true;
  try {
    show(await post(`/api/tasks/${state.taskId}/cancel`, {}));
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    by("cancel").disabled = false;
  }
}

/** Begin with the settings of a task that another page names in the address. */
async function reuseOf(taskId) {
  gate.idle(!state.hasVideo);
  history.replaceState(null, "", location.pathname);
  try {
    reuse(await get(`/api/tasks/${encodeURIComponent(taskId)}`));
  } catch (error) {
    toast(error.message, "bad");
  }
}

function reuse(task) {
  compose.take(task);
  const isOwn = task.picture && task.picture.id && task.picture.url;
  if (isOwn) compose.takeOwn(task.picture.url);
  toast(words.reused);
}

// --- the first time --------------------------------------------------------------------------------------

function showGuide(form) {
  const done = [Boolean(form.picture), form.picture && Boolean(form.wish.prompt), false];
  const next = done.indexOf(false) < 0 ? 2 : done.findIndex((each) => !each);
  ["step-picture", "step-words", "step-go"].forEach((id, place) => {
    by(id).className = done[place] ? "done" : place === next ? "next" : "";
  });
  by("guide-do").hidden = Boolean(form.picture && form.wish.prompt);
}

async function doTheFirstTwo() {
  if (!compose.wish.prompt) compose.setPrompt(words.sample_prompt);
  const samples = [...document.querySelectorAll("[data-sample]")];
  if (!compose.picture) await compose.takeSample(samples.find((each) => each.dataset.sample === "balloon") || samples[0]);
  by("go").focus();
}

// --- what happens ------------------------------------------------------------------------------------------

by("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    send();
  }
});
by("cancel").addEventListener("click", cancel);
by("reuse").addEventListener("click", () => reuse(state.task));
by("guide-do").addEventListener("click", doTheFirstTwo);
setInterval(() => by("play").dataset.state === "busy" && gate.tick(Date.now()), TICK_MS);

for (const small of document.querySelectorAll("[data-factor]")) {
  const permille = facts.prices.resolution[small.dataset.factor] ?? 1000;
  small.textContent = permille === 1000 ? "" : `×${permille / 1000}`;
}
if (/Mac|iPhone|iPad/.test(navigator.platform)) by("go-keys").textContent = "⌘ ↵";

async function start() {
  compose.begin();
  if (!facts.may_create) complain(words.read_only, "key");
  gate.idle(false);
  let tasks = [];
  try {
    tasks = (await tasksOf({ account: facts.account, limit: STRIP_TASKS_MAX })).result;
  } catch (error) {
    toast(error.message, "bad");
  }
  strip.show(tasks);
  state.hasVideo = tasks.some((task) => task.status === "succeeded");
  const asked = location.hash.slice(1);
  if (asked.startsWith("reuse=")) return reuseOf(asked.slice("reuse=".length));
  const running = tasks.find((task) => !ENDED.has(task.status));
  const known = tasks.find((task) => task.task === asked) || running;
  if (known) open(known);
  else if (/^[\w-]{1,60}$/.test(asked)) open({ task: asked, status: "submitted", outputs: [] });
  else gate.idle(!state.hasVideo);
  return undefined;
}

start();
