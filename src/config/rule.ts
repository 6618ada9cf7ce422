import type { SettingName, SettingValues } from "./settings/settings.js";
import { type ConfigWarning, type WarningOfSetting, warningOf } from "./warnings.js";

/** What a rule over several settings has to say. Texts name variables; for options they are put into the options' names. */
export type Finding =
  | { readonly level: "fault"; readonly name: SettingName; readonly expected: string; readonly got?: string }
  | ({ readonly level: "warning" } & ConfigWarning);

/** Judges what could be decoded: a rule is silent while a value that it needs is missing because of a fault of its own. */
export type Rule = (values: Partial<SettingValues>) => readonly Finding[];

function hasAll<N extends SettingName>(values: Partial<SettingValues>, names: readonly N[]): values is Pick<SettingValues, N> {
  return names.every((name) => values[name] !== undefined);
}

export function rule<N extends SettingName>(needs: readonly N[], judge: (values: Pick<SettingValues, N>) => readonly Finding[]): Rule {
  return (values) => (hasAll(values, needs) ? judge(values) : []);
}

export function fault(name: SettingName, expected: string, got?: string): Finding {
  return got === undefined ? { level: "fault", name, expected } : { level: "fault", name, expected, got };
}

export function warning(name: WarningOfSetting, text: string): Finding {
  return { level: "warning", ...warningOf(name, text) };
}
