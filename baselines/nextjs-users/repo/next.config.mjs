/** @type {import("next").NextConfig} */
export default { experimental: { serverComponentsExternalPackages: ["better-sqlite3"] } };
