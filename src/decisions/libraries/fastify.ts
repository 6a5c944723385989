import type { Node } from "../source/node.ts";
import type { Project } from "../source/project.ts";

/** A Fastify plugin put to use, and the options it is given. */
export interface Registration {
  node: Node;
  option(path: string): Node | undefined;
}

/** `app.register(plugin, options)`, or a file that exports the plugin for autoload, with its `autoConfig`. */
export function registration(project: Project, plugin: RegExp): Registration | undefined {
  const registered = project.calls.find((call) => {
    const first = call.method === "register" ? call.arg(0) : undefined;
    return first !== undefined && plugin.test(project.resolver.name(first) ?? "");
  });
  return registered ?? autoloaded(project, plugin);
}

function autoloaded(project: Project, plugin: RegExp): Registration | undefined {
  for (const file of project.files.values()) {
    const exported = file.exports.get("default")?.value;
    const wrapped =
      exported && project.call(exported)?.is(/^fastify-plugin/) ? project.call(exported)?.arg(0) : exported;
    if (!exported || !wrapped || !plugin.test(project.resolver.name(wrapped) ?? "")) continue;
    const config = file.exports.get("autoConfig")?.value;
    return { node: exported, option: (path) => (config ? nested(project, config, path.split(".")) : undefined) };
  }
  return undefined;
}

function nested(project: Project, config: Node, path: readonly string[]): Node | undefined {
  const source = project.resolver.source(config);
  const isFunction = project.language.functionKinds.includes(source.kind);
  let at: Node | undefined = isFunction ? project.language.returned(source)[0] : source;
  for (const step of path) at = at && project.resolver.property(project.resolver.source(at), step);
  return at;
}
