/** What publish is given is refused in words before anything is started, and a token that is written out is not repeated. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { UserError } from '#contracts/failures.ts';
import { defineStep } from '#pipelines/define-step.ts';
import { definePipeline, publish, VersionRef } from '#pipelines/index.ts';
import { hubToken } from '#workers/hub-token.ts';

const version = defineStep({
  name: 'version',
  input: z.object({}),
  output: z.object({ ref: VersionRef }),
  run: () => Promise.reject(new Error('not run here')),
});
function wired(given: object): string {
  const pipeline = definePipeline({
    name: 'releases',
    params: z.object({}),
    graph: ({ run }) => run(publish, { version: run(version, {}).ref, repo: 'acme/x', ...given }),
  });
  try {
    pipeline.compile({}, { champion: null, asOf: '2026-01-01T00:00:00Z' });
    return '';
  } catch (error) {
    return error instanceof UserError ? error.message : String(error);
  }
}

test.each([
  ['a', 'acme'],
  ['three parts', 'acme/models/x'],
  ['no ASCII', 'acme/größe'],
  ['two dashes', 'acme/a--b'],
  ['dots', 'acme/a..b'],
  ['a dash at an end', 'acme/x-'],
  ['.git', 'acme/x.git'],
  ['too long', `acme/${'x'.repeat(97)}`],
  ['an address', 'https://huggingface.co/acme/x'],
])('a repo of %s is refused', (_, repo) => {
  expect(wired({ repo })).toContain(`repo is "${repo.slice(0, 30)}`);
  expect(wired({ repo })).toContain('expected organization/name of letters, digits');
});

test.each(['acme/flight-delays', 'A1/x', 'a.b_c/1-2.3_4', `acme/${'x'.repeat(96)}`])('the repo %s is taken', (repo) => {
  expect(wired({ repo })).toBe('');
});

test.each([
  [{ tag: 'a'.repeat(40) }, 'no SHA of a commit'],
  [{ tag: 'v1..2' }, 'expected letters'],
  [{ tag: '-v1' }, 'expected letters'],
  [{ tag: 'x.lock' }, 'expected letters'],
  [{ tag: 'v1.' }, 'expected letters'],
  [{ tag: 'v{model}' }, "{version} stands for the version's number"],
  [{ branch: '{version}' }, 'expected letters'],
  [{ endpoint: 'http://hub.example' }, 'expected https://'],
  [{ license: 'Apache License 2.0' }, 'expected a license such as apache-2.0'],
  [{ public: true }, 'no field "public"'],
])('%j is refused', (given, words) => {
  expect(wired(given)).toContain(words);
});

test.each(['v1', 'v{version}', '{version}-final', '1.0+x'])('the tag %s is taken', (tag) => {
  expect(wired({ tag })).toBe('');
});

test('a token that is written into a pipeline is refused, and not repeated', () => {
  const said = wired({ token: 'hf_thisIsTheSecret' });
  expect(said).toContain('give the name of a variable of the worker, HF_TOKEN or HF_TOKEN_…; never the token itself');
  expect(said).not.toContain('hf_thisIsTheSecret');
  expect(wired({ token: 'AWS_SECRET_ACCESS_KEY' })).toContain('never the token itself');
  expect(wired({ token: 'HF_TOKEN_ACME' })).toBe('');
});

test('a token is a variable, or in the file that it names, and missing in words', () => {
  expect(hubToken('HF_TOKEN', { HF_TOKEN: ' hf_x \n' })).toBe('hf_x');
  expect(() => hubToken('HF_TOKEN', {})).toThrow(
    /HF_TOKEN is not set in the worker's environment: make a token with write access/,
  );
  expect(() => hubToken('HF_TOKEN', { HF_TOKEN_FILE: '/nowhere' })).toThrow(
    'HF_TOKEN_FILE names /nowhere, which cannot be read',
  );
  const wrong = () => hubToken('HF_TOKEN', { HF_TOKEN: 'hf_secret\nInjected: 1' });
  expect(wrong).toThrow('is not one word of printable ASCII');
  expect(wrong).not.toThrow('hf_secret');
});
