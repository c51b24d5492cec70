/** ss's table: columns as wide as what is in them, addresses to the right, ports to the left of their colon. */

export interface SocketRow {
	readonly netid: string;
	readonly state: string;
	readonly recvQueue: string;
	readonly sendQueue: string;
	readonly localAddr: string;
	readonly localPort: string;
	readonly peerAddr: string;
	readonly peerPort: string;
	readonly process: string;
}

interface Column {
	readonly field: keyof SocketRow;
	readonly title: string;
	readonly align: "left" | "right";
	/** What is put before it. */
	readonly before: string;
}

const COLUMNS: readonly Column[] = [
	{ field: "netid", title: "Netid", align: "left", before: "" },
	{ field: "state", title: "State", align: "left", before: " " },
	{ field: "recvQueue", title: "Recv-Q", align: "left", before: " " },
	{ field: "sendQueue", title: "Send-Q", align: "left", before: " " },
	{ field: "localAddr", title: "Local Address:", align: "right", before: " " },
	{ field: "localPort", title: "Port", align: "left", before: "" },
	{ field: "peerAddr", title: "Peer Address:", align: "right", before: " " },
	{ field: "peerPort", title: "Port", align: "left", before: "" },
	{ field: "process", title: "Process", align: "left", before: "" },
];

/** The lines, as ss prints them where standard output is no terminal. */
export function formatSocketTable(
	rows: readonly SocketRow[],
	options: { readonly header: boolean; readonly hidden: ReadonlySet<keyof SocketRow> },
): string {
	const shown = COLUMNS.filter(({ field }) => !options.hidden.has(field));
	const widths = shown.map(({ field, title }) => {
		// The last field of all is printed before ss has measured it.
		const measured = field === "process" ? rows.slice(0, -1) : rows;
		const lengths = measured.map((row) => row[field].length);
		return Math.max(0, options.header ? title.length : 0, ...lengths);
	});
	const line = (textOf: (column: Column) => string): string => {
		let text = "";
		for (const [k, column] of shown.entries()) {
			const width = widths[k] ?? 0;
			if (width === 0) continue;
			const cell = textOf(column);
			text += (k === 0 ? "" : column.before) + (column.align === "left" ? cell.padEnd(width) : cell.padStart(width));
		}
		return `${text}\n`;
	};
	const header = options.header ? line(({ title }) => title) : "";
	return header + rows.map((row) => line(({ field }) => row[field])).join("");
}
