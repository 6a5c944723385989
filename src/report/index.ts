export { csvField, sessionsCsv } from "./csv.ts";
export { type Figures, figuresOf } from "./figures.ts";
export { reportHtml } from "./html.ts";
export type { ReportInput } from "./input.ts";
export { resultsJson } from "./json.ts";
export { reportMarkdown } from "./markdown.ts";
export { type CheckOptions, checkReport, plainText, runTable, type TerminalOptions } from "./terminal.ts";
export { type ScanLines, scannerLines } from "./terminal-scan.ts";
