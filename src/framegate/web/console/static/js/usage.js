// Charts of usage, drawn with Chart.js from the tables beside them: what is seen is what is written.
// Where Chart.js is not there the tables stand alone.

const CHARTS = [];
const DAY_LABEL_PX = 72;
const FONT = getComputedStyle(document.documentElement).getPropertyValue("--sans").trim();
// A canvas knows no variables, and a variable is not resolved where it is only read.
const probe = document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
function colour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
const usage = document.getElementById("usage");
const { symbol } = usage.dataset;
let metric = "spent";

const figures = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
const shown = (value) => (metric === "spent" ? `${symbol}${figures.format(value)}` : metric === "seconds" ? `${figures.format(value)} s` : figures.format(value));

/** The rows of a table: their labels as they are read, their figures as the API gave them. */
function rowsOf(name, most = Infinity) {
  const rows = [...document.querySelectorAll(`#table-${name} tbody tr`)].slice(0, most);
  return {
    labels: rows.map((row) => row.querySelector("th").textContent.trim()),
    // A chart is drawn to a pixel, not to a micro: the table has the exact amount.
    values: rows.map((row) => Number(row.dataset[metric])),
  };
}

function optionsOf(isDays) {
  const line = colour("--line");
  const faint = colour("--faint");
  const value = { beginAtZero: true, border: { display: false }, grid: { color: line }, ticks: { color: faint, callback: shown, maxTicksLimit: 5 } };
  const label = {
    border: { display: false },
    grid: { display: false },
    ticks: isDays ? { color: faint, maxRotation: 0, autoSkip: false, callback: dayAt } : { color: colour("--muted"), autoSkip: false },
  };
  return {
    indexAxis: isDays ? "x" : "y",
    maintainAspectRatio: false,
    // Nothing slides into its place: a chart is read, also in the middle of it.
    animation: false,
    interaction: { mode: "index", axis: isDays ? "x" : "y", intersect: false },
    scales: isDays ? { x: label, y: value } : { x: value, y: label },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: colour("--panel-high"),
        titleColor: colour("--text"),
        bodyColor: colour("--text"),
        borderColor: colour("--line-strong"),
        borderWidth: 1,
        padding: 10,
        displayColors: false,
        callbacks: { label: (item) => shown(isDays ? item.parsed.y : item.parsed.x) },
      },
    },
  };
}

const day = new Intl.DateTimeFormat(document.documentElement.lang, { month: "short", day: "numeric", timeZone: "UTC" });
/** The last day always has its label, and before it as many as there is room for. */
function dayAt(place, index, ticks) {
  const apart = Math.max(1, Math.ceil((ticks.length * DAY_LABEL_PX) / this.width));
  return (ticks.length - 1 - index) % apart ? "" : day.format(new Date(this.getLabelForValue(place)));
}

function draw(box) {
  const name = box.dataset.chart;
  const isDays = name === "day";
  const { labels, values } = rowsOf(name, Number(box.dataset.most) || Infinity);
  if (!labels.length) return;
  box.hidden = false;
  if (!isDays) box.style.height = `${Math.max(2, labels.length) * 32 + 56}px`;
  const accent = colour("--accent");
  const bar = { data: values, backgroundColor: accent, hoverBackgroundColor: colour("--accent-high"), borderRadius: 3, maxBarThickness: isDays ? 26 : 14, minBarLength: 0 };
  CHARTS.push(new window.Chart(box.querySelector("canvas"), { type: "bar", data: { labels, datasets: [bar] }, options: optionsOf(isDays) }));
}

function drawAll() {
  for (const chart of CHARTS.splice(0)) chart.destroy();
  window.Chart.defaults.font.family = FONT;
  window.Chart.defaults.font.size = 12;
  for (const box of document.querySelectorAll("[data-chart]")) draw(box);
}

function choose(button) {
  metric = button.dataset.metric;
  for (const each of document.querySelectorAll("[data-metric]")) each.setAttribute("aria-pressed", String(each === button));
  drawAll();
}

if (window.Chart) {
  drawAll();
  const twin = document.getElementById("days-twin");
  if (twin) twin.open = false;
  document.getElementById("metric").hidden = CHARTS.length === 0;
  for (const button of document.querySelectorAll("[data-metric]")) button.addEventListener("click", () => choose(button));
  // A switch of the light redraws: a canvas does not inherit colours.
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", drawAll);
}
