/* The API behind every contestant where nginx is not installed; ../proxies/nginx.ts has the same in nginx's words. */
import { createServer } from "node:http";
import { ANSWERS } from "../answers.js";
import { listening } from "./listening.js";

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const answer = ANSWERS[request.url ?? ""];
  request.resume().on("end", () => {
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": answer.body.length, ...answer.headers });
    response.end(answer.body);
  });
});
server.listen(0, "127.0.0.1", () => listening(server));
