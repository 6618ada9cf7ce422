/** What of a form may be kept: never a password, a card, a one-time code, a file, nor what the page itself put there. */
const NEVER_KEPT = /^(?:password|file|hidden)$/;
const PRIVATE = /\bcc-|one-time-code|password/i;

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** By their names, in their order. */
export type FormDraft = readonly (readonly [name: string, value: string | boolean | readonly string[]])[];

function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((element): element is Field => {
    const { name, type, autocomplete } = element as Field;
    return Boolean(name) && "value" in element && !NEVER_KEPT.test(type) && !PRIVATE.test(autocomplete ?? "");
  });
}

function readField(field: Field): string | boolean | readonly string[] {
  if (/^(?:checkbox|radio)$/.test(field.type)) return (field as HTMLInputElement).checked;
  if (field.type === "select-multiple") return [...(field as HTMLSelectElement).selectedOptions].map(({ value }) => value);
  return field.value;
}

export function readForm(form: HTMLFormElement): FormDraft {
  return fieldsOf(form).map((field) => [field.name, readField(field)]);
}

/** Puts it back where the fields are still the same. Tells the app as if the person had typed it. */
export function fillForm(form: HTMLFormElement, draft: FormDraft): void {
  fieldsOf(form).forEach((field, index) => {
    const [name, value] = draft[index] ?? [];
    if (name !== field.name || value === undefined) return;
    if (typeof value === "boolean") (field as HTMLInputElement).checked = value;
    else if (typeof value === "string") field.value = value;
    else for (const option of (field as HTMLSelectElement).options) option.selected = value.includes(option.value);
    for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  });
}
