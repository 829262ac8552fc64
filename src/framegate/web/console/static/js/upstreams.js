// What an upstream answered to a test stands on its card until the page is left.

import { said } from "./said.js";
import { facts, filled } from "./words.js";

const texts = facts("upstream-words");
const answers = new Map();

document.addEventListener("answered", async ({ detail: { from, data } }) => {
  if (!from.dataset.upstream) return;
  const [says] = await said([data.says || ""]);
  answers.set(from.dataset.upstream, { ...data, says: says.text });
  say();
});
// The cards are drawn anew after everything that is done to one.
document.addEventListener("refreshed", say);

function say() {
  for (const [name, data] of answers) {
    const place = document.getElementById(`says-${name}`);
    place.textContent = filled(data.well ? texts.well : texts.bad, data);
    place.className = `says-now ${data.well ? "is-good" : "is-bad"}`;
  }
}
