// One webhook: what its server said to a test stands on the page until the next one.

import { said } from "./said.js";
import { facts, filled } from "./words.js";

const texts = facts("webhook-words");
const by = (id) => document.getElementById(id);

let tested = "";

/** A test is no delivery and stands in no list: that it was made is said where nothing was told. */
function showTested() {
  for (const place of document.querySelectorAll("[data-tested]")) {
    place.hidden = !tested;
    if (tested) place.textContent = filled(texts.tested, { status: tested });
  }
}
// The page's parts were drawn anew by a server that keeps no tests.
document.addEventListener("refreshed", showTested);

document.addEventListener("answered", async ({ detail: { from, data } }) => {
  if (from.id !== "test") return;
  const [why] = await said([data.error || ""]);
  tested = data.http_status || texts.none;
  showTested();
  by("test-says").hidden = false;
  by("test-status").textContent = data.http_status || texts.none;
  by("test-status").className = `http ${data.delivered ? "http-good" : "http-bad"}`;
  by("test-took").textContent = `${data.took_ms} ms`;
  by("test-answer").textContent = data.answer || texts.empty;
  by("test-answer").hidden = !data.http_status;
  by("test-meaning").textContent = data.delivered ? texts.heard : data.http_status ? texts.not_heard : filled(texts.no_answer, { error: why.text });
});
