import t from "tap";
import { loadWords } from "../../src/element/words.js";

/** Told as their reason, or as `expired`: there is nothing to add that a person could use. */
const AS_THEIR_REASON = ["refresh_token_invalid", "client_replaced", "session_lifetime", "unknown"];

t.test("every language says the same, with words of its own", async (t) => {
  const english = (await loadWords("en")).words;
  for (const language of ["de", "es", "fr", "ja"]) {
    const { lang, words } = await loadWords(`${language.toUpperCase()}-XX`);
    t.equal(lang, language);
    t.same(Object.keys(words).sort(), Object.keys(english).sort(), language);
    for (const [name, said] of Object.entries(words)) t.notSame(said, english[name as keyof typeof english], `${language}: ${name}`);
  }
  for (const name of AS_THEIR_REASON) t.notOk(name in english, name);
});

t.test("where there is no such language it is English", async (t) => {
  for (const language of ["", "nl", "x", "constructor", "__proto__", "../de", "d"])
    t.equal((await loadWords(language)).lang, "en", language);
});

t.test("the element can be imported where there is no page, as by a server that renders one", async (t) => {
  const element = await import("../../src/element/index.js");
  t.same(Object.keys(element), []);
});
