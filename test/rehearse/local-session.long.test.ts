import t from "tap";
import { runLocally } from "../../src/rehearse/local/local-session.js";
import { configOf } from "./rehearsals.js";

const output = (isTTY: boolean) => {
  const written: string[] = [];
  return { isTTY, write: (text: string) => written.push(text), text: () => written.join("") };
};

t.test("on a terminal there are colours and progress, which is gone at the end", async (t) => {
  const [out, errors] = [output(true), output(true)];
  const code = await runLocally(configOf(), { only: ["waf"], json: false, junit: null }, { out, errors, noColor: false });
  t.equal(code, 0);
  t.match(errors.text(), "\r\u001b[K  0 of 1  waf");
  t.ok(errors.text().endsWith("\r\u001b[K"));
  t.match(out.text(), "\u001b[32m✔");
});

t.test("NO_COLOR is honoured, and what is no terminal gets neither", async (t) => {
  const [out, errors] = [output(true), output(false)];
  await runLocally(configOf(), { only: ["waf"], json: false, junit: null }, { out, errors, noColor: true });
  t.notMatch(out.text(), "\u001b");
  t.equal(errors.text(), "");
});

t.test("the results are shown though the JUnit XML cannot be written, which is said and no success", async (t) => {
  const [out, errors] = [output(false), output(false)];
  const junit = `${t.testdir({})}/none/rehearsal.xml`;
  t.equal(await runLocally(configOf(), { only: ["waf"], json: false, junit }, { out, errors, noColor: true }), 2);
  t.match(out.text(), "1 passed");
  t.equal(errors.text(), `cognito-bff: --junit: ${junit} cannot be written (ENOENT)\n`);
});
