/** Manifest files → the objects in them, one root field each: many documents, Lists, YAML and JSON. */
import { type Alias, type Document, isAlias, LineCounter, parseAllDocuments, visit } from "yaml";
import { Field } from "./field.ts";
import { jsonDocument } from "./json-document.ts";
import type { ManifestError } from "./manifest-error.ts";

export interface ManifestFile {
	readonly path: string;
	readonly text: string;
}

/** An object as written, its kind, group and name read and nothing else. */
export interface RawObject {
	/** `apps` of `apps/v1`; empty for the core group. */
	readonly group: string;
	readonly version: string;
	readonly kind: string;
	readonly name: string;
	/** `metadata.namespace`, or `default`; empty for the kinds known to have none. */
	readonly namespace: string;
	/** The root, named for errors. */
	readonly root: Field;
}

/** The kinds without a namespace that manifests are likely to hold. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
	"APIService",
	"CertificateSigningRequest",
	"ClusterRole",
	"ClusterRoleBinding",
	"CSIDriver",
	"CSINode",
	"CustomResourceDefinition",
	"DeviceClass",
	"FlowSchema",
	"IngressClass",
	"IPAddress",
	"MutatingAdmissionPolicy",
	"MutatingWebhookConfiguration",
	"Namespace",
	"Node",
	"PersistentVolume",
	"PriorityClass",
	"PriorityLevelConfiguration",
	"RuntimeClass",
	"ServiceCIDR",
	"StorageClass",
	"ValidatingAdmissionPolicy",
	"ValidatingAdmissionPolicyBinding",
	"ValidatingWebhookConfiguration",
	"VolumeAttachment",
	"VolumeSnapshotClass",
]);

/** All objects of all files in their order; what cannot be read goes to `errors`. */
export function readObjects(files: readonly ManifestFile[], errors: ManifestError[]): readonly RawObject[] {
	return files.flatMap((file) => fileObjects(file, errors));
}

function fileObjects(file: ManifestFile, errors: ManifestError[]): readonly RawObject[] {
	const lines = new LineCounter();
	const json = jsonDocument(file.text, lines);
	if (json !== undefined) {
		const { document, contents } = json;
		const found: RawObject[] = [];
		collect(new Field({ path: file.path, document, lines, errors, object: "" }, "", contents, 0), undefined, found);
		return found;
	}
	const documents = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, merge: true });
	const objects: RawObject[] = [];
	if (!Array.isArray(documents)) return objects;
	for (const document of documents) {
		for (const error of document.errors) {
			const { line, col } = lines.linePos(error.pos[0]);
			errors.push({ code: "syntax", at: { path: file.path, line, column: col }, message: error.message });
		}
		if (document.errors.length > 0) continue;
		const node = document.contents ?? undefined;
		const context = { path: file.path, document, lines, errors, object: "" };
		const root = new Field(context, "", node, document.range[0]);
		const unknown = file.text.includes("*") ? undefinedAliases(document) : [];
		for (const alias of unknown) {
			new Field(context, "", undefined, alias.range?.[0] ?? 0).fail(
				"syntax",
				`no anchor &${alias.source} before *${alias.source}`,
			);
		}
		if (unknown.length > 0) continue;
		if (file.text.includes("*") && !expands(document)) {
			root.fail("syntax", "aliases that refer to themselves, or too many of them");
			continue;
		}
		if (root.present) collect(root, undefined, objects);
	}
	return objects;
}

/** The aliases before which their anchor does not stand. */
function undefinedAliases(document: Document): readonly Alias[] {
	const anchors = new Set<string>();
	const found: Alias[] = [];
	visit(document, {
		Node: (_key, node) => {
			if (isAlias(node)) {
				if (!anchors.has(node.source)) found.push(node);
			} else if (node.anchor !== undefined) anchors.add(node.anchor);
		},
	});
	return found;
}

/** Whether the document's aliases come to an end. */
function expands(document: Document): boolean {
	try {
		return JSON.stringify(document.toJS()) !== "";
	} catch {
		return false;
	}
}

interface TypeMeta {
	readonly apiVersion: string;
	readonly kind: string;
}

/** `implied` is what the items of a typed list (`ServiceList`) are, where they do not say it themselves. */
function collect(root: Field, implied: TypeMeta | undefined, objects: RawObject[]): void {
	if (!root.isMap) {
		root.fail("syntax", "expected a Kubernetes object: a mapping with apiVersion and kind");
		return;
	}
	const kindField = root.get("kind");
	const versionField = root.get("apiVersion");
	const kind = kindField.string() ?? implied?.kind;
	const apiVersion = versionField.string() ?? implied?.apiVersion;
	if (kind === undefined && !kindField.present) kindField.expected("the kind of the object");
	if (apiVersion === undefined && !versionField.present) versionField.expected("the object's API group and version");
	if (kind === undefined || apiVersion === undefined) return;
	if (kind.endsWith("List") && root.get("items").present) {
		const itemKind = kind.slice(0, -4);
		const itemType = itemKind === "" ? undefined : { apiVersion, kind: itemKind };
		for (const item of root.get("items").items()) collect(item.asRoot(), itemType, objects);
		return;
	}
	const object = rawObject(root, kind, apiVersion);
	if (object !== undefined) objects.push(object);
}

function rawObject(root: Field, kind: string, apiVersion: string): RawObject | undefined {
	const known = root.named(kind);
	const nameField = known.get("metadata").get("name");
	const name = nameField.string();
	if (name === undefined) {
		if (!nameField.present) nameField.expected("the object's name");
		return undefined;
	}
	const namespaced = known.get("metadata").get("namespace").string() ?? "default";
	const namespace = CLUSTER_SCOPED.has(kind) ? "" : namespaced;
	const slash = apiVersion.lastIndexOf("/");
	return {
		group: slash < 0 ? "" : apiVersion.slice(0, slash),
		version: apiVersion.slice(slash + 1),
		kind,
		name,
		namespace,
		root: root.named(objectLabel(kind, namespace, name)),
	};
}

/** `Service default/myapp`, `Node slave1`. */
export function objectLabel(kind: string, namespace: string, name: string): string {
	return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
