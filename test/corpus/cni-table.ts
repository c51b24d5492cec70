/**
 * What becomes of every call of the CNI corpus: the test that runs it, or why none does. `part` names calls of an operation
 * that go another way than the others.
 */

export type Fate =
	/** A file of `src/cni`. */
	{ readonly test: string; readonly part?: string } | { readonly because: string };

const LIBRARY: Fate = { test: "corpus-library.test.ts" };
const RUNTIME: Fate = { test: "corpus-runtime.test.ts" };
const PLUGINS: Fate = { test: "corpus-plugins.test.ts" };
const PORTMAP: Fate = { test: "corpus-portmap.test.ts" };
const RANGE: Fate = { test: "plugins/range.test.ts" };
const HOST_LOCAL: Fate = { test: "plugins/host-local.test.ts" };
const NFT: Fate = {
	because: "the nftables backends are not modelled; a configuration that asks for one is refused by name",
};

/** By file and operation. */
export const CNI_TABLE: Readonly<Record<string, Readonly<Record<string, Fate>>>> = {
	bridge: {
		ADD: { ...PLUGINS, part: "vlan, vlanTrunk and macspoofchk: refused by name, which is what is tested" },
		CHECK: PLUGINS,
		DEL: { ...PLUGINS, part: "vlan, vlanTrunk and macspoofchk: refused by name, which is what is tested" },
		collectVlanTrunk: PLUGINS,
		loadIPAMConfig: PLUGINS,
		loadNetConf: PLUGINS,
		testCase: { because: "upstream's wishes for the ADD and DEL that follow it; those are compared in full" },
	},
	firewall: {
		ADD: { ...PLUGINS, part: "backend firewalld: refused by name, which is what is tested" },
		CHECK: { ...PLUGINS, part: "backend firewalld: refused by name, which is what is tested" },
		DEL: { ...PLUGINS, part: "backend firewalld: refused by name, which is what is tested" },
	},
	"host-local.allocator": {
		"allocator.get": HOST_LOCAL,
		loadIPAMConfig: PLUGINS,
		"range.canonicalize": RANGE,
		"range.contains": RANGE,
		"range.overlaps": RANGE,
		"rangeIter.next": HOST_LOCAL,
		"rangeSet.canonicalize": RANGE,
		"rangeSet.contains": PLUGINS,
		"rangeSet.rangeFor": PLUGINS,
		"store.releaseByID": {
			because: "a store of the test's own; what it holds stands in `storeBefore` of the allocations",
		},
		"store.reserve": { because: "a store of the test's own; what it holds stands in `storeBefore` of the allocations" },
	},
	"host-local.plugin": { ADD: PLUGINS, DEL: PLUGINS },
	ip: {
		cmp: { ...LIBRARY, part: "lengths that are no address, and two families (-2): a typed address has neither" },
		nextIP: { ...LIBRARY, part: "three bytes: a typed address has four or sixteen" },
	},
	"lib.invoke": {
		exec: {
			because: "Go's way of starting a process, with the test's own executor; what runs with what is in lib.libcni",
		},
		"result.convert": LIBRARY,
		"result.create": LIBRARY,
	},
	"lib.libcni": {
		confFromFile: { ...LIBRARY, part: "a file that is not there: whoever reads files says so" },
		confListFromConf: LIBRARY,
		exec: RUNTIME,
		injectConf: { ...LIBRARY, part: "a text that is no JSON: ours takes an object" },
		"libcni.begin": RUNTIME,
		"libcni.end": RUNTIME,
		loadConf: LIBRARY,
		loadNetworkConf: LIBRARY,
		networkConfFromBytes: LIBRARY,
		networkConfFromFile: { because: "a file that is not there: whoever reads files says so" },
		"result.convert": LIBRARY,
		"result.create": LIBRARY,
	},
	"lib.skel": { pluginMain: LIBRARY, "pluginMain.unreadableStdin": LIBRARY },
	"lib.types": {
		loadArgs: { ...LIBRARY, part: "Go types that cannot be read into (*types.IPNet, **net.IP)" },
	},
	"lib.types-020": { "result.convert": LIBRARY, "result.create": LIBRARY },
	"lib.types-040": { "result.convert": LIBRARY },
	"lib.version": {
		"configDecoder.decode": LIBRARY,
		parsePrevResult: LIBRARY,
		"pluginDecoder.decode": LIBRARY,
		"reconciler.check": LIBRARY,
		"result.create": LIBRARY,
		versionsStartingFrom: LIBRARY,
	},
	portmap: {
		addNetworkList: PORTMAP,
		"chain.setup": PORTMAP,
		"chain.teardown": PORTMAP,
		connectivity: PORTMAP,
		delNetworkList: PORTMAP,
		fillDnatRules: PORTMAP,
		genDnatChain: PORTMAP,
		genMarkMasqChain: PORTMAP,
		genSetMarkChain: PORTMAP,
		genToplevelDnatChain: PORTMAP,
		"nft.checkPorts": NFT,
		"nft.forwardPorts": NFT,
		"nft.unforwardPorts": NFT,
		parseConfig: PORTMAP,
	},
	ptp: {
		ADD: { ...PLUGINS, part: "ipMasqBackend nftables: refused by name, which is what is tested" },
		CHECK: { ...PLUGINS, part: "ipMasqBackend nftables: refused by name, which is what is tested" },
		DEL: { ...PLUGINS, part: "ipMasqBackend nftables: refused by name, which is what is tested" },
		"ipmasq.nft.setup": NFT,
		"ipmasq.nft.teardown": NFT,
		loadIPAMConfig: PLUGINS,
	},
	"spec.examples": {
		error: LIBRARY,
		networkConfigurationList: LIBRARY,
		other: { because: "no JSON: sketches with comments, ellipses and places to fill in" },
		pluginRequest: LIBRARY,
		result: LIBRARY,
		version: LIBRARY,
	},
	"static.plugin": { ADD: PLUGINS, DEL: PLUGINS },
	utils: {
		formatChainName: LIBRARY,
		formatHashWithPrefix: { ...LIBRARY, part: "lengths that upstream panics at: nobody asks for them" },
	},
};
