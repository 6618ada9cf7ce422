import type { Kind } from "./kinds/kind.js";
import type { SETTINGS, SettingName } from "./settings/settings.js";

type Table = typeof SETTINGS;

/** PUBLIC_URL → publicUrl. */
type CamelCase<N extends string> = N extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<N>;

type RequiredName = { [N in SettingName]: Table[N]["absence"] extends { readonly kind: "required" } ? N : never }[SettingName];
type OptionalName = Exclude<SettingName, RequiredName>;
type OptionValue<N extends SettingName> = Table[N]["kind"] extends Kind<infer R, unknown> ? R : never;

/**
 * The options of `createServer` and of the plugin: the settings of the environment with their names in camel case and their values in the
 * same syntax, with numbers, lists and objects where they are natural: `port: 3000`, `sessionKeys: ["…"]`, `proxyRoutes: [{ prefix, target }]`.
 */
export type BffOptions = { readonly [N in RequiredName as CamelCase<N>]: OptionValue<N> } & {
  readonly [N in OptionalName as CamelCase<N>]?: OptionValue<N> | undefined;
};

/** The name of a setting's option: `PUBLIC_URL` → `publicUrl`. */
export function optionName(name: SettingName): string {
  return name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
