// What tools that write or compare schemas need beside the public names.

export { filledColumn } from "./statements/compare-index-rows.ts";
export { entityObjects } from "./tables/entity-tables.ts";
export { qualify, quoteName, quoteText } from "./tables/quote.ts";
export {
  constraintLine,
  createObject,
  type SchemaObject,
  type TablePart,
} from "./tables/schema-object.ts";
