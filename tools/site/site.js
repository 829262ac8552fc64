// The site's few movements: search, the theme, the menu on a small screen, copying code.
// It asks no server: PASSAGES stands in passages.js, which build_site.py writes.
"use strict";

const FOUND_MAX = 12;
const EXCERPT_CHARACTERS = 150;
const HAN_RUN = /[\u3400-\u9fff]+/g;

/** The words to look for: those between spaces; of a run of Chinese also every pair of signs. */
function wanted(query) {
  const words = query.toLowerCase().split(/[\s,，。、；：]+/).filter(Boolean);
  const pairs = (query.match(HAN_RUN) ?? []).flatMap((run) =>
    Array.from({ length: Math.max(run.length - 1, 0) }, (_, at) => run.slice(at, at + 2)));
  return { words, pairs };
}

/** How well a passage fits; 0 when it does not. */
function fitness({ words, pairs }, passage) {
  const heading = passage.heading.toLowerCase();
  const text = `${passage.page} ${passage.heading} ${passage.text}`.toLowerCase();
  const weight = (word) => (heading === word ? 20 : heading.includes(word) ? 8 : 1);
  if (words.every((word) => text.includes(word))) {
    return 10 + words.reduce((sum, word) => sum + weight(word), 0);
  }
  // Chinese has no spaces: 签名验证 should also find 验证签名.
  const others = words.filter((word) => !word.match(HAN_RUN));
  const hits = pairs.filter((pair) => text.includes(pair));
  const isNear = pairs.length > 1 && hits.length * 2 >= pairs.length;
  if (!isNear || !others.every((word) => text.includes(word))) return 0;
  return (hits.reduce((sum, pair) => sum + weight(pair), 0) * 8) / pairs.length;
}

/** The passages of this language that fit a query, the best first. */
function search(query, language, passages) {
  const terms = wanted(query);
  if (terms.words.length === 0) return [];
  return passages
    .filter((passage) => passage.language === language)
    .map((passage) => ({ passage, fits: fitness(terms, passage) }))
    .filter(({ fits }) => fits > 0)
    .sort((one, other) => other.fits - one.fits)
    .slice(0, FOUND_MAX)
    .map(({ passage }) => passage);
}

function excerpt(passage, { words, pairs }) {
  const text = passage.text;
  const lower = text.toLowerCase();
  const places = [...words, ...pairs].map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const start = Math.max(0, Math.min(...(places.length ? places : [0])) - 40);
  return (start ? "… " : "") + text.slice(start, start + EXCERPT_CHARACTERS);
}

function marked(text, { words, pairs }) {
  const nodes = [];
  const terms = [...words, ...pairs].map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  for (const [index, part] of text.split(new RegExp(`(${terms.join("|")})`, "gi")).entries()) {
    const node = document.createElement(index % 2 ? "mark" : "span");
    node.textContent = part;
    nodes.push(node);
  }
  return nodes;
}

function setUpSearch() {
  const input = document.querySelector("#query");
  const list = document.querySelector("#found");
  const { top, language } = document.body.dataset;
  let chosen = -1;

  function choose(index) {
    const items = [...list.querySelectorAll("[role=option]")];
    chosen = items.length ? (index + items.length) % items.length : -1;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", items[chosen]?.id ?? "");
    items[chosen]?.scrollIntoView({ block: "nearest" });
  }

  function item(passage, terms, at) {
    const line = document.createElement("li");
    line.id = `found-${at}`;
    line.setAttribute("role", "option");
    const link = document.createElement("a");
    link.href = top + passage.url;
    link.tabIndex = -1;
    const name = document.createElement("b");
    const isTitle = passage.heading === "" || passage.heading === passage.page;
    name.textContent = isTitle ? passage.page : `${passage.page} › ${passage.heading}`;
    const small = document.createElement("small");
    small.append(...marked(excerpt(passage, terms), terms));
    link.append(name, small);
    line.append(link);
    return line;
  }

  function show() {
    const terms = wanted(input.value);
    const found = search(input.value, language, PASSAGES);
    list.replaceChildren(...found.map((passage, at) => item(passage, terms, at)));
    if (terms.words.length && found.length === 0) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = input.dataset.none;
      list.append(none);
    }
    list.hidden = list.children.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(0);
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // An input method is still choosing a sign.
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") list.querySelectorAll("a")[chosen]?.click();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", close);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("search")) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input")) {
      event.preventDefault();
      input.focus();
    }
  });
}

function setUpTheme() {
  document.querySelector(".theme").addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    try {
      localStorage.theme = root.dataset.theme;
    } catch {
      // A browser that keeps nothing still shows it until the next page.
    }
  });
}

function setUpMenu() {
  const button = document.querySelector(".menu");
  button.addEventListener("click", () => {
    const isOpen = document.querySelector("#pages").classList.toggle("open");
    button.setAttribute("aria-expanded", String(isOpen));
  });
}

/** A console block is copied without its prompts and what was answered. */
function typed(block) {
  if (!block.querySelector(".gp")) return block.innerText;
  const lines = block.innerText.split("\n");
  const kept = lines.filter((line, at) =>
    line.startsWith("$ ") || (at > 0 && lines[at - 1].endsWith("\\")));
  return kept.map((line) => line.replace(/^\$ /, "")).join("\n");
}

function setUpCopying() {
  const word = document.body.dataset.language === "zh" ? ["复制", "已复制"] : ["Copy", "Copied"];
  for (const block of document.querySelectorAll(".codehilite")) {
    const button = document.createElement("button");
    button.className = "copy";
    button.type = "button";
    button.textContent = word[0];
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(typed(block.querySelector("pre")));
      button.textContent = word[1];
      setTimeout(() => (button.textContent = word[0]), 1500);
    });
    block.append(button);
  }
}

function wrapTables() {
  for (const table of document.querySelectorAll("article table")) {
    const frame = document.createElement("div");
    frame.className = "table";
    frame.tabIndex = 0;
    table.replaceWith(frame);
    frame.append(table);
  }
}

if (typeof document !== "undefined") {
  setUpSearch();
  setUpTheme();
  setUpMenu();
  setUpCopying();
  wrapTables();
}
if (typeof module !== "undefined") module.exports = { search };
