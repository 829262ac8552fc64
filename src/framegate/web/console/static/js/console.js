// What every page does: copy ids, switch the theme, open and close dialogs and menus, show local times.

import "./navigation.js";
import { showTimes } from "./times.js";
import { toast } from "./toast.js";
import { words } from "./words.js";

const YEAR_S = 365 * 86400;

document.addEventListener("click", async (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied) await copy(copied.dataset.copy);

  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  // A click beside a dialog, on its backdrop, closes it; not where something is shown this once.
  if (event.target instanceof HTMLDialogElement && !("keep" in event.target.dataset)) event.target.close();

  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/** Open a dialog at its first field: at its closing button the first space would close it. */
function open(dialog) {
  dialog.showModal();
  dialog.querySelector(".dialog-body :is(input, select, textarea):not([type=hidden], [hidden])")?.focus();
}

// Nor does Escape close what is shown this once; on a telephone that is the button to go back.
for (const dialog of document.querySelectorAll("dialog[data-keep]")) {
  dialog.addEventListener("cancel", (event) => event.preventDefault());
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  // A browser lets only the first of several Escapes be refused as a cancel, but any as a key.
  if (document.querySelector("dialog[data-keep][open]")) event.preventDefault();
  for (const menu of document.querySelectorAll(".menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

for (const form of document.querySelectorAll("[data-theme-switch]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    switchTheme(event.submitter.value);
  });
}

function switchTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `framegate_theme=${theme}; path=/; max-age=${YEAR_S}; samesite=strict`;
  for (const button of document.querySelectorAll("[data-theme-switch] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

/** Put a text on the clipboard and say so. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP on another machine than this one has no clipboard for scripts.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(words.copied);
}

// Requests of htmx carry the same proof as those of api.js, and what they bring gets local times.
document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-Framegate-Console"] = "1";
});
document.addEventListener("htmx:after:swap", () => showTimes());

showTimes();

// On a narrow window the navigation is one line that scrolls: where one is stands in its middle.
const here = document.querySelector(".side [aria-current]");
if (here) {
  const side = here.closest(".side");
  side.scrollLeft = here.offsetLeft - (side.clientWidth - here.offsetWidth) / 2;
}
