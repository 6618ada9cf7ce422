import t from "tap";
import { createSessionHandles } from "../../src/http/auth/session-handles.js";
import { keyFrom, sessionOf } from "../support/session-fixtures.js";

t.test("a handle is of one session of one person, and tells nothing of its id", (t) => {
  const handles = createSessionHandles([keyFrom("one")]);
  const [mine, other] = [sessionOf(), sessionOf()];
  const handle = handles.of(mine);
  t.match(handle, /^[\w-]{22}$/);
  t.equal(handles.of(mine), handle);
  t.ok(handles.isOf(handle, mine));
  t.notOk(handles.isOf(handle, other));
  t.notOk(handles.isOf(handle, { ...mine, subject: "somebody else" }));
  t.notOk(handles.isOf(mine.id, mine), "the id is none");
  t.end();
});

t.test("a page that is open while the keys are changed keeps its handles, and one of an unknown key has none", (t) => {
  const session = sessionOf();
  const handle = createSessionHandles([keyFrom("one")]).of(session);
  const rolled = createSessionHandles([keyFrom("two"), keyFrom("one")]);
  t.not(rolled.of(session), handle);
  t.ok(rolled.isOf(handle, session));
  t.notOk(createSessionHandles([keyFrom("two")]).isOf(handle, session));
  t.end();
});

t.test("what is no handle is none", (t) => {
  const handles = createSessionHandles([keyFrom("one")]);
  const session = sessionOf();
  for (const text of ["", "x", handles.of(session).slice(1), `${handles.of(session)}AAAA`, "ä".repeat(22), "x".repeat(32_000)])
    t.notOk(handles.isOf(text, session));
  t.end();
});
