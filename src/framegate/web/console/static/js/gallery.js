// The gallery: cards that play while they are looked at, a search, and one video whole.

import { local } from "./api.js";
import { micros, money } from "./money.js";
import { ago } from "./times.js";
import { tasksOf } from "./tasks.js";
import { toast } from "./toast.js";
import { facts as factsOf, filled } from "./words.js";

const by = (id) => document.getElementById(id);
const facts = factsOf("facts");
const words = factsOf("words");
const PAGE = 24;
const TYPING_MS = 250;
const BYTES_PER_MB = 1e6;

const state = { cursor: "", text: "", asked: 0 };

async function load({ isMore = false } = {}) {
  const asked = ++state.asked;
  by("videos").setAttribute("aria-busy", "true");
  try {
    const wanted = { account: facts.account, limit: PAGE, status: "succeeded", text: state.text, cursor: isMore ? state.cursor : "" };
    const found = await tasksOf(wanted);
    if (asked !== state.asked) return;
    const cards = found.result.filter((task) => task.outputs.length).map(card);
    if (isMore) by("videos").append(...cards);
    else by("videos").replaceChildren(...cards);
    state.cursor = found.next_cursor || "";
    by("more").hidden = !state.cursor;
    const isEmpty = by("videos").children.length === 0;
    by("none").hidden = !isEmpty || Boolean(state.text);
    by("none-found").hidden = !isEmpty || !state.text;
    by("videos").hidden = isEmpty;
  } catch (error) {
    toast(error.message, "bad");
  } finally {
    if (asked === state.asked) by("videos").setAttribute("aria-busy", "false");
  }
}

function make(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function card(task) {
  const item = make("li");
  const picture = make("span", "card-picture");
  const video = make("video", "plays");
  Object.assign(video, { muted: true, loop: true, playsInline: true, tabIndex: -1 });
  const isOwn = task.picture && task.picture.id && task.picture.url;
  if (isOwn) {
    const image = make("img");
    Object.assign(image, { src: local(task.picture.url), alt: "", loading: "lazy" });
    picture.append(image);
    video.preload = "none";
  } else {
    video.classList.add("only");
    video.preload = "metadata";
  }
  video.src = local(task.outputs[0].url);
  picture.append(video);
  if (task.duration) picture.append(make("span", "card-mark", `${task.duration} s · ${task.resolution}`));
  const said = task.prompt || words.no_words;
  const button = make("button", "card", picture, make("span", "card-words", said), make("span", "card-facts", ago(new Date(task.create_time))));
  button.type = "button";
  button.addEventListener("click", () => open(task));
  for (const begins of ["mouseenter", "focus"]) button.addEventListener(begins, () => video.play().catch(() => undefined));
  for (const ends of ["mouseleave", "blur"]) button.addEventListener(ends, () => video.pause());
  item.append(button);
  return item;
}

function open(task) {
  const url = local(task.outputs[0].url);
  by("whole-video").src = url;
  by("whole-prompt").textContent = task.prompt || words.no_words;
  by("whole-download").href = url;
  by("whole-download").download = `${task.task}.mp4`;
  by("whole-reuse").href = `/console/playground#reuse=${task.task}`;
  by("whole-id").dataset.copy = task.task;
  by("whole-id").firstElementChild.textContent = task.task;
  const shown = [
    [words.made, ago(new Date(task.create_time))],
    [words.shape, [filled(words.seconds, { seconds: task.outputs[0].duration }), task.resolution].filter(Boolean).join(" · ")],
    [words.size, task.bytes ? `${(task.bytes / BYTES_PER_MB).toFixed(1)} MB` : ""],
    [words.price, task.price ? money(micros(task.price), facts.symbol) : ""],
  ];
  by("whole-facts").replaceChildren(
    ...shown.filter(([, value]) => value).map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "num", value))),
  );
  by("whole").showModal();
  by("whole-video").play().catch(() => undefined);
}

by("whole").addEventListener("close", () => by("whole-video").pause());
by("more").addEventListener("click", () => load({ isMore: true }));

let typing = 0;
by("find").addEventListener("submit", (event) => event.preventDefault());
by("text").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    state.text = by("text").value.trim();
    load();
  }, TYPING_MS);
});
load();
