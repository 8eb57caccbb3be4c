/** `npm run golden [SECTION…]`: ours beside what the peers recorded, case by case, with the largest differences. Exit code 1 when one is beyond its tolerance. */
import { table } from '#cli/kit/output.ts';
import type { GoldenSection } from './sections/section.ts';

/** Add a section here: `name: () => import('./sections/<name>.ts')`, a module that exports `section`. */
const sections: Record<string, () => Promise<{ section: GoldenSection }>> = {
  validation: () => import('./sections/validation.ts'),
  drift: () => import('./sections/drift.ts'),
  nannyml: () => import('./sections/nannyml.ts'),
};

const asked = process.argv.slice(2);
for (const name of asked)
  if (!Object.hasOwn(sections, name)) {
    console.error(`There is no section "${name}"; there are ${Object.keys(sections).join(', ')}.`);
    process.exit(2);
  }

let beyond = 0;
for (const [name, load] of Object.entries(sections)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const { section } = await load();
  const rows = await section.rows();
  console.log(`\n${section.title}\n`);
  console.log(
    table(
      ['', 'cases', 'largest difference', 'tolerance', 'beyond', 'excused'],
      rows.map((row) => [
        row.name,
        String(row.cases),
        row.largest === null ? '–' : row.largest === 0 ? '0' : row.largest.toExponential(1),
        row.tolerance,
        String(row.beyond.length),
        row.excused ? `${row.excused.cases}: ${row.excused.why}` : '',
      ]),
      [1, 2, 4],
    ),
  );
  for (const row of rows) for (const line of row.beyond) console.log(`  ✗ ${row.name}: ${line}`);
  beyond += rows.reduce((sum, row) => sum + row.beyond.length, 0);
}
console.log(beyond === 0 ? '\nAll within their tolerances.' : `\n${beyond} beyond their tolerances.`);
process.exitCode = beyond === 0 ? 0 : 1;
