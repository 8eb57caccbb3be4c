/** Two tables, or a profile and a table → the result of a drift check. Runs where DuckDB runs: the data host, or a command's own process. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { type DriftColumn, DriftOptions, type DriftResult } from '#contracts/drift.ts';
import { UserError } from '#contracts/failures.ts';
import { nearest } from '#contracts/nearest.ts';
import type { OpenTable, ReadColumns, TableScan } from '#ports/tables.ts';
import { compareColumn } from './compare-column.ts';
import { mergeProfiles } from './merge-profiles.ts';
import { familyOf, type ProfileLimits, passes, profileColumns } from './profile/columns.ts';
import { readProfile } from './profile/file.ts';
import { MOST_VALUES, type Profile, type ProfileColumn } from './profile/profile.ts';
import { readCodes } from './row-codes.ts';
import { testSuite } from './suite.ts';

/** Tables of up to so many rows are compared exactly; a larger one is counted in cells, as in a stored profile. */
export const EXACT_ROWS = 4_194_304;

export interface MeasureRequest {
  /** Parquet files of one table, or files of profiles that are merged. */
  readonly reference: { readonly files: readonly string[] } | { readonly profiles: readonly string[] };
  readonly current: { readonly files: readonly string[] };
  readonly options: z.input<typeof DriftOptions>;
  /** Also tells of each column how often chance alone brings such a difference. */
  readonly chance?: boolean;
}

/** @param tell called with the columns that are done */
export async function measureDriftHere(
  request: MeasureRequest,
  _read: ReadColumns | null,
  open: OpenTable,
  tell: (done: number, of: number) => void = () => {},
): Promise<DriftResult> {
  const options = DriftOptions.parse(request.options);
  const current = await open(request.current.files);
  const profile = 'profiles' in request.reference ? await loadProfiles(request.reference.profiles) : null;
  const reference = 'files' in request.reference ? await open(request.reference.files) : null;
  const rows = { reference: (profile ?? reference)!.rows, current: current.rows };
  for (const side of ['reference', 'current'] as const)
    if (rows[side] === 0)
      throw new UserError('DataInvalid', `the ${side} data have no rows: there is nothing to compare`);

  const names = wantedColumns(
    options,
    profile ? [...profile.columns.keys()] : reference!.columns.map(({ name }) => name),
    current,
  );
  // A column may be called __proto__.
  const found = new Map<string, DriftColumn>();
  const untested: DriftResult['untested'] = [...names.oneSided];
  const scans = reference ? [reference, current] : [current];
  const limits = scans.map(
    ({ rows: n }): ProfileLimits => ({ most: n <= EXACT_ROWS ? Number.POSITIVE_INFINITY : MOST_VALUES }),
  );
  const bothSides = async (pass: readonly string[]): Promise<Record<'before' | 'now', Columns>> => {
    const before = async (): Promise<Columns> =>
      profile?.columns ?? (await profileColumns(reference!, pass, limits[0]!));
    const now = (steps?: ReadonlyMap<string, number>) => profileColumns(current, pass, { ...limits.at(-1)!, steps });
    if (reference && reference.rows <= EXACT_ROWS) {
      // Without cells neither side waits for the other's: one is read while the other is sorted.
      const [first, second] = await allOf([before(), now()]);
      return { before: first, now: second };
    }
    const known = await before();
    return { before: known, now: await now(stepsOf(known, pass)) };
  };
  const few: string[] = [];
  let done = 0;
  const rounded = new Set<string>();
  for (const pass of passes(names.both, scans, limits)) {
    const { before, now } = await bothSides(pass);
    for (const name of pass) {
      for (const side of [before, now]) if (isRounded(side.get(name))) rounded.add(name);
      const compared = await compareColumn(
        before.get(name)!,
        now.get(name)!,
        rows,
        {
          own: ownChoice(options, name),
          numerical: options.numerical,
          categorical: options.categorical,
          chance: request.chance,
        },
        (values) => readCodes(reference, current, name, values),
      );
      const values = Math.min(valuesIn(before.get(name)!, rows.reference), valuesIn(now.get(name)!, rows.current));
      if (!('reason' in compared) && values < FEW) few.push(`${name} (${values})`);
      if ('reason' in compared) untested.push({ column: name, ...compared });
      else found.set(name, compared);
      tell(++done, names.both.length);
    }
  }
  const measured = summarise(found, untested, rows, names.order, options, profile, few);
  return rounded.size === 0 ? measured : { ...measured, notes: [...measured.notes, roundedNote(rounded)] };
}

/** With fewer values on a side hardly any difference is told from chance. */
const FEW = 30;
const valuesIn = ({ nulls }: ProfileColumn, rows: number) => rows - nulls;

type Columns = ReadonlyMap<string, ProfileColumn>;

/** Whole numbers and decimals of more digits than DOUBLE keeps: neighbours are one value here. */
function isRounded(column: ProfileColumn | undefined): boolean {
  if (column?.of !== 'numbers' || !/^(U?BIGINT|U?HUGEINT|DECIMAL.*)$/.test(column.type)) return false;
  return Math.max(Math.abs(column.min), Math.abs(column.max)) > Number.MAX_SAFE_INTEGER;
}

const roundedNote = (columns: ReadonlySet<string>) =>
  `${[...columns].join(', ')}: numbers beyond 2^53 are compared as the nearest DOUBLE, so that neighbours count as one value; read identifiers as text (types: VARCHAR) to compare every digit`;

/** Both, or the first failure once neither runs any more: who closes the session must find it idle. */
async function allOf<A, B>(work: readonly [Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

export async function loadProfiles(files: readonly string[]): Promise<Profile> {
  return mergeProfiles(await Promise.all(files.map(async (file) => readProfile(await readFile(file, 'utf8'), file))));
}

type Options = z.output<typeof DriftOptions>;

function ownChoice(options: Options, name: string): Options['methods'][string] {
  return Object.hasOwn(options.methods, name) ? options.methods[name]! : {};
}

interface Wanted {
  readonly both: readonly string[];
  readonly order: readonly string[];
  readonly oneSided: DriftResult['untested'];
}

/** @throws UserError InvalidInput for a column that neither side has */
function wantedColumns(options: Options, reference: readonly string[], current: TableScan): Wanted {
  const here = new Map(current.columns.map(({ name, type }) => [name, type]));
  const there = new Set(reference);
  const order = [...here.keys(), ...reference.filter((name) => !here.has(name))];
  const named = [
    ...Object.keys(options.methods),
    ...(options.columns ?? []),
    ...(options.preset === 'target' ? [options.target, options.prediction].filter((name) => name !== undefined) : []),
    ...options.tests.flatMap((test) => ('column' in test ? [test.column] : [])),
  ];
  for (const name of named)
    if (!here.has(name) && !there.has(name)) {
      const close = nearest(name, order);
      throw new UserError(
        'InvalidInput',
        `there is no column ${name}; ${close ? `did you mean ${close}?` : `the data have ${order.slice(0, 20).join(', ')}${order.length > 20 ? ' …' : ''}`}`,
      );
    }
  if (options.preset === 'target' && options.target === undefined && options.prediction === undefined)
    throw new UserError('InvalidInput', 'the preset target tests the target and the prediction: name one of them');
  const wanted =
    options.preset === 'target'
      ? new Set([options.target, options.prediction])
      : options.columns && new Set<string | undefined>(options.columns);
  const all = order.filter((name) => !wanted || wanted.has(name));
  return {
    both: all.filter((name) => here.has(name) && there.has(name)),
    order: all,
    oneSided: all.flatMap((column) =>
      here.has(column) && there.has(column)
        ? []
        : [
            {
              column,
              kind:
                familyOf(here.get(column) ?? '') === 'other' && here.has(column)
                  ? ('other' as const)
                  : ('empty' as const),
              reason: `only the ${here.has(column) ? 'current' : 'reference'} data have it`,
            },
          ],
    ),
  };
}

function stepsOf(columns: ReadonlyMap<string, ProfileColumn>, names: readonly string[]): Map<string, number> {
  return new Map(
    names.map((name) => {
      const column = columns.get(name);
      return [name, column?.of === 'numbers' ? column.step : 0];
    }),
  );
}

/** Columns that a note names. */
const NAMED = 20;

function summarise(
  found: ReadonlyMap<string, DriftColumn>,
  untested: DriftResult['untested'],
  rows: DriftResult['rows'],
  order: readonly string[],
  options: Options,
  profile: Profile | null,
  few: readonly string[],
): DriftResult {
  const place = new Map(order.map((name, index) => [name, index]));
  const columns = Object.fromEntries(
    order.flatMap((name) => {
      const column = found.get(name);
      return column ? [[name, column] as const] : [];
    }),
  );
  const all = Object.values(columns);
  const drifted = all.filter((column) => column.drifted).length;
  const share = all.length === 0 ? 0 : drifted / all.length;
  const sketched = all.filter(({ exact }) => !exact).length;
  const measured = {
    columns,
    drifted,
    share,
    dataset_drift: all.length > 0 && share >= options.share,
    share_threshold: options.share,
    tested: all.length,
    rows,
    untested: untested.toSorted((a, b) => place.get(a.column)! - place.get(b.column)!),
    notes: [
      ...(profile?.made ? [`the reference is a stored profile, made ${[...new Set(profile.made)].join(' to ')}`] : []),
      ...(sketched > 0
        ? [
            `${sketched} of ${all.length} columns are compared by sketches of at most ${MOST_VALUES.toLocaleString('en-US')} cells (${profile ? 'a stored profile keeps no more' : `a table has more than ${EXACT_ROWS.toLocaleString('en-US')} rows`}); \`error\` bounds what that may change`,
          ]
        : []),
      ...(few.length > 0
        ? [
            `fewer than ${FEW} values on a side, where hardly any difference is told from chance: ${few.slice(0, NAMED).join(', ')}${few.length > NAMED ? ` and ${few.length - NAMED} more` : ''}`,
          ]
        : []),
      ...(all.length === 0 ? ['no column could be tested'] : []),
    ],
  };
  return { ...measured, tests: testSuite(measured, options.tests) };
}
