// Forms and buttons that change something through the JSON API. What a page wants is in its markup:
//
//   <form data-ask="/api/keys" data-done="Made" data-shows="made">   its fields become the JSON body
//   <button data-post="/api/upstreams/NAME/pause" data-done="Paused">
//   <button data-opens="revoke" data-with='{"ask": "/api/keys/ID/revoke", "name": "nightly"}'>
//
// After an answer a toast says data-done, the dialog data-shows opens with the answer in it, and the
// page's parts are drawn anew. A refusal is told at the field that it names.

import { post } from "./api.js";
import { refresh } from "./parts.js";
import { toast } from "./toast.js";
import { filled } from "./words.js";

const DAY_MS = 86_400_000;

// --- from fields to a body -------------------------------------------------------------------------

const isEmpty = (field) => field.value.trim() === "";

/** An integer as a number; anything else as it was typed, so that the API says what is wrong. */
const whole = (text) => (/^\d{1,15}$/.test(text.trim()) ? Number(text) : text.trim());

const KINDS = {
  text: (field) => field.value.trim(),
  whole: (field) => whole(field.value),
  flag: (field) => field.checked,
  expiry: (field) => {
    if (field.value !== "day") return Date.now() + Number(field.value) * DAY_MS;
    const day = field.form.querySelector("[data-day]").value;
    return day ? new Date(`${day}T23:59:59`).getTime() : "";
  },
};

/** The JSON body of a form: empty fields are left out, or null where data-empty says so. */
export function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    const kind = field.dataset.kind || "text";
    if (kind === "list") {
      body[field.name] ??= [];
      if (field.checked) body[field.name].push(field.value);
    } else if (field.type === "radio" && !field.checked) {
      continue;
    } else if (kind !== "flag" && isEmpty(field)) {
      if (field.dataset.empty === "null") body[field.name] = null;
    } else {
      body[field.name] = KINDS[kind](field);
    }
  }
  return body;
}

// --- complaints ------------------------------------------------------------------------------------

/** What can be done about a complaint stands hidden in the form until the API makes that complaint. */
function advise(form, { envelope }) {
  const told = envelope.data?.errors || [];
  for (const place of form.querySelectorAll("[data-advice]")) {
    const { name, advice } = place.dataset;
    const typed = form.elements.namedItem(name).value.trim();
    const isTold = told.some(({ path, message }) => path === `/${name}` && message.endsWith(advice));
    place.hidden = !(isTold && URL.canParse(typed));
    if (!place.hidden) fill(place, { pair: pairOf(new URL(typed)) });
  }
}

/** `host:port` as an operator writes it. */
const pairOf = ({ hostname, port, protocol }) => `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;

function clear(form) {
  for (const place of form.querySelectorAll("[data-advice]")) place.hidden = true;
  for (const place of form.querySelectorAll("[data-complaint]")) place.hidden = true;
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/** A text that says which language it is in, where that is not the page's. */
function sentence(text, lang) {
  const box = document.createElement("span");
  if (lang) box.lang = lang;
  box.textContent = text;
  return box;
}

/** What the form calls a field; the API's own name where no label does. */
function labelOf(form, field, name) {
  const label = field?.id && form.querySelector(`label[for="${field.id}"]`);
  return label ? label.firstChild.textContent.trim() : name;
}

/**
 * The API's sentence with the form's name of the field, where the sentence begins with the API's: in
 * English, or behind the one Chinese word that a missing field puts before it.
 */
function labelled(message, name, label) {
  const isWide = /[^\x00-\x7f]$/.test(label);
  const [found, before = ""] = message.match(new RegExp(`^([^\\x00-\\x7f]+ )?${name}(?= |$)`)) || [];
  if (!name || !found || label === name) return message;
  const rest = message.slice(found.length);
  return (isWide ? before.trim() : before) + label + (isWide ? rest.replace(/^ (?=[^\x00-\x7f])/, "") : rest);
}

/** Say each complaint at its field, the rest at the form's own place. */
function complain(form, error) {
  const told = error.errors.length ? error.errors : [{ path: "", message: error.message, lang: "" }];
  for (const { path, message, lang } of told) {
    const name = path.split("/")[1] || "";
    const place = form.querySelector(`[data-complaint="${name}"]`) || form.querySelector('[data-complaint=""]');
    const field = form.querySelector(`[name="${name}"]`);
    const text = place.querySelector("span");
    const isForeign = lang && lang !== document.documentElement.lang;
    const says = isForeign ? message : labelled(message, name, labelOf(form, field, name));
    text.replaceChildren(...(place.hidden ? [] : [...text.childNodes, "; "]), sentence(says, lang));
    place.hidden = false;
    if (field) field.setAttribute("aria-invalid", "true");
  }
  advise(form, error);
  form.querySelector('[aria-invalid="true"]')?.focus();
}

// --- asking ----------------------------------------------------------------------------------------

async function busy(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** What both do with an answer; `from` is the form or the button. */
async function answered(from, data) {
  from.closest("dialog")?.close();
  if (from.dataset.done) toast(filled(from.dataset.done, data));
  if (from.dataset.shows) show(document.getElementById(from.dataset.shows), data);
  document.dispatchEvent(new CustomEvent("answered", { detail: { from, data } }));
  await refresh();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-ask]");
  if (!form) return;
  event.preventDefault();
  busy(event.submitter || form.querySelector("button:not([type])"), async () => {
    clear(form);
    try {
      const body = form.dataset.bare === undefined ? bodyOf(form) : undefined;
      await answered(form, await post(form.dataset.ask, body));
    } catch (error) {
      if (!("errors" in error)) throw error;
      complain(form, error);
    }
  });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-post]");
  if (button) {
    busy(button, async () => {
      try {
        await answered(button, await post(button.dataset.post));
      } catch (error) {
        if (!("errors" in error)) throw error;
        toast(error.message, "bad");
      }
    });
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) prepare(document.getElementById(opener.dataset.opens), JSON.parse(opener.dataset.with || "{}"));
});

// --- dialogs ---------------------------------------------------------------------------------------

/** A dialog is opened with its form as new, and with what its opener says it is about. */
function prepare(dialog, about) {
  const form = dialog.querySelector("form[data-ask]");
  if (form) {
    form.reset();
    clear(form);
    if (about.ask) form.dataset.ask = about.ask;
    for (const [name, value] of Object.entries(about.values || {})) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value ?? "";
    }
  }
  fill(dialog, about);
  for (const place of dialog.querySelectorAll("[data-if]")) place.hidden = !about[place.dataset.if];
}

function show(dialog, data) {
  fill(dialog, data);
  dialog.showModal();
}

/** `<code data-text="export KEY=%(key)s">`: its text, and what a click on it copies. */
function fill(dialog, values) {
  for (const place of dialog.querySelectorAll("[data-text]")) {
    const text = filled(place.dataset.text, values);
    place.textContent = text;
    if ("copy" in place.dataset) place.dataset.copy = text;
  }
}
