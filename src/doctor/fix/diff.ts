import type { ClientSettings } from "../app-client.js";
import { describeLifetime, lifetimeOf } from "../lifetime.js";
import { printable } from "../text.js";
import type { Paint } from "./console.js";
import { FIELDS, type Field, saidAlike, tokenOf } from "./fields.js";

const INDENT = "  ";

function entriesOf(settings: ClientSettings, field: Field): readonly string[] {
  const token = tokenOf(field);
  if (token !== null) {
    const lifetime = lifetimeOf(settings, token);
    return [`${describeLifetime(lifetime)}${lifetime.byDefault ? ", AWS's default" : ""}`];
  }
  const value = settings[field];
  if (value === undefined) return ["(not set)"];
  if (Array.isArray(value)) return value.length === 0 ? ["(none)"] : value.map((entry) => printable(String(entry)));
  return [printable(typeof value === "object" ? JSON.stringify(value) : String(value))];
}

function fieldLines(field: Field, before: ClientSettings, after: ClientSettings, paint: Paint): readonly string[] {
  const [old, new_] = [entriesOf(before, field), entriesOf(after, field)];
  return [
    paint("bold", `${INDENT}${field}`),
    ...old.filter((entry) => new_.includes(entry)).map((entry) => paint("dim", `${INDENT}  ${entry}`)),
    ...old.filter((entry) => !new_.includes(entry)).map((entry) => paint("red", `${INDENT}- ${entry}`)),
    ...new_.filter((entry) => !old.includes(entry)).map((entry) => paint("green", `${INDENT}+ ${entry}`)),
  ];
}

/** The fields that are said otherwise in both: a default that was left out, and is spelled out now, is among them. */
export function movedFields(before: ClientSettings, after: ClientSettings): readonly Field[] {
  return FIELDS.filter((field) => !saidAlike(field, before, after));
}

/** What would change, field by field: `-` is what it is, `+` what it will be. */
export function renderDiff(before: ClientSettings, after: ClientSettings, paint: Paint): readonly string[] {
  return movedFields(before, after).flatMap((field) => fieldLines(field, before, after, paint));
}
