import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  // cognito-bff stands in front (SPA_URL), so the port is a fixed one and nothing is proxied here.
  server: { port: 5173, strictPort: true },
});
