import { AsyncLocalStorage } from "node:async_hooks";
import type { ContextErasure, ContextScope, JsonObject, ReservedContext } from "@annals/core";
import { contextModel, type EncodedContext } from "@annals/core/adapter";
import type { $ZodObject, output } from "zod/v4/core";

/** What a context is given: all that its schema requires, and the keys that every context has. */
export type ContextValues<Schema extends $ZodObject> = Readonly<output<Schema>> & ReservedContext;

/** Some of a context. `undefined` takes a key away. */
export type ContextPart<Schema extends $ZodObject> = {
  readonly [Key in keyof ContextValues<Schema>]?: ContextValues<Schema>[Key] | undefined;
};

/** A context as it follows calls through awaits, timers and callbacks. */
export interface EventContext<Schema extends $ZodObject> extends ContextScope {
  /**
   * Runs `work`, and whatever it awaits, in a context with these values. Within another one they are
   * added to its values, and replace those of the same key.
   *
   * @throws InvalidContextError before `work` begins.
   */
  withContext<Result>(values: ContextValues<Schema>, work: () => Result): Result;

  /**
   * The same with some of the values, for where the others are there already.
   *
   * @throws InvalidContextError also when what the schema requires is not there.
   */
  extendContext<Result>(values: ContextPart<Schema>, work: () => Result): Result;

  /**
   * The values of the context that the caller runs in; `undefined` outside of any. What a consumer
   * begins has the keys of its cause alone, so that any value may be missing.
   */
  current(): ContextPart<Schema> | undefined;

  /**
   * Reads a stored context, for example `meta.context` of a handler: personal values are there, or
   * `forgotten`.
   *
   * @returns `undefined` for an event that was stored without one.
   * @throws InvalidContextError when it does not fit the schema.
   */
  parse(stored: JsonObject | null): ContextValues<Schema> | undefined;
}

/** Reports a key that every context has of its own. */
type CheckSchema<Schema extends $ZodObject> =
  Extract<keyof output<Schema>, keyof ReservedContext> extends never
    ? unknown
    : {
        "every context has this key already": Extract<keyof output<Schema>, keyof ReservedContext>;
      };

/**
 * Declares what is known of why events happen, and gives the functions that set it. Pass it to
 * repositories and consumers as `context`.
 *
 * Define it once and share it: each one that is defined follows calls on its own.
 *
 * What is marked with `personal()` is stored encrypted; `erasure` then says whom it is about. Repositories and
 * consumers need `keys` to write and read it.
 *
 * @throws InvalidDefinitionError for a schema that is no object, declares a reserved key, has something
 * that does not survive JSON, or personal fields that are about nobody.
 * @example
 * export const auditContext = defineContext(z.object({ actor: z.string() }));
 * await auditContext.withContext({ actor: "ada" }, () => users.update(user));
 */
export const defineContext = <Schema extends $ZodObject>(
  schema: Schema & CheckSchema<Schema>,
  { erasure }: { readonly erasure?: ContextErasure<keyof output<Schema> & string> } = {},
): EventContext<Schema> => {
  const model = contextModel(schema, erasure);
  const storage = new AsyncLocalStorage<EncodedContext>();

  const extend = <Result>(given: object, work: () => Result): Result => {
    const outer = storage.getStore();
    return storage.run(model.encode({ ...outer?.values, ...outer?.reserved, ...given }), work);
  };

  return Object.freeze<EventContext<Schema>>({
    erasure,
    withContext: extend,
    extendContext: extend,
    runCaused: (cause, work) => storage.run(model.extend(storage.getStore(), cause), work),
    stored: () => storage.getStore()?.stored,
    current: () => {
      const current = storage.getStore();
      return current && ({ ...current.values, ...current.reserved } as ContextPart<Schema>);
    },
    parse: (stored) =>
      stored === null ? undefined : (model.decode(stored) as ContextValues<Schema>),
  });
};
