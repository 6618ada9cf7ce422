import { execFile } from "node:child_process";
import { promisify } from "node:util";

const EXECUTABLE = new URL("../../../node_modules/typescript/lib/getExePath.js", import.meta.url);

/**
 * Compiles a project with the repository's TypeScript. Resolves with all that the compiler has to say: nothing, or what is wrong. The program
 * itself is started, and not the script that finds it: tap gives loaders of its own to every Node.js, and the script does not start with them.
 */
export async function compilerSays(project: string): Promise<string> {
  const { default: getExePath } = (await import(EXECUTABLE.href)) as { default: () => string };
  return promisify(execFile)(getExePath(), ["-p", project]).then(
    ({ stdout }) => stdout,
    // One that broke down says so elsewhere, and nothing on its standard output.
    (error: { stdout: string; message: string }) => error.stdout || error.message,
  );
}
