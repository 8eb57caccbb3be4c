/**
 * `npm run check`'s look at the package as its users get it: built into .ratchet/package, packed, judged, and its public
 * surface held against docs/api/. `--write` (`npm run api`) writes that anew. What was found right is not looked at again
 * until something changes that it is made of.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globSync } from 'tinyglobby';
import { apiReports } from './api-report.ts';
import { faultsOf } from './judge.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = join(root, '.ratchet', 'package');
const built = join(scratch, 'built');
const foundRight = join(scratch, 'found-right');

/** Of all but what is certainly no part of it. */
function digest(): string {
  const ignore = [
    '**/node_modules/**',
    'examples/**',
    'test/**',
    'docs/!(api)/**',
    'docs/*.md',
    'dist/**',
    '.git/**',
    '.ratchet/**',
  ];
  const hash = createHash('sha256').update(process.version);
  for (const path of globSync('**/*', { cwd: root, ignore, dot: true }).sort())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}

async function faults(): Promise<string[]> {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  execFileSync(process.execPath, ['--import', 'tsx', 'ops/package/build.ts', built], { cwd: root, stdio: 'inherit' });
  const packed = execFileSync('npm', ['pack', built, '--pack-destination', scratch, '--silent'], { encoding: 'utf8' });
  const found = await faultsOf(new Uint8Array(readFileSync(join(scratch, packed.trim()))));
  for (const [entry, text] of apiReports(built, join(scratch, 'api'))) {
    const file = join('docs', 'api', `${entry}.api.md`);
    if (existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8') === text) continue;
    if (process.argv.includes('--write')) {
      writeFileSync(join(root, file), text);
      console.log(`${file} is written anew`);
      continue;
    }
    const now = join('.ratchet', 'package', 'api', `${entry}.api.md`);
    spawnSync('git', ['--no-pager', 'diff', '--no-index', '--', file, now], { cwd: root, stdio: 'inherit' });
    found.push(`${file} is not what this entry offers now; if it should be: npm run api`);
  }
  return found;
}

if (existsSync(foundRight) && readFileSync(foundRight, 'utf8') === digest()) {
  console.log('found right before, and nothing that it is made of has changed');
} else {
  const found = await faults();
  for (const fault of found) console.log(fault);
  if (found.length === 0) writeFileSync(foundRight, digest());
  process.exitCode = found.length === 0 ? 0 : 1;
}
