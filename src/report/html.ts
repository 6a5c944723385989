import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Figures, figuresOf } from "./figures.ts";
import { pack, pageData } from "./html-data.ts";
import type { ReportInput } from "./input.ts";

/** In the order in which they need each other. */
const SCRIPTS = [
  "visible.js",
  "dom.js",
  "packed.js",
  "statistics.js",
  "overview.js",
  "sessions.js",
  "matrix.js",
  "exchange.js",
  "panel.js",
  "page.js",
];
const STYLES = ["base.css", "overview.css", "statistics.css", "matrix.css", "panel.css"];

/** With line feeds only: an HTML parser drops carriage returns before it compares hashes. */
const read = (name: string): string =>
  readFileSync(new URL(`./html/${name}`, import.meta.url), "utf8").replaceAll("\r\n", "\n");

/** The modules as one classic script, each in a function of its own: a page from file:// may not import. */
function oneScript(): string {
  const parts = SCRIPTS.map((name) => {
    const source = read(name);
    const exported = [...source.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map((match) => match[1]);
    const body = source
      .replace(/^import (\{[^}]*\}) from "\.\/([^"]+)";$/gm, 'const $1 = modules["$2"];')
      .replace(/^export /gm, "");
    return `modules["${name}"] = (() => {\n${body}\nreturn { ${exported.join(", ")} };\n})();`;
  });
  return `"use strict";\n(() => {\nconst modules = {};\n${parts.join("\n")}\n})();\n`;
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/**
 * `index.html`: one file that works without a network. It may run only its own script, named by its hash, and may
 * load nothing. What apps and agents wrote is in it as packed JSON, and reaches the page as text only. The file stays
 * below 25 MB: evidence and details beyond that are left out, holes last, with a word about where they lie.
 */
export function reportHtml(input: ReportInput, figures: Figures = figuresOf(input)): string {
  const script = oneScript();
  const style = STYLES.map(read).join("\n");
  const { page, cells, blocks } = pageData(input, figures);
  const data = (id: string, packed: string) => `<script type="application/octet-stream" id="${id}">${packed}</script>`;
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title)} – unprompted</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript><p>This report draws itself with a script that is part of this file. The same figures are in report.md beside it.</p></noscript>
${data("report-data", pack(page))}
${blocks.map((block, i) => data(`details-${i}`, block)).join("\n")}
${cells.map((cell, i) => data(`evidence-${i}`, cell)).join("\n")}
<script>${script}</script>
</body>
</html>
`;
}
