// What an upstream answered to a test stands on its card until the page is left.

import { facts, filled } from "./words.js";

const texts = facts("upstream-words");

document.addEventListener("answered", async ({ detail: { from, data } }) => {
  if (!from.dataset.upstream) return;
  const name = from.dataset.upstream;
  const say = () => {
    const place = document.getElementById(`says-${name}`);
    place.textContent = filled(data.well ? texts.well : texts.bad, data);
    place.className = `says-now ${data.well ? "is-good" : "is-bad"}`;
  };
  say();
  // The card is drawn anew after the test, since it may have closed a breaker.
  new MutationObserver((_, watching) => {
    watching.disconnect();
    say();
  }).observe(document.querySelector("[data-part]").parentElement, { childList: true });
});
