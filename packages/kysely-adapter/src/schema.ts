// What tools that write or compare schemas need beside the public names.

export { topicIdentity } from "./connection/schema-name.ts";
export { filledColumn } from "./statements/compare-index-rows.ts";
export { entityObjects } from "./tables/entity-tables.ts";
export { publisherSignature } from "./tables/publish-function.ts";
export { qualify, quoteName, quoteText } from "./tables/quote.ts";
export {
  constraintLine,
  createObject,
  type SchemaObject,
  type TablePart,
} from "./tables/schema-object.ts";
export { partitionSequence } from "./tables/topic-partition.ts";
export { latestTable, topicPublisher, topicTables } from "./tables/topic-tables.ts";
