// A short message at the foot of the page. Its text is text: nothing in it becomes markup.

import { icon } from "./icons.js";

const SHOWN_MS = 3200;
const TOASTS_MAX = 3;

/** Say something for a moment; `tone` is "good" or "bad". */
export function toast(text, tone = "good") {
  const place = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = `toast toast-${tone}`;
  box.append(icon(tone === "bad" ? "warn" : "check"), text);
  while (place.children.length >= TOASTS_MAX) place.firstChild.remove();
  place.append(box);
  setTimeout(() => box.remove(), tone === "bad" ? SHOWN_MS * 2 : SHOWN_MS);
}
