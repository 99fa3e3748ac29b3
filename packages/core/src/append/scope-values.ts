import type { EntityModel } from "../define/entity-model.ts";
import type { JsonValue } from "../define/json-value.ts";

/** The values of an entity's scope, which it never leaves. */
export const scopeValues = (
  { plan, columns }: EntityModel,
  entity: { readonly state: object | undefined; readonly parentId: string | undefined },
): readonly JsonValue[] =>
  plan.scope.map(
    (_, at) => columns[at]?.readOldValue(entity.state as object, entity.parentId) ?? null,
  );
