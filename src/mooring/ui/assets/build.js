// Draws style sheet, script and icon sprite from the job that build_assets.py writes to standard input.
// New files get new names first, the manifest is replaced in one step, old files go last: a running server never misses one.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { createRequire } from "node:module";

const job = JSON.parse(readFileSync(0, "utf8"));
const require = createRequire(join(job.project, "package.json"));
const esbuild = require("esbuild");
const { PurgeCSS } = require("purgecss");

const packages = join(job.project, "node_modules");
const assets = join(job.project, "src/mooring/ui/assets");
const target = ["chrome125", "firefox128", "safari17.5"];
// Names that both have: what is drawn is ours, so Tabler's rules for them are left out.
const OURS = ["legend", "page-body", "prose", "steps", "timeline"];
const EDITOR = "django-prose-editor (BSD-3-Clause), https://github.com/feincms/django-prose-editor, with ProseMirror and Tiptap (MIT)";
const files = {};

function keep(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const hashed = `${basename(name, extname(name))}-${hash}${extname(name)}`;
  writeFileSync(join(job.dist, hashed), content);
  files[name] = hashed;
  return hashed;
}

function fonts(css) {
  return css.replace(/url\((@fontsource[^)]+)\)/g, (_, path) => {
    const file = join(packages, path);
    return `url(./${keep(basename(file), readFileSync(file))})`;
  });
}

async function style() {
  const tabler = readFileSync(join(packages, "@tabler/core/dist/css/tabler.css"), "utf8");
  const [used] = await new PurgeCSS().purge({
    content: [{ raw: job.words.join(" "), extension: "html" }],
    css: [{ raw: tabler }],
    safelist: { standard: ["html", "body", ":root", /^:/, "data-bs-theme", "light", "dark"], variables: [] },
    blocklist: OURS,
    variables: true,
    keyframes: true,
  });
  const own = await esbuild.build({
    entryPoints: [join(assets, "css/app.css")],
    bundle: true,
    write: false,
    target,
    external: ["@fontsource*"],
    logLevel: "silent",
  });
  const whole = `${used.css}\n${fonts(own.outputFiles[0].text)}`;
  const small = await esbuild.transform(whole, { loader: "css", minify: true, target, legalComments: "none" });
  keep("app.css", small.code);
}

// Fetched by app.js only where a letter is written: what surrounds the editor, and the editor itself, which is ten times as large.
// Drag and drop and charts likewise, only where there is something to drag or to draw.
async function fetchedWhereUsed() {
  for (const path of ["writing/writing.js", "writing/editor.js", "dragging/dragging.js", "charts/charts.js"]) {
    const built = await esbuild.build({
      entryPoints: [join(assets, path)],
      bundle: true,
      format: "esm",
      minify: true,
      write: false,
      target,
      alias: { "django-prose-editor/editor": job.editor },
      legalComments: "none",
      logLevel: "silent",
    });
    keep(basename(path), built.outputFiles[0].text);
  }
}

async function script() {
  const own = await esbuild.build({
    entryPoints: [join(assets, "js/app.js")],
    bundle: true,
    format: "iife",
    minify: true,
    write: false,
    target,
    logLevel: "silent",
  });
  const htmx = job.htmx.map((path) => readFileSync(path, "utf8"));
  keep("app.js", [...htmx, own.outputFiles[0].text].join(";\n"));
}

function symbol(name) {
  const filled = name.endsWith("-filled");
  const file = join(packages, "@tabler/icons/icons", filled ? "filled" : "outline", `${name.replace(/-filled$/, "")}.svg`);
  if (!existsSync(file)) {
    throw new Error(`There is no icon "${name}" (asked for in ${job.icons[name]}); see https://tabler.io/icons`);
  }
  const inner = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
  const drawing = inner.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").replace(/\s+/g, " ").trim();
  const paint = filled ? ' fill="currentColor" stroke="none"' : "";
  return `<symbol id="${name}" viewBox="0 0 24 24"${paint}>${drawing}</symbol>`;
}

function sprite() {
  const symbols = Object.keys(job.icons).map(symbol).join("");
  keep("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols}</svg>`);
}

function images() {
  for (const name of readdirSync(join(assets, "images"))) keep(name, readFileSync(join(assets, "images", name)));
}

function licences() {
  const named = ["@tabler/core", "@tabler/icons", "@fontsource-variable/inter", "chart.js", "sortablejs"].map((name) => {
    const about = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    const file = ["LICENSE", "LICENSE.md"].map((each) => join(packages, name, each)).find(existsSync);
    return `${name} ${about.version} (${about.license})\n\n${file ? readFileSync(file, "utf8") : about.homepage}`;
  });
  keep("licences.txt", ["htmx 2 (0BSD), https://htmx.org", EDITOR, ...named].join(`\n\n${"-".repeat(80)}\n\n`));
}

function publish() {
  const kept = new Set([...Object.values(files), "manifest.json"]);
  const manifest = { stamp: job.stamp, files, icons: Object.keys(job.icons) };
  const draft = join(job.dist, "manifest.json.new");
  writeFileSync(draft, JSON.stringify(manifest, null, 1));
  renameSync(draft, join(job.dist, "manifest.json"));
  for (const name of readdirSync(job.dist)) if (!kept.has(name)) rmSync(join(job.dist, name));
}

try {
  mkdirSync(job.dist, { recursive: true });
  await style();
  await script();
  await fetchedWhereUsed();
  sprite();
  images();
  licences();
  publish();
} catch (error) {
  process.stderr.write(`${error.message ?? error}\n`);
  process.exit(1);
}
