import t from "tap";
import { endedText, listText } from "../../src/commands/sessions/tables.js";

const plain = (_style: string, text: string) => text;
const LIST = { asOfMs: 0, sessions: [], more: false, unreadable: 0 };

t.test("a list says where it is not whole, and why", (t) => {
  t.equal(listText(LIST, plain), "No session lives.\n");
  const text = listText({ ...LIST, unreadable: 2 }, plain);
  t.match(text, /^No session that can be read lives\.\n\nNot listed: 2 records are sealed with other session keys\. SESSION_KEYS\s/);
  t.notMatch(text, /.{81}/, "80 columns");
  t.end();
});

t.test("who was signed out without a name is counted, and the living refresh tokens are told of", (t) => {
  t.equal(endedText([], 0), "Ended 0 sessions.\n");
  const text = endedText([], 1);
  t.match(text, /^Ended 1 session\.\n/);
  t.match(text.replaceAll("\n", " "), "Cognito was not asked to revoke their refresh tokens: 1 record is sealed with other session keys");
  t.notMatch(text, /.{81}/, "80 columns");
  t.end();
});
