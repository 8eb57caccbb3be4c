import { defineStep, program, python, scriptStep } from 'ratchet-ml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { STEP_REGISTRY, StepDeclaration } from '#contracts/compiled.ts';
import { placesIn, userError } from './place.ts';

const at = placesIn(import.meta.url);
const base = { name: 'step', input: z.object({}), output: z.object({}), run: () => ({}) };
const wrong = (change: object) => userError(() => defineStep({ ...base, ...change } as never)).message; // wrong step

describe('defineStep', () => {
  it('fills in the defaults and notes where it was defined', () => {
    const step = defineStep({ ...base }); // defined
    expect(step).toMatchObject({ name: 'step', kind: 'typescript' });
    expect(step.settings).toEqual({
      effect: false,
      cache: true,
      files: [],
      timeout: '10m',
      attempts: 3,
      queue: null,
      place: 'any',
      memoryMb: 512,
      definedAt: at('defined'),
    });
  });

  it('takes every setting', () => {
    const { settings } = defineStep({
      ...base,
      cache: { version: '2', files: ['data/*.csv'] },
      retry: { attempts: 5 },
      timeout: '2h',
      queue: 'gpu',
      memory: '1.5gb',
    });
    expect(settings).toMatchObject({
      cacheVersion: '2',
      files: ['data/*.csv'],
      attempts: 5,
      timeout: '2h',
      queue: 'gpu',
      memoryMb: 1536,
    });
    expect(defineStep({ ...base, cache: false }).settings.cache).toBe(false);
    expect(defineStep({ ...base, effect: true }).settings).toMatchObject({ effect: true, cache: false });
    expect(defineStep({ ...base, resources: { memoryMb: 64 } }).settings.memoryMb).toBe(64);
  });

  it('makes a declaration that JSON carries', () => {
    const { name, kind, settings } = defineStep({ ...base, cache: { version: '2' } });
    const declaration = { name, kind, settings, program: null, version: null };
    expect(StepDeclaration.parse(JSON.parse(JSON.stringify(declaration)))).toEqual(declaration);
  });

  it.each([
    [{ name: 'a b' }, 'the step\'s name is "a b": a name starts with a letter'],
    [{ retry: { attempts: 0 } }, 'retry.attempts of the step step is 0: a whole number from 1 to 100'],
    [{ timeout: 'soon' }, 'timeout of the step step is "soon"'],
    [{ queue: '' }, 'queue of the step step is ""'],
    [{ memory: '512' }, 'memory of the step step is "512": a size is wanted'],
    [{ memory: '0mb' }, 'memory of the step step is "0mb"'],
    [{ resources: { memoryMb: 0.5 } }, 'resources.memoryMb of the step step is 0.5'],
    [{ effect: true, cache: { version: '1' } }, 'effects are never cached'],
    [{ input: { a: 1 } }, 'input of the step step is {"a":1}: a zod 4 schema is wanted'],
    [{ run: undefined }, 'has no run'],
  ])('refuses %j', (change, text) => {
    expect(wrong(change)).toContain(text);
    expect(wrong(change)).toMatch(new RegExp(`^${at('wrong step')}: `));
  });

  it('leaves the step where a host finds it by name', () => {
    const step = defineStep({ ...base, name: 'found' });
    const registry = (globalThis as { [STEP_REGISTRY]?: Map<string, unknown> })[STEP_REGISTRY];
    expect(registry?.get('found')).toBe(step);
  });
});

describe('scriptStep', () => {
  const script = { name: 'report', input: z.object({}), output: z.object({ pages: z.number() }) };
  it('splits a command at blanks and is bound to its machine', () => {
    const step = scriptStep({
      ...script,
      command: 'python  report.py --deep',
      files: ['*.py'],
      lock: 'requirements.lock',
    });
    expect(step.kind).toBe('script');
    expect(step.program).toEqual({
      kind: 'program',
      command: ['python', 'report.py', '--deep'],
      files: ['*.py'],
      lock: 'requirements.lock',
    });
    expect(step.settings).toMatchObject({ timeout: '1d', place: 'host', memoryMb: null });
  });
  it('takes words, or a program', () => {
    expect(scriptStep({ ...script, command: ['Rscript', 'a file.R'] }).program?.command).toEqual([
      'Rscript',
      'a file.R',
    ]);
    expect(scriptStep({ ...script, program: python('report.py'), place: 'any' })).toMatchObject({
      program: { kind: 'program', command: ['python', 'report.py'] },
      settings: { place: 'any' },
    });
  });
  it.each(['python report.py > out', 'a | b', "echo 'x'", 'ls *.py', 'echo $HOME', 'a; b'])(
    'refuses a shell line: %s',
    (command) => {
      const text = userError(() => scriptStep({ ...script, command })).message; // shell
      expect(text).toMatch(new RegExp(`^${at('shell')}: the command .* it is not given to a shell`));
    },
  );
  it('needs one of command and program', () => {
    expect(userError(() => scriptStep({ ...script } as never)).message).toContain('needs one of command');
    expect(userError(() => scriptStep({ ...script, command: '  ' })).message).toContain('cannot be run');
  });
});

describe('python and program', () => {
  it('build what the contract asks for', () => {
    expect(python('train.py')).toEqual({ kind: 'program', command: ['python', 'train.py'] });
    expect(python('train.py', { args: ['--n', '3'], lock: 'l', files: ['*.py'] })).toEqual({
      kind: 'program',
      command: ['python', 'train.py', '--n', '3'],
      files: ['*.py'],
      lock: 'l',
    });
    expect(program(['Rscript', 'x.R'])).toEqual({ kind: 'program', command: ['Rscript', 'x.R'] });
  });
  it('refuse what cannot be run', () => {
    expect(userError(() => program([])).message).toContain('the command [] cannot be run');
    expect(userError(() => python('')).message).toContain('it holds an empty word');
    expect(userError(() => python(undefined as never)).message).toContain('command[1] is missing');
  });
});
