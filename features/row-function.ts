/** All functions on demand of one row. Without zod: a process that only computes loads this. */

/** One definition's outputs of one vector, held to their types; `where` is what messages call it. */
type HeldCompute = (
  vector: Readonly<Record<string, unknown>>,
  at: Date,
  where: string,
) => Readonly<Record<string, unknown>>;

/** Of a row: values by `view:feature`, and by ` field` those of the request. */
export type RowFunction = (
  values: Readonly<Record<string, unknown>>,
  at: Date | null,
  row: number,
) => Readonly<Record<string, unknown>>;

/** Of an `OnDemand`. */
interface Definition {
  readonly name: string;
  readonly digest: string;
  readonly inputs: Readonly<Record<string, { readonly feature: string }>>;
  readonly request: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A reference has a colon; of a request's field that has one, too, a blank tells it apart. */
export const requestField = (field: string): string => ` ${field}`;
export const outputOf = (name: string, output: string): string => `${name}:${output}`;

export interface HeldFunction {
  readonly definition: Definition;
  readonly held: HeldCompute;
}

export function rowFunction(functions: readonly HeldFunction[]): RowFunction {
  return (values, at, row) => {
    const outputs: Record<string, unknown> = {};
    for (const { definition, held } of functions) {
      const { name, inputs, request, outputs: declared } = definition;
      const vector = Object.fromEntries([
        ...Object.entries(inputs).map(([input, { feature }]) => [input, values[feature]]),
        ...Object.keys(request).map((field) => [field, values[requestField(field)]]),
      ]);
      // Without a moment there is nothing that was known at it.
      const answer = at === null ? {} : held(vector, at, `row ${row + 1}`);
      for (const output of Object.keys(declared)) outputs[outputOf(name, output)] = answer[output] ?? null;
    }
    return outputs;
  };
}

/**
 * The key on globalThis of a `Map<string, HeldFunction>`, by name and digest: where onDemandFeatures leaves each function, so that a step host
 * finds those of the code that it has loaded.
 */
const ON_DEMAND = Symbol.for('ratchet-ml.on-demand');
const registry = (): Map<string, HeldFunction> => {
  const slot = globalThis as { [ON_DEMAND]?: Map<string, HeldFunction> };
  slot[ON_DEMAND] ??= new Map();
  return slot[ON_DEMAND];
};

export function registerOnDemand(made: HeldFunction): void {
  registry().set(`${made.definition.name} ${made.definition.digest}`, made);
}

/** Undefined: the code that is loaded here has no such function, or another text of it. */
export const registeredOnDemand = ({ name, digest }: Pick<Definition, 'name' | 'digest'>): HeldFunction | undefined =>
  registry().get(`${name} ${digest}`);
