import { readdirSync } from "node:fs";

const ELEMENT = "dist/src/element";
/** words.de, words.en … */
const WORDS = readdirSync(ELEMENT).flatMap((file) => file.match(/^(words\.\w+)\.js$/)?.[1] ?? []);

const COMMON = { platform: "browser", logLevel: "silent" };
const OUTPUT = { dir: "dist/src/browser", format: "esm", minify: true, comments: false, entryFileNames: "[name].js" };

/** Style sheets are text to a minifier. */
const STYLES = {
  name: "styles",
  transform: (code, id) =>
    id.endsWith("/styles.js")
      ? code.replace(/(?<=STYLES = `)[^`]*/, (css) =>
          css
            .replace(/\s*([{};:,])\s+/g, "$1")
            .replace(/;?\s*(?=})|\s+(?={)/g, "")
            .trim(),
        )
      : null,
};

/** What browsers load as it is: below AUTH_PREFIX, side by side, since they import each other by these names. */
export default [
  { ...COMMON, input: { client: "dist/src/client/index.js" }, output: OUTPUT },
  {
    ...COMMON,
    input: { element: `${ELEMENT}/index.js` },
    plugins: [STYLES],
    external: [/\/client\/index\.js$/, /\/words\.\w+\.js$/],
    output: { ...OUTPUT, paths: (id) => (id.includes("/client/") ? "./client.js" : id.replace(/.*\//, "./")) },
  },
  { ...COMMON, input: Object.fromEntries(WORDS.map((name) => [name, `${ELEMENT}/${name}.js`])), output: OUTPUT },
];
