import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkReferences } from '#cli/verbs/check/check-references.ts';

const file = 'test/unit/authoring/misuses/misused-references.ts';
const marked = readFileSync(file, 'utf8')
  .split('\n')
  .flatMap((text, index) => {
    const marker = / \/\/ (\w+)$/.exec(text)?.[1];
    return marker ? [{ line: index + 1, marker }] : [];
  });

describe('checkReferences', () => {
  const right = ['test/unit/authoring/steps.ts', 'pipelines/presets/continuous-training.ts'];
  const all = checkReferences([file, ...right]);
  const problems = all.filter((problem) => problem.file === file);

  it('finds each use of a reference as a value, and nothing else', () => {
    expect(marked.length).toBeGreaterThan(20);
    const at = (line: number) => marked.find((mark) => mark.line === line)?.marker ?? `line ${line}`;
    expect(problems.map(({ line }) => at(line))).toEqual(marked.map(({ marker }) => marker));
    expect(problems.every((problem) => problem.file === file && problem.column > 0)).toBe(true);
  });

  it('quotes what is there and says what to write instead', () => {
    const message = (marker: string) =>
      problems.find(({ line }) => line === marked.find((mark) => mark.marker === marker)?.line)?.message;
    expect(message('not')).toMatch(/^!ok: .* write when\(ref, \(\) => …\)\.otherwise/);
    expect(message('coalesce')).toMatch(/^data\.note \?\? 'none': .* give a default in the step/);
    expect(message('object')).toMatch(/^\.\.\.data: .* name its fields/);
    expect(message('switch')).toMatch(/^rows: .* a boolean for each case/);
  });

  it('is quiet about pipelines that are right, and about nothing', () => {
    expect(all.filter((problem) => problem.file !== file)).toEqual([]);
    expect(checkReferences([])).toEqual([]);
  });
});
