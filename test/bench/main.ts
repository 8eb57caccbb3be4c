/**
 * `npm run bench -- NAME… [--quick] [--without-peers]`: measures on this machine, in one go, and prints a table.
 * With RATCHET_WRITE_DOCS=1 the figures are kept in docs/bench*.md.
 */
import { parseArgs } from 'node:util';
import { data } from './data.ts';
import { drift, drift50m } from './drift.ts';
import { features } from './features.ts';
import { gate } from './gate.ts';
import { orchestration } from './orchestration.ts';
import { pace } from './pace.ts';
import { reading } from './reading.ts';
import { resume } from './resume.ts';
import { triggers } from './triggers.ts';
import { validation, validation50m } from './validation.ts';

const benches: Record<string, (options: { quick: boolean; peers: boolean }) => Promise<void>> = {
  orchestration,
  pace,
  drift,
  'drift-50m': drift50m,
  validation,
  'validation-50m': validation50m,
  triggers,
  reading,
  resume,
  gate,
  features,
  data,
};

function usage(problem: string): never {
  console.error(`${problem}\nUsage: npm run bench -- NAME… [--quick] [--without-peers]`);
  console.error(`  NAME is one of: ${Object.keys(benches).join(', ')}`);
  console.error('  --quick           fewer repetitions and the small sizes');
  console.error('  --without-peers   ours alone');
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean', default: false }, 'without-peers': { type: 'boolean', default: false } },
    });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

const { positionals, values } = read();
if (positionals.length === 0) usage('Which bench?');
for (const name of positionals) if (!Object.hasOwn(benches, name)) usage(`There is no bench "${name}".`);
for (const name of positionals) await benches[name]?.({ quick: values.quick, peers: !values['without-peers'] });
process.exit(0);
