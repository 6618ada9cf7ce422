import { PassThrough } from "node:stream";
import t from "tap";
import { consoleAt } from "../../src/commands/doctor/terminal.js";

function terminal({ isTTY = true, colours = false } = {}) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY: true });
  const console = consoleAt({ input, output, colours });
  return { input, console, shown: () => String(output.read() ?? "") };
}

t.test("a question is answered by the line that is typed after it", async (t) => {
  const { input, console, shown } = terminal();
  const answer = console.ask("Write this change? ");
  t.match(shown(), "Write this change? ");
  input.write("yes\n");
  t.equal(await answer, "yes");
});

t.test("lines that are typed ahead answer the questions to come", async (t) => {
  const { input, console } = terminal();
  const first = console.ask("One? ");
  input.write("no\nyes\n");
  t.equal(await first, "no");
  t.equal(await console.ask("Two? "), "yes");
});

t.test("an input that ends answers nothing, now and later", async (t) => {
  const { input, console } = terminal();
  const answer = console.ask("One? ");
  input.end();
  t.equal(await answer, null);
  t.equal(await console.ask("Two? "), null);
});

t.test("Ctrl-C answers nothing", async (t) => {
  const { input, console } = terminal();
  const answer = console.ask("One? ");
  input.write("\u0003");
  t.equal(await answer, null);
});

t.test("nobody is asked where the input or the output is no terminal", (t) => {
  t.equal(terminal().console.interactive, true);
  t.equal(terminal({ isTTY: false }).console.interactive, false);
  t.end();
});

t.test("colours only where they are wanted", (t) => {
  t.equal(terminal().console.paint("red", "x"), "x");
  t.equal(terminal({ colours: true }).console.paint("red", "x"), "\u001b[31mx\u001b[39m");
  t.end();
});
