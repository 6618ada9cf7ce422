import type { Kind } from "../kinds/kind.js";

/** What a setting is when nobody sets it: a fault, a default written as its value would be, or nothing, with what that means. */
export type Absence =
  | { readonly kind: "required" }
  | { readonly kind: "default"; readonly text: string }
  | { readonly kind: "nothing"; readonly means: string };

export type GroupName = "public" | "management" | "cognito" | "session" | "refresh" | "proxy" | "spa" | "process";

/** One setting: everything that parsing, the options, `check-config` and the documentation know about it. */
export interface Setting<R, T, A extends Absence> {
  readonly group: GroupName;
  readonly kind: Kind<R, T>;
  readonly absence: A;
  readonly meaning: string;
  readonly example: string;
  /** A secret's value is never repeated, nor is any part of it. */
  readonly secret: boolean;
}

type Row<R, T, A extends Absence> = Omit<Setting<R, T, A>, "secret">;

/** A setting whose value may be shown. */
export function open<R, T, const A extends Absence>(row: Row<R, T, A>): Setting<R, T, A> {
  return { ...row, secret: false };
}

/** A setting whose value is never repeated. */
export function secret<R, T, const A extends Absence>(row: Row<R, T, A>): Setting<R, T, A> {
  return { ...row, secret: true };
}

export const REQUIRED = { kind: "required" } as const;

export function byDefault(value: string) {
  return { kind: "default", text: value } as const;
}

export function nothing(means: string) {
  return { kind: "nothing", means } as const;
}
