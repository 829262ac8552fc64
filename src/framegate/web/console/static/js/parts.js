// The page's own parts, brought up to date without loading it again: the server draws them, as ever.

import { showTimes } from "./times.js";
import { toast } from "./toast.js";
import { words } from "./words.js";

/** Fetch this page and put its `[data-part]` elements in the place of ours; the focus stays. */
export async function refresh() {
  let answer;
  try {
    answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  } catch {
    toast(words.no_server, "bad");
    return;
  }
  // The session may have ended with what was just done, such as the revoking of its own key.
  if (answer.redirected) {
    location.assign(answer.url);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement && document.activeElement.id;
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (next) part.replaceWith(next);
  }
  showTimes();
  document.dispatchEvent(new CustomEvent("refreshed"));
  if (focused && document.activeElement.id !== focused) document.getElementById(focused)?.focus();
}
