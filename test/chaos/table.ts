/** The rows as a table, for the terminal and for docs/chaos.md. */
import { writeFileSync } from 'node:fs';
import type { Row } from './outcome.ts';

const heads = ['Scenario', 'Killed by', 'Resumed after', 'Versions', 'Champion', 'Metric steps', 'Result', ''];

const cells = (row: Row): string[] => [
  row.scenario,
  row.killedBy,
  row.resumed === null ? '–' : `${row.resumed.toFixed(1)} s`,
  row.versions,
  row.champion === 'none' || row.champion === '–' ? row.champion : `version ${row.champion}`,
  row.steps,
  row.result,
  row.problems.length === 0 ? 'green' : `RED: ${row.problems.join('; ')}`,
];

export function tableOf(rows: readonly Row[]): string {
  const body = rows.map(cells);
  const widths = heads.map((head, at) => Math.max(3, head.length, ...body.map((row) => row[at]?.length ?? 0)));
  const line = (row: string[]) =>
    `| ${row.map((cell, at) => cell.replaceAll('|', '/').padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

const page = (rows: readonly Row[], mutant: readonly Row[]) => `# Chaos

What \`npm run test:chaos\` prints. Each row is a run of a small pipeline with all seven stages, on real servers, in which
somebody is killed with SIGKILL; nobody helps afterwards. A kill is fired by a request that a stage makes, at the moment
when Temporal says that this stage runs, or by an event of the history: never by the clock.

A row is green when the run ended well, MLflow holds exactly one version and it is the champion, each step of the training
metric is there once, the MLflow run is finished and the record is written; in training also when the same trainer process
went on (only the worker died) or a second one from the last checkpoint (the trainer died). *Resumed after*
counts from the kill to the start of the stage's next attempt, by Temporal's clock (for the trainer: to the start of the
next process; for Temporal: to the next sign of life that it took); – where no new attempt was needed. In rows that are
not about training, stages before the one that is hit may come from the cache.

${tableOf(rows)}

How long it takes until somebody goes on, by \`npm run bench -- resume\`: each death twenty times, in turns, none of the 120 runs red, on two cores
that others used as well (load 5 to 25; the table above is from a machine at load 25).

| Death | Median | Least | Most |
| --- | --- | --- | --- |
| worker in featurize | 8.9 s | 8.8 s | 9.5 s |
| worker in train | 8.7 s | 8.1 s | 10.7 s |
| trainer in mid-epoch | 0.8 s | 0.4 s | 1.4 s |
| Temporal in mid-training | 1.1 s | 0.8 s | 1.7 s |
| S3 during featurize | 1.1 s | 1.1 s | 1.3 s |
| MLflow during register | no new attempt was needed | | |

Files of their own ask what is not about a whole run of that pipeline:

| Scenario | Held by |
| --- | --- |
| terminated while it trains; terminated, and cancelled, while no worker is there: the trainer ends, MLflow's runs are KILLED, the record is written | \`ended-from-outside.test.ts\` |
| retried while no worker is there, the next worker killed as it takes the trainer up: the same process goes on for the retry, in the same MLflow run | \`ended-from-outside.test.ts\` |
| \`ratchet down\` in mid-training and \`ratchet dev\` again; who keeps the servers killed, and \`ratchet dev\` says what it ended: the same trainer, promoted | \`test/e2e/down-and-up.test.ts\` |
| the only worker frozen until Temporal has given its stage up, thawed while the trainer runs, after its end, or after its death: never two trainers; MLflow away at three quarters of a training, for longer than the step's patience counted from its beginning: the same trainer waits and ends | \`long-training.test.ts\` |
| the folder of all jobs removed in mid-training, moved away between two workers, removed while the keeper is killed | \`jobs-folder.test.ts\` |
| datasets damaged, cut off or gone, and the candidate lost, before a whole run needs them: made again in the same run; the champion's files are others: nothing is judged against them; a retry and a fork after a rollback | \`damaged-bytes.test.ts\` |
| runs that are struck at random, from a seed that repeats them | \`walk/random-walk.test.ts\`, [random-walk.md](random-walk.md) |
| an object of the store is damaged, cut off or gone: it is set aside and made again from its source, or by the step that made it; a step's result that refers to it is a miss that says so | \`test/integration/data-store.test.ts\`, \`test/integration/cache.test.ts\`, \`test/e2e/cache.test.ts\` |
| an artifact is lost in mid-run: the step that made it makes it again in the same run, with steps that stand in for the product's | \`test/workflows/damaged-artifacts.test.ts\` |
| the files of a model are replaced, removed or cut off after it was registered: it does not become champion | \`test/integration/register.test.ts\` |
| a write of an alias that was thought lost arrives after a later move, through a proxy that delays it | \`test/integration/promote.test.ts\` |
| esbuild is killed while it is idle and while it works | \`test/integration/code.test.ts\` |
| two deploys at once; one that died or was frozen in the middle | \`test/workflows/deploy.test.ts\` |
| a promotion is asked for again after a rollback took it back (the ledger's decisions alone) | \`test/unit/workflows/model-ledger.test.ts\` |
| ten promotions of one model in one day of event time, by the loop and by hand, a watch that forgot where it was: one probation each, with one end | \`test/slow/ten-promotions.test.ts\`; \`test/unit/retrain/probation.test.ts\` |

With idempotency taken out (\`test/chaos/mutants/\`: versions created without looking before or after, a job id that a new
worker does not know, a start that does not refuse a duplicate) the same rows turn red:

${tableOf(mutant)}

Written by \`RATCHET_WRITE_DOCS=1 npm run test:chaos\`.
`;

export function writeDocs(rows: readonly Row[], mutant: readonly Row[]): void {
  writeFileSync(new URL('../../docs/chaos.md', import.meta.url), page(rows, mutant));
}
