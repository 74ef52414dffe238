// Draws <canvas data-chart="ID of the JSON beside it">. The JSON is {kind: "bar" | "line" | "waterfall", labels, series: [{label, values}],
// unit}; values are numbers only to be drawn, the exact ones stand in the table behind. Colours come from the page and follow its theme.

import { BarController, BarElement, CategoryScale, Chart, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip } from "chart.js";

Chart.register(BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, Tooltip);

const drawn = new Map();

// As the page shows it: light-dark() is settled by the browser, not by a canvas.
function colour(name) {
  const probe = document.body.appendChild(document.createElement("span"));
  probe.style.color = `var(${name})`;
  const shown = getComputedStyle(probe).color;
  probe.remove();
  return shown;
}

const TINTS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-6"];

// Each step of a waterfall floats from where the one before it ended; the first and the last stand on the ground.
function steps(values) {
  let level = 0;
  return values.map((value, at) => {
    if (at === 0 || at === values.length - 1) {
      level = value;
      return [0, value];
    }
    level += value;
    return [level - value, level];
  });
}

function dataset({ kind, series }, { label, values }, at) {
  const tint = colour(TINTS[at % TINTS.length]);
  const line = { borderColor: tint, borderWidth: 2, pointRadius: 3, tension: 0.2, fill: false };
  if (kind !== "waterfall") return { label, data: values, backgroundColor: tint, ...(kind === "line" ? line : { maxBarThickness: 44, borderRadius: 3 }) };
  const paint = values.map((value, step) => colour(step === 0 || step === values.length - 1 ? TINTS[0] : value < 0 ? "--chart-down" : "--chart-up"));
  return { label, data: steps(values), backgroundColor: paint, maxBarThickness: 56, borderRadius: 3, hidden: series.length === 0 };
}

function options({ kind, series, unit, stacked }) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
  const grid = { color: colour("--chart-line") };
  const ticks = { color: colour("--quiet") };
  const said = ({ dataset, raw }) => `${dataset.label}: ${number.format(Array.isArray(raw) ? raw[1] - raw[0] : raw)} ${unit ?? ""}`;
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 200 },
    interaction: { mode: "index", intersect: false },
    scales: {
      x: { grid: { display: false }, ticks, stacked: Boolean(stacked) },
      y: { grid, ticks: { ...ticks, ...(unit ? {} : { precision: 0 }), callback: (value) => short.format(value) }, beginAtZero: true, stacked: Boolean(stacked) },
    },
    plugins: {
      legend: { display: kind !== "waterfall" && series.length > 1, labels: { color: colour("--text"), boxWidth: 12 } },
      tooltip: { callbacks: { label: said } },
    },
  };
}

function draw(canvas) {
  const wanted = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
  drawn.get(canvas)?.destroy();
  const data = { labels: wanted.labels, datasets: wanted.series.map((each, at) => dataset(wanted, each, at)) };
  drawn.set(canvas, new Chart(canvas, { type: wanted.kind === "line" ? "line" : "bar", data, options: options(wanted) }));
}

export function begin(root) {
  for (const canvas of root.querySelectorAll("canvas[data-chart]")) if (!drawn.has(canvas)) draw(canvas);
  for (const canvas of drawn.keys()) if (!canvas.isConnected) drawn.delete(canvas);
}

const again = () => [...drawn.keys()].filter((canvas) => canvas.isConnected).forEach(draw);
new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
