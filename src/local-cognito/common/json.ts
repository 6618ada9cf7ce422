/** A value that can be written as JSON; undefined members are left out. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | JsonObject;

/** A JSON object. */
export type JsonObject = { readonly [name: string]: Json };

/** Narrows what JSON.parse returned to an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
