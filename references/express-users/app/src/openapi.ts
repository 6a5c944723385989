const json = (schema: object) => ({ content: { "application/json": { schema } } });
const object = (...names: string[]) => ({ type: "object", required: names, properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) });
const answer = (description: string) => ({ "200": { description } });

/** What the app serves at /openapi.json. */
export const openapi = {
  openapi: "3.1.0",
  info: { title: "Team directory", version: "0.1.0" },
  components: {
    securitySchemes: { password: { type: "oauth2", flows: { password: { tokenUrl: "login", scopes: {} } } } },
  },
  paths: {
    "/login": { post: { requestBody: json(object("email", "password")), responses: answer("Tokens") } },
    "/refresh": { post: { requestBody: json(object("refresh_token")), responses: answer("Tokens") } },
    "/me": { get: { security: [{ password: [] }], responses: answer("The caller's profile") } },
    "/users": { get: { responses: answer("Profiles") } },
    "/users/{id}": { get: { parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }], responses: answer("A profile") } },
  },
};
