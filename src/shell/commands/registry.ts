/** All programs of the shell. One line per command file, in order of the alphabet; `bash/builtins/table.ts` has the shell's own. */
import type { CommandEntry } from "../command.ts";
import { echoCommand } from "./echo.ts";

export const COMMANDS: readonly CommandEntry[] = [echoCommand];
