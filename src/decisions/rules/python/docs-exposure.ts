import { absent, defineRule, type Sighting } from "../../rule.ts";
import type { Call } from "../../source/call.ts";
import type { Project } from "../../source/project.ts";

const OTHERS =
  /^(apifairy\.APIFairy|flasgger\.Swagger|flask_smorest\.Api|flask_restx\.Api|drf_spectacular\.views\.\w+\.as_view|drf_yasg\.views\.get_schema_view|flask_swagger_ui\.get_swaggerui_blueprint)$/;

/** FastAPI serves /docs, /redoc and /openapi.json unless told not to. */
function fastapi(project: Project, call: Call): Sighting {
  const state = (name: string): "on" | "off" | "setting" => {
    const option = call.option(name);
    if (!option) return "on";
    const value = project.values.value(option);
    if (value.kind === "nothing") return "off";
    return value.kind === "text" ? "on" : "setting";
  };
  const [openapi, docs, redoc] = [state("openapi_url"), state("docs_url"), state("redoc_url")];
  const finding = (choice: string): Sighting => ({ choice, origin: "framework", at: call.node });
  if (openapi === "off") return finding("off");
  if (openapi === "setting" || docs === "setting") return finding("by setting");
  return finding(docs === "off" && redoc === "off" ? "partly off" : "open");
}

export default defineRule({
  topic: "docs-exposure",
  read(project) {
    const [app] = project.callsOf(/^fastapi(\.applications)?\.FastAPI$/);
    if (app) return [fastapi(project, app)];
    const [other] = project.callsOf(OTHERS);
    return [other ? { choice: "open", origin: "library", at: other.node } : absent()];
  },
});
