import { ProjectionTableError } from "@annals/core";
import {
  type AggregateFunctionNode,
  AliasNode,
  type CommonTableExpressionNameNode,
  type FunctionNode,
  type KyselyPlugin,
  type OperationNode,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryId,
  type QueryResult,
  type RawNode,
  type ReferenceNode,
  type RootOperationNode,
  type SelectModifierNode,
  TableNode,
  type UnknownRow,
  WithNode,
} from "kysely";

/** A table, by its names in the database. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** Sends queries on some tables to tables of the same names in another schema. All others go where they went. */
export class TableRouter implements KyselyPlugin {
  readonly #transformer: RoutingTransformer;

  constructor(
    projection: string,
    tables: readonly TableName[],
    toSchema: (from: string) => string,
  ) {
    this.#transformer = new RoutingTransformer(projection, tables, toSchema);
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    return this.#transformer.transformNode(node, queryId);
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result;
  }
}

/**
 * Changes nodes where a table is named, not where a column says which table it is of: the name of a table in
 * FROM stands for it in the rest of the query, whatever its schema is.
 */
class RoutingTransformer extends OperationNodeTransformer {
  readonly #projection: string;
  readonly #tables: ReadonlyMap<string, TableName>;
  readonly #toSchema: (from: string) => string;
  readonly #rawNames: RegExp;
  /** The names of the common table expressions that are in scope, innermost last. */
  #expressions: readonly string[] = [];
  /** What a statement writes to, which no common table expression can be. */
  readonly #targets = new WeakSet<object>();

  constructor(
    projection: string,
    tables: readonly TableName[],
    toSchema: (from: string) => string,
  ) {
    super();
    this.#projection = projection;
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#toSchema = toSchema;
    const names = tables.map(({ name }) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    this.#rawNames = new RegExp(
      `\\b(?:from|join|into|update|table|only|using|truncate)\\s+(?:"?[\\w$]+"?\\s*\\.\\s*)?"?(${names.join("|")})"?(?![\\w$])`,
      "i",
    );
  }

  protected override transformNodeImpl<T extends OperationNode>(node: T, queryId?: QueryId): T {
    const target = targetOf(node);
    if (target !== undefined) this.#targets.add(target);
    const own = expressionsOf(node);
    if (own.length === 0) return super.transformNodeImpl(node, queryId);
    const outer = this.#expressions;
    this.#expressions = [...outer, ...own];
    const transformed = super.transformNodeImpl(node, queryId);
    this.#expressions = outer;
    return transformed;
  }

  /** An expression sees those before it, and itself only where they are recursive. */
  protected override transformWith(node: WithNode, queryId?: QueryId): WithNode {
    if (node.recursive === true) return super.transformWith(node, queryId);
    const all = this.#expressions;
    const before = all.length - node.expressions.length;
    const expressions = node.expressions.map((expression, at) => {
      this.#expressions = all.slice(0, before + at);
      return this.transformNode(expression, queryId);
    });
    this.#expressions = all;
    return { ...node, expressions };
  }

  protected override transformCommonTableExpressionName(
    node: CommonTableExpressionNameNode,
  ): CommonTableExpressionNameNode {
    return node;
  }

  protected override transformTable(node: TableNode): TableNode {
    const { schema, identifier } = node.table;
    const isExpression = schema === undefined && this.#expressions.includes(identifier.name);
    if (isExpression && !this.#targets.has(node)) return node;
    const table = this.#tables.get(identifier.name);
    if (table === undefined || (schema !== undefined && schema.name !== table.schema)) return node;
    return TableNode.createWithSchema(this.#toSchema(table.schema), table.name);
  }

  protected override transformReference(node: ReferenceNode, queryId?: QueryId): ReferenceNode {
    if (!isBareTable(node.table)) return super.transformReference(node, queryId);
    return { ...node, column: this.transformNode(node.column, queryId) };
  }

  protected override transformSelectModifier(
    node: SelectModifierNode,
    queryId?: QueryId,
  ): SelectModifierNode {
    if (node.of === undefined) return super.transformSelectModifier(node, queryId);
    const of = node.of.map((item) => this.#exceptBare(item, queryId));
    return { ...super.transformSelectModifier({ ...node, of: [] }, queryId), of };
  }

  protected override transformFunction(node: FunctionNode, queryId?: QueryId): FunctionNode {
    const args = node.arguments.map((item) => this.#exceptBare(item, queryId));
    return { ...super.transformFunction({ ...node, arguments: [] }, queryId), arguments: args };
  }

  protected override transformAggregateFunction(
    node: AggregateFunctionNode,
    queryId?: QueryId,
  ): AggregateFunctionNode {
    const aggregated = node.aggregated.map((item) => this.#exceptBare(item, queryId));
    return {
      ...super.transformAggregateFunction({ ...node, aggregated: [] }, queryId),
      aggregated,
    };
  }

  /** Raw text cannot be routed, and would write to the live table. */
  protected override transformRaw(node: RawNode, queryId?: QueryId): RawNode {
    for (const fragment of node.sqlFragments) {
      const table = this.#rawNames.exec(fragment)?.[1];
      if (table === undefined) continue;
      throw new ProjectionTableError({
        projection: this.#projection,
        table,
        problem: "is named in raw SQL, which a rebuild cannot send to the new table",
        hint: `Write sql.table("${table}") there, as a parameter of the sql template.`,
      });
    }
    return super.transformRaw(node, queryId);
  }

  #exceptBare(node: OperationNode, queryId?: QueryId): OperationNode {
    return isBareTable(node) ? node : this.transformNode(node, queryId);
  }
}

/** A table's name where it stands for what FROM has under that name. */
const isBareTable = (node: OperationNode | undefined): boolean =>
  node !== undefined && TableNode.is(node) && node.table.schema === undefined;

const expressionsOf = (node: OperationNode): readonly string[] => {
  if (!("with" in node)) return [];
  const given = node.with as OperationNode | undefined;
  if (given === undefined || !WithNode.is(given)) return [];
  return given.expressions.map(({ name }) => name.table.table.identifier.name);
};

/** The table node that a statement writes to. */
const targetOf = (node: OperationNode): OperationNode | undefined => {
  const statement = node as Partial<Record<"into" | "table" | "from", OperationNode>>;
  switch (node.kind) {
    case "InsertQueryNode":
    case "MergeQueryNode":
      return unaliased(statement.into);
    case "UpdateQueryNode":
      return unaliased(statement.table);
    case "DeleteQueryNode":
      return unaliased(
        (statement.from as { readonly froms?: readonly OperationNode[] } | undefined)?.froms?.[0],
      );
    default:
      return undefined;
  }
};

const unaliased = (node: OperationNode | undefined): OperationNode | undefined =>
  node !== undefined && AliasNode.is(node) ? node.node : node;
