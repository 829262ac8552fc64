// The code below the gate: one panel, six tabs, by mouse and by arrow keys.

import { copy } from "./console.js";
import { codeOf } from "./code.js";
import { highlighted } from "./highlight.js";

const by = (id) => document.getElementById(id);

/** `texts()` answers what the tabs `response` and `events` show. */
export class Tabs {
  constructor(place, texts) {
    this.place = place;
    this.texts = texts;
    this.wish = null;
    this.chosen = "curl";
    this.buttons = [...document.querySelectorAll("[data-tab]")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.choose(button));
      button.addEventListener("keydown", (event) => this.move(event, button));
    }
    by("copy-code").addEventListener("click", () => copy(by("code").textContent));
  }

  show(wish = this.wish) {
    this.wish = wish;
    const text = this.texts()[this.chosen] ?? codeOf(this.chosen, this.place, this.shown(wish));
    const panel = by("code");
    if (panel.textContent === text) return;
    panel.firstElementChild.replaceChildren(...highlighted(text));
  }

  shown(wish) {
    return wish.picture ? wish : { ...wish, picture: "https://example.com/first-frame.jpg" };
  }

  choose(button) {
    this.chosen = button.dataset.tab;
    for (const each of this.buttons) {
      each.setAttribute("aria-selected", String(each === button));
      each.tabIndex = each === button ? 0 : -1;
    }
    by("code").setAttribute("aria-labelledby", button.id);
    by("code").scrollTop = 0;
    this.show();
  }

  move(event, button) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = this.buttons[(this.buttons.indexOf(button) + step + this.buttons.length) % this.buttons.length];
    next.focus();
    this.choose(next);
  }
}
