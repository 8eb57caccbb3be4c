/**
 * `npm run bench -- NAME [--quick] [--without-peers]`: measures on this machine, in one go, and prints a table.
 * With RATCHET_WRITE_DOCS=1 the figures are kept in docs/bench.md.
 */
import { parseArgs } from 'node:util';
import { orchestration } from './orchestration.ts';

const benches: Record<string, (options: { quick: boolean; peers: boolean }) => Promise<void>> = { orchestration };

function usage(problem: string): never {
  console.error(`${problem}\nUsage: npm run bench -- NAME [--quick] [--without-peers]`);
  console.error(`  NAME is one of: ${Object.keys(benches).join(', ')}`);
  console.error('  --quick           fewer repetitions; the 2,500-wide map on our side only');
  console.error('  --without-peers   neither Dagster nor Prefect');
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
const [name = '', ...rest] = positionals;
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (!bench || rest.length > 0) usage(name === '' ? 'Which bench?' : `There is no bench "${positionals.join(' ')}".`);
await bench({ quick: values.quick, peers: !values['without-peers'] });
process.exit(0);
