const everywhere = {
  "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
};
const page = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";
const api = "default-src 'none'; frame-ancestors 'none'; sandbox";

const list = (headers) => Object.entries(headers).map(([key, value]) => ({ key, value }));

/**
 * Headers are set here and CORS in lib/http.ts, not in a middleware: with one, Next 14 keeps every
 * request body in memory before the route sees it, 50 MB uploads included.
 * @type {import("next").NextConfig}
 */
export default {
  poweredByHeader: false,
  experimental: { instrumentationHook: true },
  headers: async () => [
    { source: "/:path*", headers: list({ ...everywhere, "Content-Security-Policy": page }) },
    { source: "/api/:path*", headers: list({ "Content-Security-Policy": api }) },
  ],
};
