import { UserError } from '#contracts/failures.ts';

/** A file of a table, as messages call it, and its columns. */
interface Named {
  readonly label: string;
  readonly names: readonly string[];
}

/**
 * Never by what is only alike: `age` beside `Age` is another column, or a slip that its author must see.
 * @throws UserError DataInvalid naming file and column
 */
export function refuseOtherColumns(first: Named, file: Named): void {
  const advice = 'files of one table must have the same columns';
  const missing = first.names.find((name) => !file.names.includes(name));
  const like = missing && file.names.find((name) => name.toLowerCase() === missing.toLowerCase());
  if (like)
    throw new UserError(
      'DataInvalid',
      `${file.label} calls ${like} what ${first.label} calls ${missing}; ${advice}: rename one of them`,
    );
  if (missing)
    throw new UserError('DataInvalid', `${file.label} has no column ${missing}, which ${first.label} has; ${advice}`);
  const extra = file.names.find((name) => !first.names.includes(name));
  if (extra)
    throw new UserError('DataInvalid', `${file.label} has a column ${extra}, which ${first.label} has not; ${advice}`);
}
