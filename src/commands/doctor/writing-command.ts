import type { Command } from "commander";
import { systemClock } from "../../model/clock.js";
import type { DoctorSurroundings } from "./doctor-command.js";
import type { FixOptions } from "./fix.js";
import type { ModeOptions, ModeSurroundings } from "./mode.js";
import { consoleAt } from "./terminal.js";
import type { UndoOptions } from "./undo.js";

function surroundingsOf({ env, output }: DoctorSurroundings): ModeSurroundings {
  const { colours, err } = output();
  const console = consoleAt({ input: process.stdin, output: process.stdout, colours });
  return { env, console, err, folder: "", clock: systemClock };
}

const NOTES = `
Exit codes: 0 the app client is as it was asked to be; 1 it is not, and it was
said why; 2 could not look. Nothing is written that somebody else has changed
meanwhile, and a backup is written before.`;

function writeOptions(command: Command): Command {
  return command
    .option("--yes", "answers every question, that after CloudFormation, CDK and Terraform included")
    .option("--dry-run", "show what would change, and write nothing")
    .option("--backup <file>", "where the backup goes (a file of its own in this folder)")
    .addHelpText("after", NOTES);
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/**
 * Declares the modes of `doctor` that write, or keep what is there.
 *
 * @param clientOptions adds those that every mode has
 */
export function addWritingModes(doctor: Command, surroundings: DoctorSurroundings, clientOptions: (command: Command) => Command): void {
  const { run } = surroundings;
  const fix = doctor
    .command("fix")
    .argument("[ids...]", "of findings that can be fixed")
    .description("mends the app client: shows what changes, asks, backs up, writes, and reads again")
    .option("--refresh-validity <lifetime>", "how long people stay signed in, such as 30d")
    .action((ids: readonly string[], options: FixOptions) =>
      run(async () => (await import("./fix.js")).doctorFix(ids, options, surroundingsOf(surroundings))),
    );
  writeOptions(clientOptions(fix));
  const backup = doctor
    .command("backup")
    .argument("<file>", "a file that is not there yet")
    .description("writes down what the app client is now, without its secret")
    .action((file: string, options: ModeOptions) =>
      run(async () => (await import("./backup.js")).doctorBackup(file, options, surroundingsOf(surroundings))),
    );
  clientOptions(backup);
  const undo = doctor
    .command("undo")
    .argument("<backup>", "a file that fix or backup wrote")
    .description("takes back what fix wrote where it still stands; other fields by --field")
    .option("--field <name>", "bring back this field alone, whoever changed it; may be given again", collected, [])
    .action((file: string, options: UndoOptions) =>
      run(async () => (await import("./undo.js")).doctorUndo(file, options, surroundingsOf(surroundings))),
    );
  writeOptions(clientOptions(undo));
}
