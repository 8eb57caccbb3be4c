/** The fleet as a file, for the commands of features: npx tsx pipelines/flight-delays/fleet-file.ts FOLDER, where fetch.py has laid out planes.csv. */
import { join } from 'node:path';
import { tidy } from './fleet.ts';

const [folder = 'data'] = process.argv.slice(2);
await tidy(join(folder, 'planes.csv'), join(folder, 'fleet.csv'));
