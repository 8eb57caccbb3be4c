/** Which columns mean what, where the command line does not say: the usual names, and what the tables themselves tell. */
import { UserError } from '#contracts/failures.ts';

export interface TableColumns {
  readonly reference: readonly string[];
  readonly analysis: readonly string[];
  readonly targets: readonly string[] | null;
}
export interface Roles {
  readonly target?: string | undefined;
  readonly prediction?: string | undefined;
  readonly score?: string | undefined;
  readonly id?: string | undefined;
  readonly time?: string | undefined;
}

const usual = {
  target: ['y_true', 'target', 'label'],
  prediction: ['y_pred', 'prediction', 'predicted'],
  score: ['y_pred_proba', 'predicted_probability', 'probability', 'score'],
  id: ['id'],
  time: ['timestamp'],
} as const;

/**
 * @param given wins over every guess
 * @throws UserError InvalidInput when the target cannot be told
 */
export function columnRoles(tables: TableColumns, given: Roles): Roles & { readonly target: string } {
  const both = tables.reference.filter((name) => tables.analysis.includes(name));
  const find = (role: keyof typeof usual, among: readonly string[]) =>
    given[role] ?? usual[role].find((name) => among.includes(name));
  const id = given.id ?? (tables.targets ? usual.id.find((name) => both.includes(name)) : undefined);
  return {
    target: given.target ?? target(tables, id),
    prediction: find('prediction', both),
    score: find('score', both),
    id,
    time: find('time', both),
  };
}

/** The label is what the reference knows and the analysis does not, or what the targets bring. */
function target({ reference, analysis, targets }: TableColumns, id: string | undefined): string {
  const brought = targets?.filter((name) => reference.includes(name) && name !== id) ?? [];
  const only = reference.filter((name) => !analysis.includes(name));
  for (const candidates of [brought, only]) if (candidates.length === 1) return candidates[0] as string;
  const named = usual.target.find((name) => reference.includes(name));
  if (named) return named;
  throw new UserError(
    'InvalidInput',
    `which column is the label? Name it: --target COLUMN. The reference has ${reference.join(', ')}`,
  );
}
