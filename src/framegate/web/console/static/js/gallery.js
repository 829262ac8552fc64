// The gallery: a card plays while it is pointed at or stood on, opens wide, and a dropped video
// gives its settings back.

import { settingsOf } from "./mp4.js";
import { facts } from "./words.js";

const TYPING_MS = 350;
const DRAFT = "framegate-draft";
const words = facts("words");
const by = (id) => document.getElementById(id);
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

// --- a card plays ---------------------------------------------------------------------------------

let playing = null;

function play(card) {
  if (playing === card || isCalm.matches) return;
  stop();
  playing = card;
  const video = document.createElement("video");
  video.className = "card-video";
  Object.assign(video, { src: card.dataset.video, muted: true, loop: true, playsInline: true, tabIndex: -1 });
  video.setAttribute("aria-hidden", "true");
  video.addEventListener("playing", () => video.classList.add("is-on"), { once: true });
  card.querySelector(".card-screen").append(video);
  video.play().catch(() => {});
}

function stop() {
  if (!playing) return;
  const video = playing.querySelector(".card-video");
  playing = null;
  video.pause();
  video.removeAttribute("src");
  video.load();
  video.remove();
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const card = event.target.closest(".card");
  if (card) play(card);
  else stop();
});
document.addEventListener("focusin", (event) => {
  const card = event.target.closest(".card");
  if (card && event.target.matches(":focus-visible")) play(card);
  else if (!card) stop();
});

// --- the full view ----------------------------------------------------------------------------------

const cards = () => [...document.querySelectorAll(".card")];
let shown = null;

function open(card) {
  stop();
  shown = card;
  const { video, prompt, id, task, reuse, facts: said, poster } = card.dataset;
  const player = by("full-video");
  player.poster = poster;
  player.src = video;
  player.setAttribute("aria-label", prompt || words.no_prompt);
  by("full-words").textContent = prompt || words.no_prompt;
  by("full-facts").textContent = said;
  by("full-id").dataset.copy = id;
  by("full-id").firstElementChild.textContent = id;
  by("full-task").href = `/console/tasks/${encodeURIComponent(task)}`;
  by("full-reuse").href = reuse;
  by("full-download").href = video;
  const at = cards().indexOf(card);
  by("full-before").hidden = at === 0;
  by("full-after").hidden = at === cards().length - 1;
  if (!by("full").open) by("full").showModal();
  player.muted = true;
  player.play().catch(() => {});
}

function step(by_) {
  const next = cards()[cards().indexOf(shown) + by_];
  if (next) open(next);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".card-open");
  // A new tab, a new window: the browser's own ways stay.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  open(link.closest(".card"));
});
by("full-before").addEventListener("click", () => step(-1));
by("full-after").addEventListener("click", () => step(1));
by("full").addEventListener("keydown", (event) => {
  if (event.target === by("full-video")) return;
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
by("full").addEventListener("close", () => {
  by("full-video").pause();
  by("full-video").removeAttribute("src");
  by("full-video").load();
  shown?.querySelector(".card-open").focus();
  stop();
});

// --- the settings of a file -------------------------------------------------------------------------

async function read(file) {
  const settings = await settingsOf(file);
  by("read-good").hidden = !settings;
  by("read-bad").hidden = Boolean(settings);
  if (settings) showSettings(file, settings);
  by("read").showModal();
}

function showSettings(file, settings) {
  const { prompt, duration, resolution, seed, shots, task } = settings;
  by("read-name").textContent = file.name;
  const rows = [
    [words.prompt, prompt || words.no_prompt],
    [words.duration, `${duration} s`],
    [words.resolution, resolution],
    [words.seed, seed],
    [words.shots, (shots || []).map(said).join(" · ")],
  ];
  by("read-facts").replaceChildren(...rows.filter(([, value]) => value !== undefined && value !== "").flatMap(row));
  by("read-reuse").onclick = () => draft(settings);
  by("read-task").hidden = !task;
  by("read-task").href = `/console/tasks/${task}`;
}

/** The playground begins with its draft (compose.js keeps it there): the settings go there, and a picture that is there stays. */
function draft({ prompt, duration, resolution }) {
  const kept = JSON.parse(sessionStorage.getItem(DRAFT) || "{}");
  sessionStorage.setItem(DRAFT, JSON.stringify({ ...kept, prompt, duration, resolution }));
}

const said = (shot) => (typeof shot === "string" ? shot : Object.values(shot).filter((each) => typeof each === "string").join(" "));

function row([name, value]) {
  const box = document.createElement("div");
  const term = document.createElement("dt");
  const text = document.createElement("dd");
  term.textContent = name;
  text.textContent = String(value);
  box.append(term, text);
  return [box];
}

by("read-button").hidden = false;
by("read-file").hidden = false;
by("read-file").addEventListener("change", () => {
  const [file] = by("read-file").files;
  if (file) read(file);
  by("read-file").value = "";
});
const hasFile = (event) => [...event.dataTransfer.types].includes("Files");
document.addEventListener("dragover", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  by("drop-veil").hidden = false;
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) by("drop-veil").hidden = true;
});
document.addEventListener("drop", (event) => {
  by("drop-veil").hidden = true;
  if (!hasFile(event)) return;
  event.preventDefault();
  const [file] = event.dataTransfer.files;
  if (file) read(file);
});

// --- the filter ---------------------------------------------------------------------------------------

// A pause in typing is as good as Enter; back leads to the page before, not to half a word.
let typing = 0;
by("text").addEventListener("input", () => {
  clearTimeout(typing);
  if (!window.htmx) return;
  typing = setTimeout(() => {
    const form = by("text").form;
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value && typeof value === "string"));
    const path = query.size ? `${form.action}?${query}` : form.action;
    window.htmx.ajax("GET", path, { target: "#shelf", select: "#shelf", swap: "outerHTML", source: "#shelf" });
    history.replaceState(history.state, "", path);
  }, TYPING_MS);
});
