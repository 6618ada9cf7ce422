import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "session-guard" } } })],
  // cognito-bff stands in front (SPA_URL), so the port is a fixed one and nothing is proxied here.
  server: { port: 5173, strictPort: true },
});
