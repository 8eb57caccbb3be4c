/** `ratchet gate`: rows that were scored elsewhere, judged without a server. Figures are those of scikit-learn. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runVerbIn } from '../fixtures/verbs.ts';

const golden = new URL('../golden/gate/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', golden), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'ratchet-scratch-'));
const folder = mkdtempSync(join(tmpdir(), 'ratchet-gate-'));
afterAll(() => {
  for (const each of [folder, scratch]) rmSync(each, { recursive: true, force: true });
});
const gate = (...args: string[]) => runVerbIn(folder, { TMPDIR: scratch }, 'gate', ...args);

type Row = Record<string, string>;
const rowsOf = (file: string): Row[] => {
  const [head = '', ...lines] = readFileSync(new URL(file, golden), 'utf8').trim().split('\n');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [head.split(',')[i], cell])));
};
function write(name: string, rows: readonly Row[], columns: Record<string, string>): void {
  const lines = rows.map((row) =>
    Object.values(columns)
      .map((column) => row[column])
      .join(','),
  );
  writeFileSync(join(folder, name), [Object.keys(columns).join(','), ...lines].join('\n'));
}

const binary = rowsOf('binary.csv');
const common = { id: 'id', y: 'y', region: 'region' };
beforeAll(() => {
  write('new.csv', binary, { ...common, score: 'challenger' });
  write('now.csv', [...binary].reverse(), { ...common, score: 'champion' });
  write('tenth.csv', binary.slice(0, 120), { ...common, score: 'challenger' });
  write('twice.csv', [...binary, ...binary.slice(0, 3)], { ...common, score: 'challenger' });
  write(
    'other.csv',
    binary.map((row, i) => ({ ...row, y: i === 7 ? '2' : (row.y as string) })),
    { ...common, score: 'champion' },
  );
  write('regression.csv', rowsOf('regression.csv'), { y: 'y', prediction: 'challenger' });
  write('multiclass.csv', rowsOf('multiclass.csv'), { y: 'y', prediction: 'challenger_pred' });
});

describe('the floors', () => {
  it('are judged of each task, found by the metrics and the labels; figures are scikit-learn’s', async () => {
    const [two, number, several] = await Promise.all([
      gate('--predictions', 'new.csv', '--target', 'y', '--min', 'accuracy=0.8', '--min', 'f1=0.93', '--json'),
      gate('--predictions', 'regression.csv', '--target', 'y', '--max', 'rmse=1000', '--json'),
      gate('--predictions', 'multiclass.csv', '--target', 'y', '--min', 'f1_macro=0.1', '--json'),
    ]);
    const figures = two.json<{ evidence: { task: string; candidate: { metrics: Record<string, number> } } }>().evidence;
    expect([two.code, two.json()]).toEqual([3, expect.objectContaining({ outcome: 'refused' })]);
    expect(figures.task).toBe('binary');
    expect(figures.candidate.metrics.roc_auc).toBeCloseTo(expected.binary.challenger.overall.roc_auc, 12);
    expect(figures.candidate.metrics.accuracy).toBe(expected.binary.challenger.overall.accuracy);
    expect([number.code, number.json()]).toEqual([0, expect.objectContaining({ outcome: 'passed' })]);
    expect([several.code, several.json()]).toEqual([0, expect.objectContaining({ outcome: 'passed' })]);
    expect(readdirSync(scratch).filter((name) => name.startsWith('ratchet'))).toEqual([]);
  });
});

describe('against the model in production', () => {
  it('pairs by the id, whatever the order, and judges slices; a page and JUnit XML beside it', async () => {
    const said = await gate(
      ...['--predictions', 'new.csv', '--against', 'now.csv', '--id', 'id', '--target', 'y', '--metric', 'roc_auc'],
      ...['--min-effect', '0.002', '--slice', 'region', '--max-drop', '0.05', '--html', 'r.html', '--junit', 'j.xml'],
    );
    expect([said.code, said.stdout]).toEqual([
      0,
      expect.stringMatching(/^✓ passed {2}new\.csv against now\.csv, 1,200 rows/),
    ]);
    expect(said.stdout).toContain('roc_auc 0.937 against champion now.csv');
    expect(readFileSync(join(folder, 'j.xml'), 'utf8')).toMatch(/<testsuites tests="\d+" failures="0"/);
    const page = readFileSync(join(folder, 'r.html'), 'utf8');
    expect(page).toContain('now.csv');
    expect(page).not.toContain('MLflow run');
  });

  it('equal predictions are not better: they decide nothing, and never pass', async () => {
    const said = await gate(
      '--predictions',
      'now.csv',
      '--against',
      'now.csv',
      '--target',
      'y',
      '--metric',
      'roc_auc',
      '--json',
    );
    expect(said.code).not.toBe(0);
    expect(said.json()).toMatchObject({ comparison: { difference: 0 } });
  });

  it('a candidate that scored a tenth of the rows does not pass', async () => {
    const said = await gate(
      '--predictions',
      'tenth.csv',
      '--against',
      'now.csv',
      '--id',
      'id',
      '--target',
      'y',
      '--metric',
      'roc_auc',
      '--junit',
      'tenth.xml',
    );
    expect(said.code).not.toBe(0);
    expect(said.stdout).toContain('1,080 rows of now.csv are not in tenth.csv');
    expect(readFileSync(join(folder, 'tenth.xml'), 'utf8')).toMatch(/<failure type="(refused|inconclusive)"/);
  });
});

describe('rows that hang together', () => {
  it('by customer, by day, or not: what is independent is told, and few days decide nothing', async () => {
    const tied = binary.map((row, i) => ({ ...row, customer: String(i % 300), day: `2024-03-0${1 + (i % 5)}` }));
    const columns = { ...common, customer: 'customer', day: 'day' };
    write('tied-new.csv', tied, { ...columns, score: 'challenger' });
    write('tied-now.csv', tied, { ...columns, score: 'champion' });
    const args = ['--predictions', 'tied-new.csv', '--against', 'tied-now.csv', '--id', 'id', '--target', 'y'];
    const asked = (...more: string[]) =>
      gate(...args, '--metric', 'roc_auc', '--min-effect', '0.002', ...more, '--json');
    const [rows, customers, days, weighted] = await Promise.all([
      asked(),
      asked('--group-by', 'customer'),
      asked('--time', 'day', '--block', '1d'),
      asked('--weight', 'id', '--compare-by', 'mcnemar'),
    ]);
    const unit = (said: typeof rows) => said.json<{ comparison: { unit: object } }>().comparison.unit;
    expect(unit(rows)).toMatchObject({ by: 'rows', count: 1_200 });
    expect(unit(customers)).toMatchObject({ by: 'clusters', count: 300 });
    expect(unit(days)).toMatchObject({ by: 'blocks', count: 5 });
    expect([rows.code, customers.code, days.code]).toEqual([0, 0, 4]);
    expect([weighted.code, weighted.stdout]).toEqual([2, expect.stringContaining('leave --weight out')]);
  });
});

it('simulate: how often a model that is no better passes, and how many rows a better one needs', async () => {
  const args = [
    '--predictions',
    'new.csv',
    '--against',
    'now.csv',
    '--id',
    'id',
    '--target',
    'y',
    '--metric',
    'accuracy',
  ];
  const drawn = ['--min-effect', '0.01', '--compare-by', 't', '--repetitions', '1000', '--json'];
  const [own, larger, alone] = await Promise.all([
    gate('simulate', ...args, ...drawn),
    gate('simulate', ...args, ...drawn, '--rows', '4800'),
    gate('simulate', '--predictions', 'new.csv', '--target', 'y', '--min', 'accuracy=0.5'),
  ]);
  interface Simulated {
    rows: number;
    standardError: number;
    promoted: { better: number; share: number }[];
    needed: { better: number; rows: number }[];
  }
  const [small, wide] = [own.json<Simulated>(), larger.json<Simulated>()];
  expect([small.rows, wide.rows]).toEqual([1_200, 4_800]);
  expect(small.promoted.map(({ better }) => better)).toEqual([0, 0.01, 0.02, 0.04]);
  // Better by the minimum effect alone: the nominal 2.5 %, with three errors of a thousand draws; more rows find more.
  for (const { promoted } of [small, wide]) expect(promoted[1]?.share).toBeLessThan(0.025 + 3 * 0.005);
  expect(wide.promoted[3]?.share).toBeGreaterThan(small.promoted[3]?.share ?? 1);
  expect(small.standardError / wide.standardError).toBeCloseTo(2, 0);
  expect((small.needed[0]?.rows ?? 0) / (wide.needed[0]?.rows ?? 1)).toBeCloseTo(1, 0);
  expect([alone.code, alone.stderr]).toEqual([
    2,
    expect.stringContaining('two models on the same rows: give --against'),
  ]);
});

describe('what cannot be judged is said before anything is', () => {
  const against = ['--against', 'now.csv', '--target', 'y', '--metric', 'roc_auc'];
  it.each([
    [
      'ids that come twice',
      ['--predictions', 'twice.csv', '--id', 'id', ...against],
      '3 values of id come more than once in twice.csv, the first is 0',
    ],
    [
      'other numbers of rows',
      ['--predictions', 'tenth.csv', ...against],
      'tenth.csv has 120 rows and now.csv 1,200: name the column that tells which row is which (--id)',
    ],
    ['another order', ['--predictions', 'new.csv', ...against], 'new.csv and now.csv contradict each other in y at '],
    [
      'other labels',
      ['--predictions', 'new.csv', '--against', 'other.csv', '--id', 'id', '--target', 'y', '--metric', 'roc_auc'],
      'contradict each other in y at 1 rows, first at id 7: ',
    ],
    [
      'no such target',
      ['--predictions', 'new.csv', '--target', 'z', '--min', 'accuracy=0.5'],
      'new.csv has no column z; it has id, y, region, score',
    ],
    [
      'no such metric',
      ['--predictions', 'new.csv', '--target', 'y', '--min', 'acuracy=0.5'],
      'there is no metric "acuracy"; there are: binary roc_auc',
    ],
    [
      'the wrong way round',
      ['--predictions', 'new.csv', '--target', 'y', '--min', 'log_loss=0.5'],
      'less of log_loss is better, so it has a most: --max log_loss',
    ],
    [
      'metrics of two tasks',
      ['--predictions', 'new.csv', '--target', 'y', '--min', 'f1=0.5', '--max', 'rmse=3'],
      'no task has all of f1, rmse',
    ],
    ['no rules', ['--predictions', 'new.csv', '--target', 'y'], 'there are no rules: give the least that counts'],
    [
      'nothing to compare with',
      ['--predictions', 'new.csv', '--target', 'y', '--metric', 'accuracy'],
      '--metric compares with the model in production',
    ],
    [
      'no predictions',
      ['--predictions', 'new.csv', '--target', 'y', '--prediction', 'guess', '--min', 'accuracy=0.5'],
      '--prediction guess is no column of new.csv',
    ],
  ])('%s', async (_, args, message) => {
    const said = await gate(...args);
    expect([said.code, said.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('labels and scores', () => {
  it('that disagree at the threshold are not judged; each alone is, or with the threshold that made the labels', async () => {
    const labelled = binary.map((row) => ({ ...row, label: Number(row.challenger) >= 0.3 ? '1' : '0' }));
    write('both.csv', labelled, { ...common, score: 'challenger', prediction: 'label' });
    const args = ['--predictions', 'both.csv', '--target', 'y', '--min', 'accuracy=0.1', '--json'];
    const [apart, told, alone] = await Promise.all([
      gate(...args),
      gate(...args, '--threshold', '0.3'),
      gate(...args, '--no-score'),
    ]);
    expect([apart.code, apart.stderr + apart.stdout]).toEqual([
      2,
      expect.stringContaining('predicted labels and scores disagree in '),
    ]);
    const accuracy = (said: typeof told) =>
      said.json<{ evidence: { candidate: { metrics: { accuracy: number } } } }>().evidence.candidate.metrics.accuracy;
    expect([told.code, alone.code]).toEqual([0, 0]);
    expect(accuracy(told)).toBe(accuracy(alone));
  });

  it('--positive turns the classes round', async () => {
    const args = ['--predictions', 'new.csv', '--target', 'y', '--min', 'roc_auc=0.5', '--json'];
    const [usual, turned] = await Promise.all([gate(...args), gate(...args, '--positive', '0')]);
    const auc = (said: typeof usual) =>
      said.json<{ evidence: { candidate: { metrics: { roc_auc: number } } } }>().evidence.candidate.metrics.roc_auc;
    expect([usual.code, turned.code]).toEqual([0, 3]);
    expect(auc(usual) + auc(turned)).toBeCloseTo(1, 12);
  });

  it('--rules FILE: fairness is measured as the rules ask; what rows cannot tell, or no option names, is said', async () => {
    write('groups.csv', binary, { ...common, sex: 'sex', score: 'challenger' });
    const rules = (name: string, more: string) =>
      writeFileSync(join(folder, name), `export default { metric: 'roc_auc', minimumEffect: 0, ${more} };\n`);
    rules('fair.ts', "fairness: [{ attribute: 'sex', criterion: 'demographic_parity', maxDifference: 0.001 }]");
    rules('signed.ts', "signature: 'compatible'");
    rules('sliced.ts', "slices: { metric: 'roc_auc', maxDrop: 0.1 }");
    const judged = (name: string) => gate('--predictions', 'groups.csv', '--target', 'y', '--rules', name, '--json');
    rules('quick.ts', "latency: { p99: '5ms' }");
    const [fair, signed, quick, sliced] = await Promise.all([
      judged('fair.ts'),
      judged('signed.ts'),
      judged('quick.ts'),
      judged('sliced.ts'),
    ]);
    const { findings } = fair.json<{ findings: { rule: string; outcome: string; reason: string }[] }>();
    expect(findings.find(({ rule }) => rule === 'fairness')).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('by sex'),
    });
    expect(fair.code).toBe(3);
    expect([signed.code, signed.stdout]).toEqual([2, expect.stringContaining('a rule about the signature')]);
    expect([quick.code, quick.stdout]).toEqual([2, expect.stringContaining('a rule about latency, which models have')]);
    expect([sliced.code, sliced.stdout]).toEqual([2, expect.stringContaining('name their columns with --slice')]);
  });

  it('--rules FILE: as a pipeline writes them', async () => {
    writeFileSync(
      join(folder, 'rules.ts'),
      "export default { metric: 'roc_auc', minimumEffect: 0.5, floors: { roc_auc: 0.6 } };\n",
    );
    const said = await gate(
      '--predictions',
      'new.csv',
      '--against',
      'now.csv',
      '--id',
      'id',
      '--target',
      'y',
      '--rules',
      'rules.ts',
      '--json',
    );
    expect([said.code, said.json()]).toEqual([3, expect.objectContaining({ outcome: 'refused' })]);
  });
});
