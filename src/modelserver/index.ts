export { loadScript, readScript, type Script } from "./script.ts";
export { type Exchange, type ModelServer, startModelServer } from "./server.ts";
