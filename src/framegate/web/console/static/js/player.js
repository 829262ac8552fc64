// The video in the gate: play, loop, scrub, full screen, and one frame of it as a picture.

import { icon } from "./icons.js";

const by = (id) => document.getElementById(id);

/** Time as `0:01.8`. */
const clock = (seconds) => `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

/** The player; `words` has `play` and `pause`. */
export class Player {
  constructor(words) {
    this.words = words;
    this.video = by("video");
    this.name = "video";
    this.video.addEventListener("click", () => this.toggle());
    by("big-play").addEventListener("click", () => this.toggle());
    by("play-pause").addEventListener("click", () => this.toggle());
    for (const name of ["play", "pause"]) this.video.addEventListener(name, () => this.showState());
    this.video.addEventListener("timeupdate", () => this.showTime());
    this.video.addEventListener("loadedmetadata", () => this.showTime());
    by("scrub").addEventListener("input", (event) => {
      if (this.video.duration) this.video.currentTime = (event.target.value / 1000) * this.video.duration;
    });
    by("loop").addEventListener("click", () => {
      this.video.loop = !this.video.loop;
      by("loop").setAttribute("aria-pressed", String(this.video.loop));
    });
    by("poster").addEventListener("click", () => this.savePoster());
    by("full").addEventListener("click", () => this.video.requestFullscreen());
  }

  /** Show a video by its path and begin to play it, silently: most have no sound, and nobody asked. */
  open(path, name) {
    this.name = name;
    this.video.muted = true;
    this.video.src = path;
    this.video.hidden = false;
    by("controls").hidden = false;
    this.showState();
    this.video.play().catch(() => this.showState());
  }

  close() {
    this.video.pause();
    this.video.hidden = true;
    this.video.removeAttribute("src");
    by("controls").hidden = true;
    by("big-play").hidden = true;
  }

  toggle() {
    if (this.video.paused) this.video.play().catch(() => this.showState());
    else this.video.pause();
  }

  showState() {
    const isPaused = this.video.paused;
    const button = by("play-pause");
    button.replaceChildren(icon(isPaused ? "play" : "pause"));
    button.setAttribute("aria-label", isPaused ? this.words.play : this.words.pause);
    by("big-play").hidden = !isPaused || this.video.hidden;
  }

  showTime() {
    const { currentTime, duration } = this.video;
    if (!duration) return;
    by("at").textContent = clock(currentTime);
    by("length").textContent = clock(duration);
    by("scrub").value = String(Math.round((currentTime / duration) * 1000));
    by("scrub").style.setProperty("--played", `${(currentTime / duration) * 100}%`);
    by("scrub").setAttribute("aria-valuetext", `${clock(currentTime)} / ${clock(duration)}`);
  }

  savePoster() {
    const canvas = document.createElement("canvas");
    canvas.width = this.video.videoWidth;
    canvas.height = this.video.videoHeight;
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    canvas.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${this.name}-${this.video.currentTime.toFixed(1)}s.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }, "image/png");
  }
}
