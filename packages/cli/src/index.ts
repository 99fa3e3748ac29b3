export { type AnnalsConfig, defineConfig } from "./config/define-config.ts";
