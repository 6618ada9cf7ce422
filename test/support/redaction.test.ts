import t from "tap";
import { TokenSearch } from "./redaction.js";
import { accessClaims, idClaims, jwtOf, refreshTokenOf } from "./session-fixtures.js";

t.test("a token, the beginning of one of its parts, the sub and the e-mail address in it are found in a log line", (t) => {
  const search = new TokenSearch();
  const subject = "0b7e8f0a-3f0f-4a3e-9f5e-9d1f5c0a7b11";
  const id = jwtOf({ ...idClaims(subject, {}, {}), email: "someone@example.com" });
  const refresh = refreshTokenOf("redaction", 600);
  search.noteBody(
    JSON.stringify({ AuthenticationResult: { IdToken: id, AccessToken: jwtOf(accessClaims(subject)), RefreshToken: refresh } }),
  );
  const [, claims = "", signature = ""] = id.split(".");
  for (const leak of [id, claims, signature.slice(0, 30), refresh, refresh.slice(0, 700), subject, "someone@example.com"])
    t.not(search.leakIn(JSON.stringify({ level: 30, error: { message: `it went wrong with ${leak}` } })), null, leak.slice(0, 20));
  t.end();
});

t.test("an ordinary line is clean", (t) => {
  const search = new TokenSearch();
  search.noteToken(jwtOf(idClaims("user-1")));
  t.equal(search.leakIn('{"request_id":"4bf92f3577b34da6a3ce929d0e0e4736","session":"a3ce929d0e0e4736","msg":"session ended"}'), null);
  t.end();
});
