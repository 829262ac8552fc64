// Times that the server wrote in UTC, shown as this person's clock and calendar have them.

import { words } from "./words.js";

const language = document.documentElement.lang;
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const STEPS = [["minute", 60], ["hour", 3600], ["day", 86400]];

/** "3 min. ago" within a week, else the day and time. */
export function ago(date, now = new Date()) {
  const seconds = (date - now) / 1000;
  if (Math.abs(seconds) < 45) return words.just_now;
  if (Math.abs(seconds) > 7 * 86400) return short.format(date);
  let best = STEPS[0];
  for (const step of STEPS) if (Math.abs(seconds) >= step[1]) best = step;
  // "5分钟前" as browsers write it; every other number of the Chinese console stands apart.
  return relative.format(Math.round(seconds / best[1]), best[0]).replace(/(\d)(?=\p{Script=Han})/u, "$1 ");
}

/** Rewrite every `<time datetime>` below `root`; its title keeps the exact moment. */
export function showTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const date = new Date(time.getAttribute("datetime"));
    time.textContent = ago(date);
    time.title = `${exact.format(date)} · ${time.getAttribute("datetime")}`;
  }
}
