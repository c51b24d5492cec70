import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
	test: {
		projects: [
			{
				test: {
					name: "unit",
					include: ["src/**/*.test.ts", "test/architecture.test.ts"],
				},
			},
			{
				test: {
					name: "system",
					include: ["test/**/*.test.ts"],
					exclude: ["test/architecture.test.ts"],
					testTimeout: 120_000,
				},
			},
		],
	},
});

export default config;
