import t from "tap";
import { isHashedName } from "../../src/http/app/hashed-name.js";

t.test("names as build tools hash them are known", (t) => {
  const names = [
    [
      "Vite and Rollup",
      "/assets/index-DiwrgTda.js",
      "/assets/index-B7xk2_pQ.css",
      "/deep/base/assets/logo-a-3_bC-d.svg",
      "/js/app-B7xk29pQ.js",
    ],
    [
      "their source maps and compressed forms",
      "/assets/index-B7xk29pQ.js.map",
      "/assets/index-DiwrgTda.js.br",
      "/assets/index-DiwrgTda.js.gz",
    ],
    ["webpack and Parcel", "/static/js/main.4f3c2a1b.js", "/static/css/main.0123456789abcdef0123.css", "/index.e31bb0bc.woff2"],
    ["esbuild and Angular", "/main-5AAZ2GKT.js", "/chunk-ABCDEFGH.js"],
    [
      "Astro, Next.js, Nuxt, SvelteKit",
      "/_astro/hoisted.CiWz81aB.js",
      "/_next/static/chunks/pages-4f3c2a1b.js",
      "/_nuxt/entry.DfGh12aB.css",
    ],
    ["SvelteKit", "/_app/immutable/entry/start.C5xLIrk7.js"],
  ] as const;
  for (const [tool, ...paths] of names) for (const path of paths) t.ok(isHashedName(path), `${tool}: ${path}`);
  t.end();
});

t.test("words, sizes, dates and pages are not taken for hashes", (t) => {
  const names = [
    ...["/index.html", "/index-B7xk29pQ.html", "/favicon.ico", "/robots.txt", "/manifest.webmanifest", "/sw.js"],
    ...["/sw-register.js", "/apple-touch-icon.png", "/my-component.js", "/UserList.js", "/app-UserList.js", "/a-service-worker.js"],
    ...["/splash-640x1136.png", "/assets/splash-640x1136.png", "/report-20261121.pdf", "/assets/notes-20261121.js", "/font.min.css"],
    ...["/assets/photo-portrait.jpg", "/assets/my-messages.json", "/assets/some-Register.js", "/fonts/inter-latin-ext.woff2"],
    ...["/lib.deadbeef.js", "/photo-img_0042.jpg", "/assets/x", "/"],
  ];
  for (const path of names) t.notOk(isHashedName(path), path);
  t.end();
});
