// One webhook: what its server said to a test stands on the page until the next one.

import { said } from "./said.js";
import { facts, filled } from "./words.js";

const texts = facts("webhook-words");
const by = (id) => document.getElementById(id);

document.addEventListener("answered", async ({ detail: { from, data } }) => {
  if (from.id !== "test") return;
  const [why] = await said([data.error || ""]);
  by("test-says").hidden = false;
  by("test-status").textContent = data.http_status || texts.none;
  by("test-status").className = `http ${data.delivered ? "http-good" : "http-bad"}`;
  by("test-took").textContent = `${data.took_ms} ms`;
  by("test-answer").textContent = data.answer || texts.empty;
  by("test-answer").hidden = !data.http_status;
  by("test-meaning").textContent = data.delivered ? texts.heard : data.http_status ? texts.not_heard : filled(texts.no_answer, { error: why.text });
});
