// The film strip: one frame for each of the newest tasks, the running ones with how far they are.

import { local } from "./api.js";
import { icon } from "./icons.js";
import { filled } from "./words.js";

/** The strip below the gate; `onChoose(task)` is called with the task of a frame. */
export class Strip {
  constructor(place, words, onChoose) {
    this.place = place;
    this.words = words;
    this.onChoose = onChoose;
    this.frames = new Map();
    this.current = "";
  }

  get isEmpty() {
    return this.frames.size === 0;
  }

  /** Show tasks, newest first. */
  show(tasks) {
    for (const task of [...tasks].reverse()) this.put(task);
  }

  /** Show a task, or what has changed of it; a new one comes first. `picture` is a path. */
  put(task, picture = "") {
    const known = this.frames.get(task.task);
    const frame = known || { task, picture: "", shown: "" };
    frame.task = { ...frame.task, ...task };
    frame.picture = picture || frame.picture || pictureOf(frame.task);
    this.frames.set(task.task, frame);
    if (!known) {
      frame.item = document.createElement("li");
      this.place.prepend(frame.item);
    }
    this.draw(frame);
  }

  choose(taskId) {
    this.current = taskId;
    for (const { item, task } of this.frames.values()) {
      const button = item.firstChild;
      if (task.task === taskId) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  draw(frame) {
    const { task } = frame;
    const isBusy = task.status === "submitted" || task.status === "processing";
    const percent = task.frames_total ? Math.floor((task.frames_done / task.frames_total) * 100) : 0;
    // Only how far it is has changed: the frame stays, and so does whoever stands on it.
    const looks = `${task.status} ${frame.picture} ${task.outputs.length}`;
    if (frame.shown !== looks) this.build(frame, isBusy);
    frame.shown = looks;
    const button = frame.item.firstChild;
    const status = this.words[task.state] || this.words[isBusy ? "rendering" : task.status] || task.status;
    const what = task.duration ? filled(this.words.video_of, { seconds: task.duration, status }) : status;
    button.setAttribute("aria-label", isBusy ? filled(this.words.strip_busy, { what, percent }) : what);
    if (!isBusy) return;
    button.querySelector(".frame-percent").textContent = percent ? `${percent}%` : "…";
    button.querySelector(".frame-bar").style.setProperty("--done", `${percent}%`);
  }

  build(frame, isBusy) {
    const { task } = frame;
    const button = document.createElement("button");
    button.type = "button";
    button.className = isBusy ? "frame busy" : "frame";
    if (task.task === this.current) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => this.onChoose(frame.task));
    button.append(...this.look(frame, isBusy), ...(isBusy ? progress() : marks(task)));
    frame.item.replaceChildren(button);
  }

  look({ task, picture }, isBusy) {
    const [output] = task.outputs;
    if (picture) {
      const image = document.createElement("img");
      image.src = picture;
      image.alt = "";
      image.addEventListener("error", () => image.remove());
      return [image];
    }
    if (!output) return isBusy ? [] : [span("frame-none", icon("image"))];
    const video = document.createElement("video");
    video.src = local(output.url);
    video.preload = "metadata";
    video.muted = true;
    video.tabIndex = -1;
    return [video];
  }
}

/** The first frame where it was uploaded here; a foreign address is never asked for. */
function pictureOf(task) {
  return task.picture && task.picture.id && task.picture.url ? local(task.picture.url) : "";
}

function span(name, ...content) {
  const made = document.createElement("span");
  made.className = name;
  made.append(...content);
  return made;
}

const progress = () => [span("frame-percent num"), span("frame-bar")];

function marks(task) {
  const isGood = task.status === "succeeded";
  const seconds = task.duration ? [span("frame-seconds", `${task.duration} s`)] : [];
  return [...seconds, span(isGood ? "frame-mark" : "frame-mark bad", icon(isGood ? "check" : "x"))];
}
