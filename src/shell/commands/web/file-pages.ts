/** The pages that Python's http.server makes itself. */

export function errorPage(status: number, message: string, explanation: string): string {
	return `<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: ${status}</p>
        <p>Message: ${escapeHtml(message)}.</p>
        <p>Error code explanation: ${status} - ${escapeHtml(explanation)}.</p>
    </body>
</html>
`;
}

/** Directories among the entries end in a slash. */
export function directoryPage(path: string, entries: readonly string[]): string {
	const title = `Directory listing for ${escapeHtml(path)}`;
	const sorted = [...entries].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
	const items = sorted.map((name) => `<li><a href="${quotePath(name)}">${escapeHtml(name)}</a></li>\n`);
	return `<!DOCTYPE HTML>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
</head>
<body>
<h1>${title}</h1>
<hr>
<ul>
${items.join("")}</ul>
<hr>
</body>
</html>
`;
}

export function mimeType(path: string): string {
	return MIME_TYPES[/\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";
}

const MIME_TYPES: Readonly<Record<string, string>> = {
	css: "text/css",
	csv: "text/csv",
	gif: "image/gif",
	gz: "application/gzip",
	htm: "text/html",
	html: "text/html",
	jpg: "image/jpeg",
	js: "text/javascript",
	json: "application/json",
	md: "text/markdown",
	pdf: "application/pdf",
	png: "image/png",
	py: "text/x-python",
	sh: "application/x-sh",
	svg: "image/svg+xml",
	txt: "text/plain",
	xml: "text/xml",
};

/** As urllib.parse.quote. */
function quotePath(path: string): string {
	return path.split("/").map(quoteName).join("/");
}

function quoteName(name: string): string {
	const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
	return encodeURIComponent(name).replace(/[!'()*]/g, hex);
}

/** As html.escape without quotes. */
function escapeHtml(text: string): string {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
