// The left side: everything that becomes the request. It knows no task and no price.

import { ApiError, ask, local } from "./api.js";
import { bodyOf } from "./body.js";
import { icon } from "./icons.js";
import { settingsOf } from "./mp4.js";
import { judged, nearestRatio } from "./picture.js";
import { toast } from "./toast.js";
import { facts, filled } from "./words.js";

const by = (id) => document.getElementById(id);
const DRAFT = "framegate-draft";
const FLOOR_S = 3;
const words = facts("words");

/** Characters as the gateway counts them: an emoji is one. */
const lengthOf = (text) => [...text].length;

/** The form. `onChange()` is called after every change; `wish` and `problem` say what came of it. */
export class Compose {
  constructor(onChange) {
    this.onChange = onChange;
    this.picture = null; // {url, path, name, width, height, bytes, rules}
    this.uploads = 0;
    this.listen();
  }

  /** Take the draft of before a reload up again, and say so for the first time. */
  begin() {
    this.restore();
    this.changed();
  }

  // --- what it says -------------------------------------------------------------------------

  get wish() {
    return {
      picture: this.picture ? this.picture.url : "",
      prompt: by("prompt").value.trim(),
      duration: Number(by("duration").value),
      resolution: document.querySelector("[name=resolution]:checked").value,
      aspect: document.querySelector("[name=aspect]:checked").value,
      callback: by("callback").value.trim(),
      external: by("external").value.trim(),
      watermark: by("watermark").checked,
    };
  }

  get body() {
    return bodyOf(this.wish);
  }

  /** What a quote is asked for: a prompt that is too long is known to be, and does not count for the price. */
  get priced() {
    return this.tooLong ? bodyOf({ ...this.wish, prompt: "" }) : this.body;
  }

  /** Why it cannot be sent yet; "" when it can. */
  get problem() {
    if (!this.picture) return words.need_picture;
    if (!this.picture.url) return words.uploading;
    return this.tooLong;
  }

  /** By how much the prompt is too long, in words; "" when it is not. */
  get tooLong() {
    const over = lengthOf(this.wish.prompt) - Number(by("prompt").dataset.max);
    return over > 0 ? filled(words.too_long, { count: over }) : "";
  }

  // --- the first frame ----------------------------------------------------------------------

  /** Take a file: judge it here, and upload it when it keeps every rule. */
  async takeFile(file, name = file.name) {
    const upload = ++this.uploads;
    if (file.type.startsWith("video/")) return this.takeVideo(file);
    const seen = await judged(file);
    if (upload !== this.uploads) return;
    this.complain("");
    if (!seen.rules.every((rule) => rule.isKept) || !seen.width) {
      this.showRules(seen.rules);
      if (!seen.width && seen.format) this.complain(words.unreadable);
      return;
    }
    const picture = { ...seen, name, url: "", path: URL.createObjectURL(file) };
    this.put(picture);
    by("drop-busy").hidden = false;
    try {
      const { data } = await ask("POST", "/api/images", file);
      if (upload !== this.uploads) return;
      picture.url = data.url;
      // Kept over a reload, unlike the browser's own copy of the file.
      picture.kept = local(data.url);
    } catch (error) {
      if (upload !== this.uploads) return;
      this.drop();
      this.complain(error instanceof ApiError ? error.message : String(error));
    } finally {
      if (upload === this.uploads) by("drop-busy").hidden = true;
      this.changed();
    }
  }

  /** Take an address: it is judged where it is fetched, and never asked for from here. */
  takeUrl(text) {
    this.uploads += 1;
    let url;
    try {
      url = new URL(text);
    } catch {
      url = null;
    }
    if (!url || !/^https?:$/.test(url.protocol)) return this.complain(words.bad_url);
    this.complain("");
    this.put({ url: text, path: "", name: url.hostname, width: 0, height: 0, bytes: 0, rules: [] });
    return undefined;
  }

  /** Take over what a dropped video of ours was made with. */
  async takeVideo(file) {
    const settings = await settingsOf(file);
    if (!settings) return this.complain(words.no_settings);
    this.complain("");
    this.take(settings);
    toast(words.reused);
    return undefined;
  }

  /** Take a picture that was uploaded here before, by a link that is good now. */
  takeOwn(url) {
    this.uploads += 1;
    this.complain("");
    const image = new Image();
    image.addEventListener("load", () => {
      const { naturalWidth: width, naturalHeight: height } = image;
      this.put({ url, path: local(url), kept: local(url), name: words.uploaded, width, height, bytes: 0, rules: [] });
    });
    image.src = local(url);
  }

  put(picture) {
    this.picture = picture;
    by("drop-empty").hidden = true;
    by("drop-full").hidden = false;
    by("sources").hidden = true;
    const image = by("drop-image");
    image.hidden = !picture.path;
    if (picture.path) image.src = picture.path;
    image.classList.toggle("covers", picture.width / picture.height >= 1.3 && picture.width / picture.height <= 2.4);
    by("drop-url").hidden = Boolean(picture.path);
    by("drop-url").textContent = picture.path ? "" : picture.url;
    by("drop-name").textContent = picture.name;
    const weight = picture.bytes ? ` · ${(picture.bytes / 1048576).toFixed(2)} MB` : "";
    by("drop-size").textContent = picture.width ? `${picture.width}×${picture.height}${weight}` : "";
    this.showRules(picture.rules, !picture.width);
    if (picture.width) {
      document.querySelector(`[name=aspect][value="${nearestRatio(picture.width, picture.height)}"]`).checked = true;
    }
    this.changed();
  }

  drop() {
    this.uploads += 1;
    this.picture = null;
    by("drop-empty").hidden = false;
    by("drop-full").hidden = true;
    by("drop-busy").hidden = true;
    by("sources").hidden = false;
    by("checks").hidden = true;
    by("file").value = "";
    this.changed();
  }

  showRules(rules, isLater = false) {
    const items = rules.map(({ rule, isKept, value }) => {
      const good = { format: value, bytes: words.at_most_mb, side: words.at_least_px, ratio: filled(words.ratio, { ratio: value }) };
      const bad = { format: words.bad_format, bytes: words.bad_bytes, side: words.bad_side, ratio: words.bad_ratio, pixels: words.bad_pixels };
      return check(isKept ? "good" : "bad", isKept ? good[rule] : filled(bad[rule], { size: value, ratio: value }));
    });
    if (isLater) items.push(check("later", words.fetched_later));
    by("checks").replaceChildren(...items);
    by("checks").hidden = items.length === 0;
  }

  complain(text) {
    by("picture-complaint").hidden = !text;
    by("picture-complaint").replaceChildren(...(text ? [icon("warn"), text] : []));
  }

  /** Take one of the shipped pictures, as its file. */
  async takeSample(button) {
    const file = await (await fetch(button.dataset.src)).blob();
    await this.takeFile(file, `${button.dataset.sample}.jpg`);
  }

  // --- words, seconds, the rest ---------------------------------------------------------------

  setPrompt(text) {
    by("prompt").value = text;
    this.changed();
  }

  /** Put a move's words into the prompt, or take them out again. */
  toggleMove(said) {
    const prompt = by("prompt").value.trim();
    const parts = prompt.split(/\s*[,，]\s*/).filter(Boolean);
    const at = parts.findIndex((part) => part.toLowerCase() === said.toLowerCase());
    if (at >= 0) parts.splice(at, 1);
    else parts.push(said);
    const comma = /[\u4e00-\u9fff]/.test(said) ? "，" : ", ";
    this.setPrompt(parts.join(comma));
  }

  /** Take over the settings of a task or of a file. */
  take({ prompt, duration, resolution, aspect_ratio: aspect }) {
    if (prompt !== undefined) by("prompt").value = prompt;
    if (duration) by("duration").value = String(duration);
    for (const [name, value] of [["resolution", resolution], ["aspect", aspect]]) {
      const choice = value && document.querySelector(`[name=${name}][value="${value}"]`);
      if (choice) choice.checked = true;
    }
    this.changed();
  }

  changed() {
    const { duration, prompt } = this.wish;
    by("duration-value").textContent = String(duration);
    by("duration").setAttribute("aria-valuetext", filled(words.elapsed, { seconds: duration }));
    for (const cell of document.querySelectorAll("[data-second]")) {
      const second = Number(cell.dataset.second);
      cell.className = second > duration ? "" : second <= FLOOR_S ? "on floor" : "on";
    }
    const count = lengthOf(prompt);
    const max = Number(by("prompt").dataset.max);
    by("prompt-count").textContent = `${count} / ${max}`;
    by("prompt").setAttribute("aria-invalid", String(count > max));
    const parts = new Set(prompt.toLowerCase().split(/\s*[,，]\s*/));
    for (const move of document.querySelectorAll("[data-move]")) {
      move.setAttribute("aria-pressed", String(parts.has(move.dataset.move.toLowerCase())));
    }
    this.keep();
    this.onChange(this);
  }

  // --- kept over a reload, such as a change of language ------------------------------------------

  keep() {
    const { prompt, duration, resolution, aspect, callback, external } = this.wish;
    const shown = this.picture && this.picture.url ? { ...this.picture, path: this.picture.kept || "" } : null;
    const draft = { prompt, duration, resolution, aspect_ratio: aspect, callback, external, picture: shown };
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
  }

  restore() {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) || "{}");
    by("callback").value = draft.callback || "";
    by("external").value = draft.external || "";
    if (draft.picture) this.put(draft.picture);
    this.take(draft);
  }

  listen() {
    by("choose").addEventListener("click", () => by("file").click());
    by("file").addEventListener("change", () => by("file").files[0] && this.takeFile(by("file").files[0]));
    by("replace").addEventListener("click", () => {
      this.drop();
      by("choose").focus();
    });
    by("use-url").addEventListener("click", () => this.takeUrl(by("picture-url").value.trim()));
    by("picture-url").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.takeUrl(by("picture-url").value.trim());
    });
    for (const sample of document.querySelectorAll("[data-sample]")) {
      sample.addEventListener("click", () => this.takeSample(sample));
    }
    for (const move of document.querySelectorAll("[data-move]")) {
      move.addEventListener("click", () => this.toggleMove(move.dataset.move));
    }
    by("compose").addEventListener("input", (event) => event.target.id !== "picture-url" && this.changed());
    by("drop-image").addEventListener("error", () => this.drop());
    document.addEventListener("paste", (event) => this.paste(event));
    this.listenToDrops();
  }

  paste(event) {
    const [file] = event.clipboardData.files;
    if (file) {
      event.preventDefault();
      this.takeFile(file);
      return;
    }
    const text = event.clipboardData.getData("text").trim();
    const isInAField = event.target.closest("input, textarea");
    if (!isInAField && /^https?:\/\/\S+$/.test(text)) this.takeUrl(text);
  }

  listenToDrops() {
    const veil = by("veil");
    const isPicture = (event) => [...event.dataTransfer.types].some((type) => type === "Files" || type === "text/uri-list");
    document.addEventListener("dragover", (event) => {
      if (!isPicture(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) veil.hidden = true;
    });
    document.addEventListener("drop", (event) => {
      veil.hidden = true;
      if (!isPicture(event)) return;
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) this.takeFile(file);
      else this.takeUrl(event.dataTransfer.getData("text/uri-list").split("\n")[0].trim());
    });
  }
}

function check(kind, text) {
  const item = document.createElement("li");
  item.className = kind;
  item.append(icon(kind === "good" ? "check" : kind === "bad" ? "x" : "clock"), text);
  return item;
}
