/** DVC's own files: byte for byte as DVC writes them, whatever names hold, and refused with the place where they are wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dvcFileText, readDvcFile } from '#adapters/dvc/dvc-file.ts';
import { manifestText, readManifest } from '#adapters/dvc/manifest.ts';

const md5 = 'fd6e27629e5fb5e7df86e2359f1e1a55';
const digest = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 32, maxLength: 32 })
  .map((each) => each.join(''));
const part = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/[/\0]/g, '_'))
  .filter((text) => text !== '.' && text !== '..' && !/^[A-Za-z]:/.test(text));

describe('.dvc', () => {
  test.each([
    [{ md5, size: 1956, path: 'raw.csv' }, `outs:\n- md5: ${md5}\n  size: 1956\n  hash: md5\n  path: raw.csv\n`],
    [
      { md5, size: 18, isexec: true, path: 'x.sh' },
      `outs:\n- md5: ${md5}\n  size: 18\n  isexec: true\n  hash: md5\n  path: x.sh\n`,
    ],
    [
      { md5: `${md5}.dir`, size: 51, nfiles: 14, path: 'imgs' },
      `outs:\n- md5: ${md5}.dir\n  size: 51\n  nfiles: 14\n  hash: md5\n  path: imgs\n`,
    ],
    // As DVC 3.67 wrote them of these names.
    [
      { md5, size: 1, path: "q'uote #1: [x].txt" },
      `outs:\n- md5: ${md5}\n  size: 1\n  hash: md5\n  path: "q'uote #1: [x].txt"\n`,
    ],
    [{ md5, size: 1, path: 'yes' }, `outs:\n- md5: ${md5}\n  size: 1\n  hash: md5\n  path: yes\n`],
    [{ md5, size: 1, path: '007' }, `outs:\n- md5: ${md5}\n  size: 1\n  hash: md5\n  path: '007'\n`],
  ])('is what DVC writes: %j', (tracked, text) => {
    expect(dvcFileText(tracked, null)).toBe(text);
    expect(readDvcFile(text, 'x.dvc').outs[0]).toMatchObject({ ...tracked, hash: 'md5' });
  });

  test('says any name again', () => {
    fc.assert(
      fc.property(part, digest, fc.nat(), (path, own, size) => {
        const [out] = readDvcFile(dvcFileText({ md5: own, size, path }, null), 'x.dvc').outs;
        expect(out).toEqual({ md5: own, size, hash: 'md5', path });
      }),
      { numRuns: 2_000 },
    );
  });

  test('keeps what people wrote beside it', () => {
    const before = `# flights of January\nouts:\n- md5: ${md5}\n  size: 1\n  hash: md5\n  path: raw.csv\n  desc: as it came\n  remote: far\nmeta:\n  owner: ann\n`;
    const other = md5.replace('fd', '00');
    expect(dvcFileText({ md5: other, size: 22, path: 'raw.csv' }, { text: before, name: 'raw.csv.dvc' })).toBe(
      before.replace(md5, other).replace('size: 1\n', 'size: 22\n'),
    );
    // It was a folder, and is a file.
    const folder = `outs:\n- md5: ${md5}.dir\n  size: 51\n  nfiles: 14\n  hash: md5\n  path: raw.csv\n`;
    expect(dvcFileText({ md5, size: 1956, path: 'raw.csv' }, { text: folder, name: 'raw.csv.dvc' })).toBe(
      `outs:\n- md5: ${md5}\n  size: 1956\n  hash: md5\n  path: raw.csv\n`,
    );
  });

  test.each([
    ['outs:\n- md5: [\n', /^x\.dvc, line \d+, column \d+: /],
    ['outs: 1\n', /^x\.dvc is no \.dvc file: outs/],
    ['{}', /no \.dvc file: outs/],
    [`outs:\n- md5: ${md5}\n  path: ../x\n`, /outs\.0\.path: a path below the folder of the file is wanted/],
    [`outs:\n- md5: ${md5}\n  path: /etc/passwd\n`, /outs\.0\.path/],
    ['outs:\n- md5: abc\n  path: x\n', /outs\.0\.md5: 32 hex digits/],
    ['a: &a [1]\nouts: *b\n', /x\.dvc/],
  ])('that is none is refused: %j', (text, words) => {
    expect(() => readDvcFile(text, 'x.dvc')).toThrow(words);
  });
});

describe('.dir', () => {
  test('is Python’s JSON, in the order of code points', () => {
    const entries = [
      'a/b.txt',
      'a.txt',
      'a-b.txt',
      'A.txt',
      '\u{1f44d}.txt',
      '\ue000.txt',
      'ü.txt',
      'quo"te\\.txt',
    ].map((relpath) => ({ md5, relpath }));
    const says = (name: string) => `{"md5": "${md5}", "relpath": "${name}"}`;
    expect(manifestText(entries)).toBe(
      `[${['A.txt', 'a-b.txt', 'a.txt', 'a/b.txt', 'quo\\"te\\\\.txt', '\\u00fc.txt', '\\ue000.txt', '\\ud83d\\udc4d.txt'].map(says).join(', ')}]`,
    );
    expect(manifestText([])).toBe('[]');
  });

  test('says any names again', () => {
    const entry = fc.record({
      md5: digest,
      relpath: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    });
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ relpath }) => relpath, maxLength: 20 }), (entries) => {
        const text = manifestText(entries);
        expect(text).toMatch(/^[\x20-\x7e\x7f]*$/);
        const read = readManifest(text, 'm');
        expect(new Map(read.map((each) => [each.relpath, each.md5]))).toEqual(
          new Map(entries.map((each) => [each.relpath, each.md5])),
        );
        expect(manifestText(read.toReversed())).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ['[{"md5": "', /the manifest m is no JSON .*cut off/],
    ['{}', /is no list of \{ md5, relpath \}/],
    [`[{"md5": "${md5}", "relpath": "../x"}]`, /names "\.\.\/x", which leads out of the folder/],
    [`[{"md5": "${md5}", "relpath": "a/../../x"}]`, /leads out/],
    [`[{"md5": "${md5}", "relpath": "/x"}]`, /leads out/],
    [`[{"md5": "${md5}", "relpath": "a//x"}]`, /leads out/],
    [`[{"md5": "${md5}", "relpath": "x"}, {"md5": "${md5}", "relpath": "x"}]`, /names "x" twice/],
  ])('that is none is refused: %j', (text, words) => {
    expect(() => readManifest(text, 'm')).toThrow(words);
  });

  test('and .dvc never end in anything but an answer or words', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.string().map((text) => `outs:\n- ${text}`),
        ),
        (text) => {
          for (const read of [readDvcFile, readManifest])
            try {
              read(text, 'x');
            } catch (error) {
              expect(error).toMatchObject({ type: 'DataInvalid' });
            }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
