import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // cognito-bff stands in front (SPA_URL), so the port is a fixed one and nothing is proxied here.
  server: { port: 5173, strictPort: true },
});
