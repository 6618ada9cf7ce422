import type { Config } from "../../config/config.js";
import type { Environment } from "../../config/given-settings.js";

/**
 * The `vite.config.js` with which a Vite development server stands in front of us; null where nothing says that one does: PUBLIC_URL is not
 * `http://localhost` with another port than PORT, or this is production.
 *
 * No `changeOrigin` and no `rewriteWsOrigin`: Host and Origin arrive as the browser sent them, and it is the browser's Origin that
 * PUBLIC_URL is compared with. What X-Forwarded-* would say is in PUBLIC_URL.
 */
export function viteConfig(config: Config, env: Environment): string | null {
  const { protocol, port } = new URL(config.publicUrl);
  const vitePort = port === "" ? 80 : Number(port);
  const isVites = protocol === "http:" && config.port !== 0 && vitePort !== config.port && env["NODE_ENV"] !== "production";
  const prefixes = config.proxyRoutes.map(({ prefix }) => prefix);
  // A route for everything leaves nothing for Vite to serve.
  if (!isVites || prefixes.includes("/")) return null;
  const target = JSON.stringify(`http://${reachable(config.host)}:${config.port}`);
  const entries = [
    `${matcher(config.authPrefix)}: { target: ${target} },`,
    ...prefixes.map((prefix) => `${matcher(prefix)}: { target: ${target}, ws: true },`),
  ];
  return [
    "export default {",
    "  server: {",
    `    port: ${vitePort},`,
    "    strictPort: true,",
    "    proxy: {",
    ...entries.map((entry) => `      ${entry}`),
    "    },",
    "  },",
    "};",
  ].join("\n");
}

/** Vite takes a plain key for the beginning of a path, which `/apiary` has in common with `/api`; with `^` it is a pattern. */
function matcher(prefix: string): string {
  return JSON.stringify(`^${prefix.replaceAll(/[.+$]/g, "\\$&")}(?:[/?]|$)`);
}

/** An address that a process on the same machine reaches a listener at. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
