import { Enums, Models, Serialize, SPDX, Spec } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import type { Ecosystem } from "../model/supply-chain.ts";
import type { LockedPackage } from "./package.ts";
import { readingsOf } from "./read.ts";

/**
 * A CycloneDX 1.6 bill of materials (JSON) of what the lockfiles name. An ecosystem without a lockfile is there with the
 * direct dependencies of its manifest, without versions. Holds neither time nor serial number: the same files give the
 * same text.
 */
export function billOfMaterials(folder: string, name: string): string {
  const app = new Models.Component(Enums.ComponentType.Application, name, { bomRef: "app" });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: app }) });
  for (const { ecosystem, direct, lockfile } of readingsOf(folder)) {
    if (lockfile === null || "unreadable" in lockfile) {
      for (const one of direct) {
        const component = componentOf(ecosystem, one.name, undefined, null, `${ecosystem}:${one.name}`);
        bom.components.add(component);
        app.dependencies.add(component.bomRef);
      }
      continue;
    }
    const made = new Map<string, { component: Models.Component; locked: LockedPackage }>();
    for (const locked of lockfile.packages)
      made.set(locked.key, {
        locked,
        component: componentOf(ecosystem, locked.name, locked.version, locked.licence, `${ecosystem}:${locked.key}`),
      });
    for (const { component, locked } of made.values()) {
      bom.components.add(component);
      for (const key of locked.needs) {
        const needed = made.get(key);
        if (needed) component.dependencies.add(needed.component.bomRef);
      }
    }
    for (const key of lockfile.direct.values()) {
      const one = made.get(key);
      if (one) app.dependencies.add(one.component.bomRef);
    }
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`;
}

function componentOf(
  ecosystem: Ecosystem,
  name: string,
  version: string | undefined,
  licence: string | null,
  bomRef: string,
): Models.Component {
  const [namespace, bare] = name.startsWith("@") ? name.split("/") : [undefined, name];
  const component = new Models.Component(Enums.ComponentType.Library, bare ?? name, {
    bomRef,
    ...(namespace ? { group: namespace } : {}),
    ...(version ? { version } : {}),
    purl: new PackageURL(ecosystem, namespace, bare ?? name, version || undefined).toString(),
  });
  if (licence) component.licenses.add(licenceOf(licence));
  return component;
}

function licenceOf(words: string): Models.License {
  const id = SPDX.fixupSpdxId(words);
  if (id !== undefined) return new Models.SpdxLicense(id);
  return /\s(AND|OR|WITH)\s/.test(words) ? new Models.LicenseExpression(words) : new Models.NamedLicense(words);
}
