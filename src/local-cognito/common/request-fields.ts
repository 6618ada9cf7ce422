import { invalidParameter, serialization } from "./exceptions.js";
import { isObject, type JsonObject } from "./json.js";

function memberName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** The members of one JSON 1.1 request, read with their types. A missing or mistyped member throws what Cognito answers. */
export class RequestFields {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) {
      throw invalidParameter(
        `1 validation error detected: Value null at '${memberName(name)}' failed to satisfy constraint: Member must not be null`,
      );
    }
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#value(name);
    if (value !== undefined && typeof value !== "string") {
      throw serialization(`${name} must be a string`);
    }
    return value;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.optionalText(name);
    const found = allowed.find((candidate) => candidate === value);
    if (value !== undefined && found === undefined) {
      throw invalidParameter(
        `1 validation error detected: Value '${value.slice(0, 100)}' at '${memberName(name)}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(", ")}]`,
      );
    }
    return found;
  }

  /** An integer between the bounds, both included; undefined when absent. */
  integer(name: string, minimum: number, maximum: number): number | undefined {
    const value = this.#value(name);
    if (value === undefined) {
      return undefined;
    }
    if (typeof value !== "number" || !Number.isInteger(value)) {
      throw serialization(`${name} must be an integer`);
    }
    if (value < minimum || value > maximum) {
      const bound = value < minimum ? `greater than or equal to ${minimum}` : `less than or equal to ${maximum}`;
      throw invalidParameter(
        `1 validation error detected: Value '${value}' at '${memberName(name)}' failed to satisfy constraint: Member must have value ${bound}`,
      );
    }
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value !== undefined && typeof value !== "boolean") {
      throw serialization(`${name} must be a boolean`);
    }
    return value;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#value(name);
    if (value === undefined) {
      return undefined;
    }
    if (!Array.isArray(value)) {
      throw serialization(`${name} must be a list`);
    }
    return value.map((entry: unknown) => {
      if (typeof entry !== "string") {
        throw serialization(`${name} must be a list of strings`);
      }
      return entry;
    });
  }

  /** A map of strings, such as AuthParameters; empty when absent. */
  textMap(name: string): ReadonlyMap<string, string> {
    const entries = Object.entries(this.structure(name) ?? {});
    return new Map(
      entries.map(([key, value]) => {
        if (typeof value !== "string") {
          throw serialization(`${name} must be a map of strings`);
        }
        return [key, value];
      }),
    );
  }

  structure(name: string): JsonObject | undefined {
    const value = this.#value(name);
    if (value === undefined) {
      return undefined;
    }
    if (!isObject(value)) {
      throw serialization(`${name} must be a structure`);
    }
    // The body came out of JSON.parse, so whatever is inside is JSON.
    return value as JsonObject;
  }

  fields(name: string): RequestFields | undefined {
    const value = this.structure(name);
    return value === undefined ? undefined : new RequestFields(value);
  }

  /** A list of `{ Name, Value }`, as user attributes are sent. */
  attributes(name: string): ReadonlyMap<string, string> {
    const value = this.#value(name) ?? [];
    if (!Array.isArray(value)) {
      throw serialization(`${name} must be a list`);
    }
    return new Map(
      value.map((entry: unknown) => {
        const pair = new RequestFields(isObject(entry) ? entry : {});
        return [pair.text("Name"), pair.optionalText("Value") ?? ""];
      }),
    );
  }

  #value(name: string): unknown {
    return this.#members[name] ?? undefined;
  }
}
