/** ipset's help, in podwire's words. */
import { TYPE_SYNTAX, type TypeSyntax } from "../../../formats/ipset/types.ts";
import { TOOL } from "./session.ts";

const COMMANDS = `${TOOL}

Usage: ipset [options] COMMAND

Commands:
  create SETNAME TYPENAME [options of the type]
  add SETNAME ENTRY [options], del SETNAME ENTRY, test SETNAME ENTRY
  list [SETNAME], save [SETNAME], restore, flush [SETNAME], destroy [SETNAME]
  rename FROM TO, swap FROM TO, help [TYPENAME], version

Options: -o plain|save|xml, -s (sorted), -q (quiet), -! or -exist, -n (names only), -t (headers only), -f FILE
`;

/** With the options of a type, or the names of all. */
export function helpText(type: TypeSyntax | undefined): string {
	if (type === undefined) return `${COMMANDS}\nSet types: ${TYPE_SYNTAX.map(({ name }) => name).join(", ")}\n`;
	const nomatch = type.nomatch ? ", nomatch" : "";
	return `${COMMANDS}
${type.name}: elements are ${type.dims.join(",")}
  create: ${type.create.join(", ")}
  add: timeout, packets, bytes, comment, skbmark, skbprio, skbqueue${nomatch}
`;
}
