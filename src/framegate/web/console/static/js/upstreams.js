// What an upstream answered to a test stands on its card until the page is left.

import { facts, filled } from "./words.js";

const texts = facts("upstream-words");
const said = new Map();

document.addEventListener("answered", ({ detail: { from, data } }) => {
  if (from.dataset.upstream) said.set(from.dataset.upstream, data);
  say();
});
// The cards are drawn anew after everything that is done to one.
document.addEventListener("refreshed", say);

function say() {
  for (const [name, data] of said) {
    const place = document.getElementById(`says-${name}`);
    place.textContent = filled(data.well ? texts.well : texts.bad, data);
    place.className = `says-now ${data.well ? "is-good" : "is-bad"}`;
  }
}
