import { existsSync } from "node:fs";

/**
 * What we inherited ourselves from whoever started us, Node hands on: a descriptor of a folder would lead out of any
 * sandbox. Closes all above `last`, the highest that is ours to give. Without bash, only up to 9: other shells cannot name more.
 */
export function withoutStrayDescriptors(argv: readonly string[], last: number): readonly string[] {
  if (process.platform !== "linux") return argv;
  const bash = existsSync("/bin/bash");
  const most = bash ? "" : ' && [ "$n" -le 9 ]';
  const close = `for f in /proc/self/fd/*; do n=\${f##*/}; if [ "$n" -gt ${last} ]${most}; then eval "exec $n>&-"; fi; done`;
  // Its standard input is a socket, for which bash would take itself for a remote shell and run the user's ~/.bashrc.
  const shell = bash ? ["/bin/bash", "--norc"] : ["/bin/sh"];
  return [...shell, "-c", `${close}; exec "$@"`, "sh", ...argv];
}
