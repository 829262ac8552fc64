// The right side: one task as it develops, and the video that comes of it.

import { local } from "./api.js";
import { icon } from "./icons.js";
import { Player } from "./player.js";
import { facts, filled } from "./words.js";

const by = (id) => document.getElementById(id);
const words = facts("words");
const ORDER = ["submitted", "reading", "rendering", "finished"];
// What the renderer calls its steps, and where they stand on our line of four.
const STEP_OF = { reading: 1, depth: 1, rendering: 2, finishing: 3, finished: 3 };
const UNTOLD_MS = 4000;
const PARTS = ["guide", "gate-idle", "base", "lit", "edge", "develop", "broken"];
const LOOKS = { busy: "film", good: "check", bad: "x", quiet: "" };

/** The gate with its stages and its heading. */
export class Gate {
  constructor() {
    this.player = new Player(words);
    this.reset("");
  }

  /**
   * Begin with another task. `picture` is the path of its first frame, "" when it is not known;
   * `toldMs` is when a create was answered, 0 of a task that was there before anybody looked.
   */
  reset(picture, ratio = 16 / 9, toldMs = 0) {
    this.picture = picture;
    this.toldMs = toldMs;
    this.began = 0;
    this.marks = [];
    // How far it was when somebody last looked; null before the first look.
    this.step = toldMs ? 0 : null;
    this.renderBegan = null;
    by("gate").style.setProperty("--ratio", String(ratio));
    by("gate").style.setProperty("--done", "0%");
  }

  show(...names) {
    for (const name of PARTS) by(name).hidden = !names.includes(name);
    if (!names.includes("video")) this.player.close();
  }

  /** Nothing is going on: the guide for who has no video yet, else a line. */
  idle(isFirst) {
    this.show(isFirst ? "guide" : "gate-idle");
    this.status("quiet", words.ready);
    this.stages(-1);
    by("play").dataset.state = "idle";
  }

  /** What the next task will begin with, waiting in the dark; the guide stays as it is. */
  expect(picture) {
    const path = picture ? picture.path : "";
    const isShown = Boolean(path) && by("guide").hidden;
    by("base").hidden = !isShown;
    if (isShown) by("base").src = path;
    by("gate").style.setProperty("--ratio", String(isShown && picture.width ? picture.width / picture.height : 16 / 9));
  }

  /** A task as it stands. `atMs` is the browser's clock. */
  develop(task, atMs) {
    this.count(task, atMs);
    this.began ||= atMs;
    by("play").dataset.state = "busy";
    const step = this.stepOf(task, atMs);
    this.mark(task, step, atMs);
    const hasPicture = Boolean(this.picture);
    for (const name of ["base", "lit"]) if (hasPicture && by(name).getAttribute("src") !== this.picture) by(name).src = this.picture;
    this.show("develop", "edge", ...(hasPicture ? ["base", "lit"] : []));
    this.percent(task, step, atMs);
    this.status("busy", this.wordOf(task, step));
    this.stages(step);
    this.tick(atMs);
  }

  stepOf({ status, stage }, atMs) {
    if (status === "submitted") return 0;
    if (stage) return STEP_OF[stage] ?? 2;
    // Kling never says more than that it works; our own renderer does within a moment.
    return atMs - this.began > UNTOLD_MS ? 2 : 1;
  }

  wordOf(task, step) {
    if (step === 0) return words.waiting;
    if (step === 1) return words[task.stage] || words.reading;
    return step === 2 ? words.rendering : words.storing;
  }

  percent({ frames_done: done, frames_total: total }, step, atMs) {
    const isKnown = total > 0;
    const percent = isKnown ? Math.floor((done / total) * 100) : 0;
    by("gate").classList.toggle("unknown", !isKnown);
    by("gate").style.setProperty("--done", `${percent}%`);
    by("stages").style.setProperty("--part", isKnown ? `${percent}%` : "50%");
    by("percent").textContent = isKnown ? `${percent}%` : "";
    by("progress").value = percent;
    by("frames").textContent = isKnown ? this.framesLeft(done, total, atMs) : this.stageWord(step);
  }

  stageWord(step) {
    return step === 0 ? words.waiting : step === 1 ? words.reading : words.rendering;
  }

  framesLeft(done, total, atMs) {
    const frames = filled(words.frames, { done, total });
    if (done > 0 && done < total && !this.renderBegan) this.renderBegan = { atMs, done };
    const { renderBegan } = this;
    if (!renderBegan || done <= renderBegan.done || done >= total) return frames;
    const perFrame = (atMs - renderBegan.atMs) / (done - renderBegan.done);
    const seconds = ((perFrame * (total - done)) / 1000).toFixed(1);
    return `${frames} · ${filled(words.left, { seconds })}`;
  }

  /** The seconds beside the status, while it runs. */
  tick(atMs) {
    if (!this.began) return;
    by("status-text").textContent = `${this.word} · ${((atMs - this.began) / 1000).toFixed(1)} s`;
  }

  /**
   * Count from the task's creation, as its record does: each line of it says how long after that
   * it was written. Of a task that was ours to send it is known when we were told of its line.
   */
  count({ life = [] }, atMs) {
    if (this.began || !life.length) return;
    const taken = life.find((line) => line.state === "submitted");
    this.began = this.toldMs && taken ? this.toldMs - taken.after_s * 1000 : atMs - life.at(-1).after_s * 1000;
  }

  /**
   * When each step ended, in milliseconds from the creation. The record knows of the first and the
   * last; between them, what was seen to change. What nobody saw, or no upstream told, stays empty.
   */
  mark({ life = [], stage }, step, atMs) {
    const after = (state) => life.find((line) => line.state === state)?.after_s * 1000;
    const [taken, begun, stored] = [after("submitted"), after("processing"), after("succeeded")];
    if (taken >= 0) this.marks[0] = taken;
    if (stored >= 0) this.marks[3] = stored;
    const isSeen = this.step !== null && step > this.step && step > 1 && step < ORDER.length;
    if (isSeen && stage) this.marks[step - 1] = atMs - this.began;
    this.step = step;
    // The record's clock is the gateway's own: ours may be off by the length of a wire.
    const last = this.marks[3] ?? Infinity;
    this.marks = this.marks.map((mark, index) => Math.min(index ? Math.max(mark, begun || 0) : mark, last));
  }

  /** It succeeded: the video, which has the size that it has. */
  done(task, atMs) {
    this.mark(task, ORDER.length, atMs);
    by("play").dataset.state = "done";
    this.show("video");
    const [output] = task.outputs;
    this.player.video.addEventListener(
      "loadedmetadata",
      () => by("gate").style.setProperty("--ratio", String(this.player.video.videoWidth / this.player.video.videoHeight)),
      { once: true },
    );
    this.player.open(local(output.url), task.task);
    const took = this.marks[3] ?? (task.ended_at || task.update_time) - task.create_time;
    this.status("good", `${words.succeeded} · ${(took / 1000).toFixed(1)} s`);
    this.stages(ORDER.length);
    by("download").href = local(output.url);
    by("download").download = `${task.task}.mp4`;
  }

  /** It ended without a video, or was never taken. */
  broken(title, text, { step = 0, tone = "bad", status = words.failed, more = "" } = {}) {
    by("play").dataset.state = "broken";
    this.show("broken", ...(this.picture ? ["base"] : []));
    by("gate").classList.remove("unknown");
    if (this.picture) by("base").src = this.picture;
    by("broken").classList.toggle("quiet", tone === "quiet");
    by("broken").firstElementChild.replaceChildren(icon(tone === "quiet" ? "x" : "warn"));
    by("broken-title").textContent = title;
    by("broken-text").textContent = text;
    by("broken-more").hidden = !more;
    if (more) by("broken-more").href = more;
    this.status(tone, status);
    this.stages(step, tone === "bad");
  }

  status(tone, text) {
    this.word = text;
    by("status").className = `pill pill-${tone}`;
    const dot = document.createElement("i");
    dot.className = "pill-dot";
    by("status").firstElementChild.replaceWith(LOOKS[tone] ? icon(LOOKS[tone]) : dot);
    by("status-text").textContent = text;
  }

  /** `step` is the one that is going on; ORDER.length when all are done, -1 when none has begun. */
  stages(step, isBad = false) {
    ORDER.forEach((name, place) => {
      const item = document.querySelector(`[data-stage=${name}]`);
      item.className = place < step ? "done" : place === step ? (isBad ? "bad" : "now") : "";
      const mark = this.marks[place];
      // Being submitted takes no time of its own; every other step is past once it has ended.
      const isPast = place < step || (place === 0 && step === 0 && !isBad);
      item.lastElementChild.textContent = mark !== undefined && isPast ? `${(mark / 1000).toFixed(2)} s` : "";
    });
  }
}
