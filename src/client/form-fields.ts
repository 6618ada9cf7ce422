/** Of a field's type and autocomplete, what is never kept: a password, a card, a one-time code, a file, nor what the page itself put there. */
const PRIVATE = /password|one-time-code|\bcc-|^(?:file|hidden) /i;
/** A field that was one of these once is one for good: a password's letters may be shown. */
const neverKept = new WeakSet<Element>();

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** By their names, in their order. */
export type FormDraft = readonly (readonly [name: string, value: string | boolean | readonly string[]])[];

/** Also notes which fields are never kept. */
function fieldsOf(form: HTMLFormElement): Field[] {
  return [...form.elements].filter((element): element is Field => {
    const { name, type, autocomplete } = element as Field;
    if (PRIVATE.test(`${type} ${autocomplete}`)) neverKept.add(element);
    return Boolean(name) && "value" in element && !neverKept.has(element);
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
