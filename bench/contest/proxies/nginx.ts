import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "../../../src/demo/free-port.js";
import { ANSWERS, UPLOAD_PATH } from "../answers.js";
import { type Child, type Pinning, startProgram } from "../child.js";
import { type Contestant, foreignAuthorization, foreignCookie } from "../contestant.js";
import { installed } from "../load/load.js";
import { temporaryDirectory } from "../temporary-directory.js";

/** nginx with one worker and a configuration of its own, within a directory that goes with it. */
async function startNginx(pinning: Pinning, blocks: (port: number, directory: string) => string): Promise<Child> {
  const port = await freePort();
  const directory = temporaryDirectory("nginx");
  const { path } = directory;
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${path}/${name};`).join(" ");
  writeFileSync(
    join(path, "nginx.conf"),
    `daemon off; master_process off; pid ${path}/pid; error_log ${path}/error.log;
events { worker_connections 4096; }
http { access_log off; ${paths} large_client_header_buffers 8 32k; client_max_body_size 0; client_body_buffer_size 2m; keepalive_requests 100000000; keepalive_timeout 600s;
${blocks(port, path)} }
`,
  );
  try {
    const child = await startProgram("nginx", ["-p", path, "-c", join(path, "nginx.conf"), "-e", `${path}/error.log`], {
      port,
      env: {},
      pinning,
      isUp: async () => (await fetch(`http://127.0.0.1:${port}/api/x`).catch(() => null))?.ok === true,
    });
    return { ...child, stop: () => child.stop().finally(directory.remove) };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** A reverse proxy and nothing else. */
export const nginx: Contestant = {
  title: "nginx, no session",
  missing: () => (installed("nginx") ? null : "nginx is not installed"),
  async start({ upstream, pinning }) {
    const authorization = foreignAuthorization();
    const { pid, probe, port, stop } = await startNginx(
      pinning,
      (port) => `  upstream api { server ${new URL(upstream).host}; keepalive 64; keepalive_requests 100000000; keepalive_timeout 600s; }
  server { listen 127.0.0.1:${port}; location /api/ { proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Cookie ""; proxy_set_header Authorization "${authorization}"; } }`,
    );
    return { pid, probe, url: `http://127.0.0.1:${port}`, cookies: [foreignCookie()], stop };
  },
};

/** Where an upload is answered once it is here. */
const TAKEN_PATH = "/taken";

/** As the API behind everybody: `ANSWERS` as files. */
export function startNginxUpstream(pinning: Pinning): Promise<Child> {
  return startNginx(pinning, (port, directory) => {
    const locations = Object.entries(ANSWERS).map(([path, { headers, body }]) => {
      const file = join(directory, "answers", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, body);
      const added = Object.entries(headers).map(([name, value]) => `add_header ${name} '${value}';`);
      const answer = body.length > 1_000 ? `root ${directory}/answers; etag off;` : `return 200 '${body}';`;
      return `location = ${path === UPLOAD_PATH ? TAKEN_PATH : path} { default_type application/json; ${added.join(" ")} ${answer} }`;
    });
    // `return` answers before an upload is there: only what it is handed on to from here is asked once all has been read.
    const taken = `proxy_pass http://taken${TAKEN_PATH}; proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length "";
      proxy_http_version 1.1; proxy_set_header Connection "";`;
    return `open_file_cache max=10; upstream taken { server 127.0.0.1:${port}; keepalive 64; }
  server { listen 127.0.0.1:${port}; ${locations.join("\n")}
  location = ${UPLOAD_PATH} { ${taken} } }`;
  });
}
