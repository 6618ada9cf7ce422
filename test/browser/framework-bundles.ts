import { fileURLToPath } from "node:url";
import { build, type Plugin } from "rolldown";
import { compile } from "svelte/compiler";

const APPS = new URL("../../../test/framework-apps/", import.meta.url);

export type Framework = "react" | "vue" | "svelte";

const svelte: Plugin = {
  name: "svelte",
  transform: (code, id) => (id.endsWith(".svelte") ? compile(code, { filename: id, css: "external" }).js.code : null),
};

/** A small app of a framework as one script, made as its developers make it: React's StrictMode and everybody's warnings are of such builds. */
export async function bundle(framework: Framework): Promise<string> {
  const { output } = await build({
    input: fileURLToPath(new URL(`${framework}.js`, APPS)),
    plugins: [svelte],
    platform: "browser",
    transform: {
      define: {
        "process.env.NODE_ENV": '"development"',
        __VUE_OPTIONS_API__: "false",
        __VUE_PROD_DEVTOOLS__: "false",
        __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "true",
      },
    },
    output: { format: "esm", codeSplitting: false },
    logLevel: "silent",
    write: false,
  });
  return output[0].code;
}
