/** What a caller asked that cannot be answered, with the status that says whose fault it is: never 5xx, which clients ask again. */
import { Problem, type ProblemKind } from '#gateway/problem.ts';

/** Errors that Feast's Python client knows as classes of its own. */
export type FeastClass =
  | 'FeatureViewNotFoundException'
  | 'FeatureServiceNotFoundException'
  | 'PushSourceNotFoundException'
  | 'FeatureNameCollisionError'
  | 'RequestDataNotFoundInEntityRowsException';

export class Refusal extends Problem {
  readonly feast: FeastClass | null;
  constructor(kind: ProblemKind, detail: string, next: string, feast: FeastClass | null = null) {
    super(kind, detail, { next });
    this.feast = feast;
  }
}

/** Most names that a message lists. */
const LISTED = 12;

export const unknown = (
  what: string,
  name: string,
  known: Iterable<string>,
  feast: FeastClass | null,
  kind: ProblemKind = 'not-found',
): Refusal => {
  const names = [...known];
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return new Refusal(
    kind,
    `There is no ${what} ${JSON.stringify(name.slice(0, 100))}.`,
    names.length === 0 ? 'There is none: define one.' : `There are: ${names.slice(0, LISTED).join(', ')}${more}.`,
    feast,
  );
};

export const unfit = (path: string, wanted: string, value: unknown): Refusal =>
  new Refusal(
    'unprocessable',
    `${path}: ${wanted} is wanted, and ${shown(value)} was given.`,
    'Send what the definition of the view says.',
  );

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
