/**
 * `npm run simulate -- NAME… [--seed 1] [--draws N] [--write] [--minutes N] [--kept FILE]`: how often verdicts are right and wrong, on worlds drawn
 * from a seed whose truth is known. Prints tables; `--write` keeps them in docs/, each study in its page.
 * Where a study's cells take long, `--kept` keeps what is finished, and `--minutes` leaves out what there is no time for.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cells, finished } from './cells.ts';
import { concept } from './concept.ts';
import { fairness } from './fairness.ts';
import { gate } from './gate.ts';
import { gateLooks } from './gate-looks.ts';
import { gateSlices } from './gate-slices.ts';
import { gateUnits } from './gate-units.ts';
import { markdownTable, withSection } from './markdown.ts';
import { performance } from './performance.ts';
import type { Study } from './study.ts';
import { watch } from './watch.ts';

const studies: readonly Study[] = [concept, fairness, gate, gateLooks, gateSlices, gateUnits, performance, watch];
const docs = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs');

function usage(problem: string): never {
  console.error(
    `${problem}\nUsage: npm run simulate -- NAME… [--seed 1] [--draws N] [--write] [--minutes N] [--kept FILE]`,
  );
  for (const { name, shows } of studies) console.error(`  ${name.padEnd(12)} ${shows}`);
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: 'string', default: '1' },
        draws: { type: 'string' },
        write: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '1000' },
        kept: { type: 'string' },
      },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

function whole(option: string, text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : usage(`--${option} takes a whole number, not "${text}".`);
}

const { positionals, values } = read();
if (positionals.length === 0) usage('Which study?');
const chosen = positionals.map(
  (name) => studies.find((study) => study.name === name) ?? usage(`There is no study "${name}".`),
);
const seed = whole('seed', values.seed);
const draws = values.draws === undefined ? null : whole('draws', values.draws);
const start = Date.now();
const minutes = whole('minutes', values.minutes);
const left = () => minutes - (Date.now() - start) / 60_000;
for (const study of chosen) {
  const began = Date.now();
  const progress = (line: string) => console.error(`${study.name}: ${line}`);
  const time = { file: values.kept ?? null, minutes: left() };
  const cell = cells(time, `${study.name} seed ${seed} draws ${draws ?? 'all'}`, progress);
  const tables = await study.run({ seed, draws, progress, cell });
  const how = `Seed ${seed}${draws === null ? '' : `, ${draws} draws`}; ${((Date.now() - began) / 1000).toFixed(0)} s.`;
  const text = [study.shows, ...finished(tables).map(markdownTable)].join('\n\n');
  console.log(`${text}\n\n${how}`);
  const page = join(docs, `${study.page ?? 'statistics'}.md`);
  if (values.write) writeFileSync(page, withSection(readFileSync(page, 'utf8'), study, text));
}
