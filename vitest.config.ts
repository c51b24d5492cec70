import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
	test: {
		projects: [
			{
				test: {
					name: "unit",
					include: ["src/**/*.test.ts", "test/architecture.test.ts"],
					// Some play thousands of packets; on a busy machine that takes a while.
					testTimeout: 60_000,
				},
			},
			{
				test: {
					name: "system",
					include: ["test/**/*.test.ts"],
					exclude: ["test/architecture.test.ts"],
					testTimeout: 120_000,
					// The real kernel's clock goes on while a busy machine keeps a test waiting: it may try once more.
					retry: 1,
				},
			},
		],
	},
});

export default config;
