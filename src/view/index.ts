export { builtApp } from "./bundle.ts";
export { type CodeSource, startViewer, type Viewer } from "./server.ts";
