const answer = (description: string) => ({ "200": { description } });

const document = {
  openapi: "3.1.0",
  info: { title: "Team directory", version: "0.1.0" },
  servers: [{ url: "/api" }],
  components: {
    securitySchemes: { password: { type: "oauth2", flows: { password: { tokenUrl: "/api/login", scopes: {} } } } },
  },
  paths: {
    "/login": { post: { responses: answer("Tokens") } },
    "/refresh": { post: { responses: answer("Tokens") } },
    "/me": { get: { security: [{ password: [] }], responses: answer("The caller's profile") } },
    "/users": { get: { responses: answer("Profiles") } },
  },
};

export const GET = () => Response.json(document);
