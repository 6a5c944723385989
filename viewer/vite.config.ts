import { defineConfig } from "vite";

/** The address holds a random token before every path, so the app refers to its own files relatively. */
export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    emptyOutDir: true,
    target: "es2023",
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    chunkSizeWarningLimit: 700,
  },
});
