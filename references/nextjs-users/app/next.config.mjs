/** @type {import("next").NextConfig} */
export default {
  poweredByHeader: false,
  experimental: { instrumentationHook: true, serverComponentsExternalPackages: ["better-sqlite3"] },
};
