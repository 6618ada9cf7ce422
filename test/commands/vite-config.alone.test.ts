import t from "tap";
import { checkConfig } from "../../src/commands/check-config.js";
import { VALID } from "../config/valid-environment.js";

const VITES = { ...VALID, PUBLIC_URL: "http://localhost:5173", COGNITO_DOMAIN: "http://localhost:9229" };

t.test("when PUBLIC_URL is localhost with another port, check-config prints what vite.config.js needs", async (t) => {
  const { text, exitCode } = checkConfig({
    ...VITES,
    PROXY_ROUTES: "/api=http://api:8080,/v1.2/files=http://files:8080",
    AUTH_PREFIX: "/bff",
  });
  t.equal(exitCode, 0);
  t.match(
    text,
    `
Vite in front
  PUBLIC_URL is http://localhost:5173 and PORT 3000. If Vite's development
  server is what listens there, its vite.config.js needs:

export default {
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      "^/bff(?:[/?]|$)": { target: "http://127.0.0.1:3000" },
      "^/api(?:[/?]|$)": { target: "http://127.0.0.1:3000", ws: true },
      "^/v1\\\\.2/files(?:[/?]|$)": { target: "http://127.0.0.1:3000", ws: true },
    },
  },
};
`,
  );
});

t.test("its target is an address that Vite can reach", async (t) => {
  for (const [host, origin] of [
    ["127.0.0.1", "http://127.0.0.1:8080"],
    ["::", "http://[::1]:8080"],
    ["::1", "http://[::1]:8080"],
    ["bff", "http://bff:8080"],
  ] as const)
    t.match(checkConfig({ ...VITES, HOST: host, PORT: "8080" }).text, `target: "${origin}"`, host);
});

t.test("it is not printed where nothing says that Vite is in front", async (t) => {
  for (const [why, changes] of [
    ["https", VALID],
    ["our own port", { ...VITES, PUBLIC_URL: "http://localhost:3000" }],
    ["any port", { ...VITES, PORT: "0" }],
    ["production", { ...VITES, NODE_ENV: "production" }],
    ["a route for everything", { ...VITES, PROXY_ROUTES: "/=http://api:8080" }],
  ] as const) {
    const { text, exitCode } = checkConfig(changes);
    t.equal(exitCode, 0, why);
    t.notMatch(text, "Vite in front", why);
  }
});
