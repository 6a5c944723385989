import type { Node } from "./node.ts";
import type { Resolver } from "./resolver.ts";

/** Libraries whose schemas an environment can be parsed with. */
export const SCHEMA = /^(zod|valibot|@sinclair\/typebox|envalid|joi)\./;

/** Whether a class reads its fields from the environment, as pydantic's settings do. */
export function isSettingsClass(resolver: Resolver, cls: Node, depth = 0): boolean {
  return cls.file.language.bases(cls).some((base) => {
    const meaning = resolver.meaning(base);
    if (meaning.kind !== "node")
      return /(^|\.)BaseSettings$/.test(meaning.kind === "outside" ? meaning.name : base.text);
    return (
      depth < 5 &&
      cls.file.language.classKinds.includes(meaning.node.kind) &&
      isSettingsClass(resolver, meaning.node, depth + 1)
    );
  });
}

/** Whether an expression is a field of a validation library's schema, also through helpers of the app. */
export function isSchemaField(resolver: Resolver, node: Node, depth = 0): boolean {
  const source = resolver.source(node);
  if (source !== node && depth <= 3) return isSchemaField(resolver, source, depth + 1);
  const expr = node.file.language.expr(node);
  if (expr.type === "inner") return isSchemaField(resolver, expr.node, depth);
  if (expr.type !== "call" || depth > 3) return false;
  if (SCHEMA.test(resolver.name(expr.callee) ?? "")) return true;
  const fn = resolver.source(expr.callee);
  return (
    fn.file.language.functionKinds.includes(fn.kind) &&
    fn.file.language.returned(fn).some((result) => isSchemaField(resolver, result, depth + 1))
  );
}

/** Whether a function, or one that it calls, looks into the environment. */
export function readsEnvironment(resolver: Resolver, fn: Node, depth = 0): boolean {
  if (/\b(process\.env|os\.environ|os\.getenv|Bun\.env)\b|\benv\[/.test(fn.text)) return true;
  if (depth >= 3) return false;
  return fn.all(...fn.file.language.callKinds).some((call) => {
    const expr = call.file.language.expr(call);
    const callee = expr.type === "call" ? resolver.source(expr.callee) : undefined;
    return callee && callee !== fn && fn.file.language.functionKinds.includes(callee.kind)
      ? readsEnvironment(resolver, callee, depth + 1)
      : false;
  });
}
