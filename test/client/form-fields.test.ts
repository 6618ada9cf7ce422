import t from "tap";
import { type FormDraft, fillForm, readForm } from "../../src/client/form-fields.js";

/** As much of a form's elements as is looked at. */
class Field extends EventTarget {
  readonly told: string[] = [];
  name = "";
  type = "text";
  value = "";
  checked = false;
  autocomplete = "";
  constructor(members: object) {
    super();
    Object.assign(this, members);
  }
  override dispatchEvent(event: Event): boolean {
    this.told.push(`${event.type}${event.bubbles ? "" : " alone"}`);
    return super.dispatchEvent(event);
  }
}

class Select extends Field {
  multiple = true;
  options = ["a", "b", "c"].map((value) => ({ value, selected: false }));
  get selectedOptions() {
    return this.options.filter(({ selected }) => selected);
  }
}

Object.assign(globalThis, { HTMLSelectElement: Select });

function form(values: boolean) {
  const select = new Select({ name: "sizes", type: "select-multiple" });
  if (values) for (const option of select.options) option.selected = option.value !== "b";
  const typed = (text: string) => (values ? text : "");
  const elements = [
    new Field({ name: "street", value: typed("Main Street 1") }),
    new Field({ name: "note", type: "textarea", value: typed("Please ring\ntwice") }),
    new Field({ name: "gift", type: "checkbox", value: "on", checked: values }),
    new Field({ name: "pay", type: "radio", value: "invoice", checked: false }),
    new Field({ name: "pay", type: "radio", value: "cash", checked: values }),
    select,
    new Field({ name: "secret", type: "password", value: typed("correct horse") }),
    new Field({ name: "shown", autocomplete: "current-password", value: typed("shown") }),
    new Field({ name: "card", autocomplete: "billing cc-number", value: typed("4111") }),
    new Field({ name: "code", autocomplete: "one-time-code", value: typed("123456") }),
    new Field({ name: "file", type: "file", value: typed("C:\\fakepath\\x") }),
    new Field({ name: "csrf", type: "hidden", value: typed("token") }),
    new Field({ name: "", value: typed("nameless") }),
  ];
  return { elements, form: { elements } as unknown as HTMLFormElement };
}

t.test("what was typed is read and put back, and the app is told as if it had been typed", (t) => {
  const draft = JSON.parse(JSON.stringify(readForm(form(true).form))) as FormDraft;
  const empty = form(false);
  fillForm(empty.form, draft);
  t.same(readForm(empty.form), draft);
  t.same(empty.elements[0]?.told, ["input", "change"]);
  t.equal((empty.elements[5] as Select).selectedOptions.length, 2);
  t.end();
});

t.test("passwords, cards, codes, files and what the page put there itself are never kept", (t) => {
  const kept = JSON.stringify(readForm(form(true).form));
  for (const never of ["correct horse", "shown", "4111", "123456", "fakepath", "token", "nameless"]) t.notMatch(kept, never);
  t.end();
});

t.test("a form that has become another one gets nothing that was meant for other fields", (t) => {
  const draft = readForm(form(true).form);
  const other = new Field({ name: "comment" });
  fillForm({ elements: [other] } as unknown as HTMLFormElement, draft);
  t.same([other.value, other.told], ["", []]);
  fillForm({ elements: [other] } as unknown as HTMLFormElement, []);
  t.equal(other.value, "");
  t.end();
});

t.test("a password whose letters are shown stays one, for a form that has seen it before", (t) => {
  const secret = new Field({ name: "pin", type: "password" });
  const shown = { elements: [new Field({ name: "street", value: "Main Street 1" }), secret] } as unknown as HTMLFormElement;
  t.same(readForm(shown), [["street", "Main Street 1"]]);
  secret.type = "text";
  secret.value = "correct horse";
  t.same(readForm(shown), [["street", "Main Street 1"]]);
  fillForm(shown, [
    ["street", "Main Street 2"],
    ["pin", "1234"],
  ]);
  t.equal(secret.value, "correct horse");
  t.end();
});
