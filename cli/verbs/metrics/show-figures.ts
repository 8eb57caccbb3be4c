/** Metrics and parameters, of one state and between two: what `metrics` and `params` print. */
import type { DvcConfig } from '#adapters/dvc/config.ts';
import { diffFigures, type Figures, metricsOf, paramsOf } from '#adapters/dvc/pipeline/figures.ts';
import { flattened } from '#adapters/dvc/pipeline/template.ts';
import { floatText, plainOf } from '#adapters/dvc/pipeline/value.ts';
import { revision, type Source, workspace } from '#adapters/dvc/source.ts';
import { createOutput, table } from '../../kit/output.ts';
import { withRepository } from '../data/open-repository.ts';

export interface FigureOptions {
  all?: boolean;
  deps?: boolean;
  json?: boolean;
}
type Kind = 'metrics' | 'params';

export async function showFigures(revisions: readonly string[], options: FigureOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('reading', out, async ({ root, config }) => {
    const states = [{ name: '', source: workspace(root) }];
    for (const name of revisions) states.push({ name, source: await revision(root, name) });
    const told: Record<string, { data: Record<string, { data: unknown }> }> = {};
    const rows: string[][] = [];
    for (const { name, source } of states) {
      const figures = await read('metrics', root, config, source, options);
      const shown = name === '' && revisions.length > 0 ? 'workspace' : name;
      told[shown] = { data: Object.fromEntries([...figures].map(([file, data]) => [file, { data: plainOf(data) }])) };
      for (const [file, data] of figures)
        for (const [key, value] of flattened(data)) rows.push([shown || 'workspace', file, key, text(plainOf(value))]);
    }
    out.object(told);
    if (rows.length === 0) return out.print('No stage of dvc.yaml has metrics that are there.');
    out.print(table(['revision', 'file', 'metric', 'value'], rows, [3]));
  });
}

export async function diffOf(kind: Kind, from: string, to: string | undefined, options: FigureOptions): Promise<void> {
  const out = createOutput(options.json ?? false);
  await withRepository('reading', out, async ({ root, config }) => {
    const old = await read(kind, root, config, await revision(root, from), options);
    const now = await read(kind, root, config, to ? await revision(root, to) : workspace(root), options);
    const found = diffFigures(old, now, options.all ?? false);
    out.object(found);
    const rows = Object.entries(found).flatMap(([file, changes]) =>
      Object.entries(changes).map(([key, each]) => [file, key, text(each.old), text(each.new), text(each.diff ?? '')]),
    );
    if (rows.length === 0) return out.print(`No ${kind} differ between ${from} and ${to ?? 'the workspace'}.`);
    out.print(
      table(['file', kind === 'metrics' ? 'metric' : 'param', from, to ?? 'workspace', 'change'], rows, [2, 3, 4]),
    );
  });
}

const read = (kind: Kind, root: string, config: DvcConfig, source: Source, options: FigureOptions): Promise<Figures> =>
  kind === 'metrics' ? metricsOf(root, config.cache, source) : paramsOf(root, source, options.deps ?? false);

function text(value: unknown): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : floatText(Number(value.toPrecision(10)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}
