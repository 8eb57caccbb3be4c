/** `ratchet gate simulate`. */
import { UserError } from '#contracts/failures.ts';
import { asWritten, decimalsFor, percent, plain } from '#decisions/gate/words.ts';
import type { Simulation, SimulationRequest } from '#measures/evaluation/simulate-gate.ts';
import pc from '../../kit/color.ts';
import { withDatasets } from '../../kit/datasets.ts';
import { createOutput, type Output, table } from '../../kit/output.ts';
import { readingOf } from '../../kit/reading-options.ts';
import { checkDependence, dependenceOf } from './dependence.ts';
import { unseen } from './judge-predictions.ts';
import type { GateOptions, SimulateOptions } from './options.ts';
import { rulesOf, tasksOf } from './rules.ts';
import { scoredRows } from './scored-rows.ts';

export async function simulatePower(options: GateOptions & SimulateOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  checkDependence(options);
  const { against } = options;
  if (against === undefined)
    throw new UserError('InvalidInput', 'a simulation needs two models on the same rows: give --against');
  if (options.weight !== undefined)
    throw new UserError('InvalidInput', '--weight: holdouts are drawn without weights; leave it out');
  const rules = await rulesOf(options);
  const found = await withDatasets(
    [options.predictions, against],
    { format: options.format, reading: readingOf(options), out },
    async ({ datasets, tables, folder, signal }) => {
      const [candidate, champion] = datasets;
      if (!candidate || !champion) throw new Error('no dataset was opened');
      const scored = await scoredRows(candidate, champion, {
        ...{ options, tables, folder, signal },
        ...{ tasks: tasksOf(rules), attributes: [] },
      });
      if (out.live) out.note('drawing holdouts …');
      const args: SimulationRequest = {
        ...{ holdout: scored.file, target: options.target, task: scored.task, threshold: options.threshold ?? 0.5 },
        ...{ candidate: scored.candidate, champion: scored.champion },
        seen: { times: null, candidate: unseen, champion: unseen },
        compareBy: options.compareBy ?? 'bootstrap',
        dependence: dependenceOf(options, scored),
        rules,
        ...{ rows: options.rows ?? null, repetitions: options.repetitions ?? null, power: options.power ?? 0.8 },
        bootstrap: {
          resamples: options.resamples ?? 1000,
          confidence: options.confidence ?? 0.95,
          seed: options.seed ?? 0,
        },
      };
      const module = new URL('../../../measures/evaluation/simulate-gate.ts', import.meta.url).href;
      const work = { module, name: 'simulateGate', args, files: [scored.file] };
      return tables.compute<Simulation>(work, signal);
    },
  );
  out.object(found);
  if (!out.json) show(found, out);
}

function show(found: Simulation, out: Output): void {
  const { units, metric, bound } = found;
  const asked = bound < 0 ? `worse by less than ${asWritten(-bound)}` : `better by more than ${asWritten(bound)}`;
  const decimals = decimalsFor(found.standardError, 1);
  const drawn = units.by === 'rows' ? '' : `, ${units.count.toLocaleString('en-US')} ${units.by} of ${units.length}`;
  out.print(`${pc.bold(metric)}, ${asked}, on ${found.rows.toLocaleString('en-US')} rows${drawn}`);
  out.print(
    pc.dim(
      `${found.repetitions.toLocaleString('en-US')} holdouts drawn, ${found.method}, standard error of the difference ${plain(found.standardError, decimals)}`,
    ),
  );
  out.print('');
  out.print(
    table(
      ['better in truth by', 'promoted', '±'],
      found.promoted.map(({ better, share, error }) => [plain(better, decimals), percent(share), percent(error)]),
      [0, 1, 2],
    ),
  );
  if (found.needed.length === 0) return;
  out.print('');
  for (const { better, rows } of found.needed)
    out.print(
      `better by ${plain(better, decimals)} is found in ${percent(found.power)} of all cases from ${rows.toLocaleString('en-US')} rows on`,
    );
}
