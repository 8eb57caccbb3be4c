import type { DatasetSummary, QualityReport } from '#contracts/quality.ts';
import type { Html } from '../html.ts';
import { count, percent } from '../numbers.ts';
import { tiles } from '../tiles.ts';

export function topTiles({ current, reference }: QualityReport): Html {
  const tile = (name: string, of: (side: DatasetSummary) => string, more?: string, bad = false) => ({
    name,
    value: of(current),
    note: reference ? `reference ${of(reference)}` : more,
    bad,
  });
  const duplicated = (side: DatasetSummary) => percent(side.duplicateRows / Math.max(1, side.rows));
  return tiles([
    tile('Rows', ({ rows }) => count(rows), undefined, current.rows === 0),
    tile('Columns', ({ columns }) => count(columns)),
    tile('Missing values', ({ missingShare }) => percent(missingShare), `${count(current.missing)} cells`),
    tile('Duplicate rows', duplicated, count(current.duplicateRows)),
    tile('Empty columns', ({ emptyColumns }) => count(emptyColumns.length)),
    tile('Constant columns', (side) => count(side.constantColumns.length - side.emptyColumns.length)),
  ]);
}
