import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../src/demo/free-port.js";
import type { Place, ShellBlock } from "./shell-blocks.js";

/** The ports that the documentation names, and the setting whose default each is: what is not named moves with the rest. */
const PORTS: ReadonlyMap<string, string | null> = new Map([
  ["3000", "PORT"],
  ["5173", null],
  ["8080", "SAMPLE_API_PORT"],
  ["9000", "MANAGEMENT_PORT"],
  ["9229", "LOCAL_COGNITO_PORT"],
]);

/** A block may build the whole project. */
const LONGEST_MS = 240_000;
/** Of what a block printed, so much is shown when it fails. */
const LAST_BYTES = 6_000;

/** Which folder of a workspace a block begins in. */
const FOLDERS: Readonly<Record<Place, string>> = { app: "app", repository: "cognito-bff" };

async function answers(address: string): Promise<boolean> {
  return fetch(address, { redirect: "manual", signal: AbortSignal.timeout(5_000) }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.status < 500;
    },
    () => false,
  );
}

/** Whether anything of a process group is there still. */
function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
}

function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch {
    // It has ended.
  }
}

/** The addresses that the comments of a block name. */
function addressesOf(text: string): readonly string[] {
  return [...text.matchAll(/#.*$/gm)].flatMap(([comment]) => comment.match(/http:\/\/[\w.:]+/g) ?? []);
}

/**
 * The terminal of somebody who follows one page: what a block exports, the next one has. What goes on is a job of its own, like a terminal more, and is
 * ended when the page is.
 */
export class Shell {
  #output = "";
  #answer: (line: string) => void = () => {};
  #count = 0;

  readonly #folder: string;
  readonly #ports: ReadonlyMap<string, string>;
  readonly #bash: ChildProcess;
  /** What goes on, by its process group, and the addresses it serves. */
  readonly #jobs = new Map<number, readonly string[]>();

  private constructor(folder: string, ports: ReadonlyMap<string, string>, bash: ChildProcess) {
    this.#folder = folder;
    this.#ports = ports;
    this.#bash = bash;
    const { stdin, stdout, stderr } = bash;
    if (stdin === null || stdout === null || stderr === null) throw new Error("bash has no pipes");
    const keep = (text: string) => (this.#output = (this.#output + text).slice(-LAST_BYTES));
    // It may have ended of a command that failed.
    stdin.on("error", () => {});
    stderr.setEncoding("utf8").on("data", keep);
    createInterface({ input: stdout }).on("line", (line) => {
      if (line.startsWith("\u0001")) this.#answer(line.slice(1));
      else keep(`${line}\n`);
    });
  }

  static async open(folder: string): Promise<Shell> {
    const ports = new Map<string, string>();
    for (const port of PORTS.keys()) ports.set(port, `${await freePort()}`);
    const settings = [...PORTS].flatMap(([port, name]) => (name === null ? [] : [[name, ports.get(port)]]));
    const env = {
      ...process.env,
      ...Object.fromEntries(settings),
      npm_config_prefer_offline: "true",
      npm_config_audit: "false",
      NO_COLOR: "1",
    };
    const bash = spawn("bash", ["--noprofile", "--norc"], { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    const shell = new Shell(folder, ports, bash);
    // Each job of the background gets a process group of its own, by which it is ended whole.
    shell.#write("set -m\n");
    return shell;
  }

  #write(text: string): void {
    this.#bash.stdin?.write(text);
  }

  async #ask(text: string): Promise<string> {
    const answered = new Promise<string>((resolve) => {
      this.#answer = resolve;
      if (this.#bash.exitCode !== null) resolve("ended");
      this.#bash.once("close", () => resolve("ended"));
    });
    this.#write(text);
    return Promise.race([answered, sleep(LONGEST_MS, "late", { ref: false })]);
  }

  /** A block with its ports moved. */
  #adapted(text: string): string {
    return text.replace(new RegExp(`\\b(${[...this.#ports.keys()].join("|")})\\b`, "g"), (port) => this.#ports.get(port) ?? port);
  }

  /** Runs a block. Resolves with what went wrong: null, or what it printed last and why that is not good. */
  async run({ marked, text }: ShellBlock): Promise<string | null> {
    if (marked.kind !== "run") throw new Error("a block that is not to be run");
    this.#output = "";
    const adapted = this.#adapted(text);
    const file = join(this.#folder, `block-${++this.#count}.sh`);
    await writeFile(file, `${adapted}\n`);
    const place = join(this.#folder, FOLDERS[marked.place]);
    const fault = (why: string) => `${this.#output}\n=> ${why}`;
    if (!marked.serves) {
      // In the page's own shell, whose exports the next block has; -e as in a script, since nobody goes on after an error. What it prints may end
      // in the middle of a line.
      const answer = await this.#ask(
        `cd '${place}'; set -e; trap 'printf "\\n\\001ended\\n"' EXIT; . '${file}' </dev/null; set +e; trap - EXIT; printf '\\n\\001done\\n'\n`,
      );
      return answer === "done" ? null : fault(answer === "late" ? "it does not end" : "a command of it failed");
    }
    return this.#serve(place, file, addressesOf(adapted)).then((why) => (why === null ? null : fault(why)));
  }

  async #serve(place: string, file: string, addresses: readonly string[]): Promise<string | null> {
    if (addresses.length === 0) return "its comments name no address that is to answer";
    // What is at these addresses has been seen, and whoever goes on has ended it with Ctrl-C.
    for (const [job, served] of this.#jobs) if (served.some((address) => addresses.includes(address))) await this.#end(job);
    // Programs of Node.js make a terminal of theirs one that does not wait, which is the shell's as well: they get none.
    const job = Number(await this.#ask(`cd '${place}'; ( set -e; . '${file}' ) </dev/null 1>&2 & echo $'\\001'$!\n`));
    if (!(job > 1)) return "the shell has ended";
    this.#jobs.set(job, addresses);
    for (const address of addresses) {
      const endMs = performance.now() + LONGEST_MS;
      while (!(await answers(address))) {
        if (!groupLives(job)) return "it ended, and was to go on";
        if (performance.now() > endMs) return `${address} does not answer`;
        await sleep(200);
      }
    }
    return null;
  }

  async #end(job: number): Promise<void> {
    this.#jobs.delete(job);
    signal(job, "SIGINT");
    for (const endMs = performance.now() + 15_000; groupLives(job) && performance.now() < endMs; ) await sleep(100);
    signal(job, "SIGKILL");
  }

  /** Ends what goes on, as Ctrl-C would, and the shell. */
  async close(): Promise<void> {
    for (const job of this.#jobs.keys()) await this.#end(job);
    if (this.#bash.exitCode !== null || this.#bash.signalCode !== null) return;
    const closed = once(this.#bash, "close");
    this.#write("exit\n");
    await Promise.race([closed, sleep(5_000, null, { ref: false })]);
    this.#bash.kill("SIGKILL");
  }
}
