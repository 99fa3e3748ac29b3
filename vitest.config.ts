import { defineConfig } from "vitest/config";

// Workspace packages are taken from their sources: no test needs a build.
const conditions = ["@annals/source", "module", "node", "development|production"];

const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: [
            "{packages,examples}/*/src/**/*.test.ts",
            "{packages,examples}/*/test/**/*.test.ts",
            "scripts/*.test.ts",
          ],
          exclude: ["**/*.int.test.ts", "**/node_modules/**"],
          // Properties run many cases, also on a busy machine.
          testTimeout: 30_000,
          setupFiles: ["./vitest.no-console.ts"],
        },
      },
      {
        ...shared,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: "tsc",
            include: ["{packages,examples}/*/src/**/*.test-d.ts"],
            tsconfig: "./tsconfig.types.json",
          },
        },
      },
      {
        ...shared,
        test: {
          name: "int",
          include: ["{packages,examples}/*/test/**/*.int.test.ts"],
          // By path: a package name would be taken from its build.
          globalSetup: ["./packages/testing/src/vitest/global-setup.ts"],
          setupFiles: ["./vitest.no-console.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
