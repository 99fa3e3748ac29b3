import {
  type KyselyPlugin,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryId,
  type QueryResult,
  type RootOperationNode,
  type SchemableIdentifierNode,
  type UnknownRow,
} from "kysely";

/** A table, by its names in the database. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/**
 * Takes queries that name some tables with their schema, as `withSchema` has them do, to tables of the same
 * names in another one. What names them alone goes by the search path.
 */
export class TableRouter implements KyselyPlugin {
  readonly #transformer: SchemaTransformer;

  constructor(tables: readonly TableName[], schema: string) {
    this.#transformer = new SchemaTransformer(tables, schema);
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    return this.#transformer.transformNode(node, queryId);
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result;
  }
}

class SchemaTransformer extends OperationNodeTransformer {
  readonly #tables: readonly TableName[];
  readonly #schema: string;

  constructor(tables: readonly TableName[], schema: string) {
    super();
    this.#tables = tables;
    this.#schema = schema;
  }

  protected override transformSchemableIdentifier(
    node: SchemableIdentifierNode,
    queryId?: QueryId,
  ): SchemableIdentifierNode {
    const { schema, identifier } = super.transformSchemableIdentifier(node, queryId);
    const isOurs = this.#tables.some(
      (table) => table.schema === schema?.name && table.name === identifier.name,
    );
    if (schema === undefined || !isOurs) return node;
    return { ...node, schema: { ...schema, name: this.#schema } };
  }
}
