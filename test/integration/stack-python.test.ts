/** Real uv, real package index: one tiny package. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePythonEnvironment, environmentVariables } from '#stack/python-environment.ts';
import { runTool } from '#stack/run-tool.ts';

const root = mkdtempSync(join(tmpdir(), 'ratchet-python-'));
const environments = join(root, 'environments');
const hashed = join(root, 'hashed.lock');
const plain = join(root, 'requirements.txt');
const module = fileURLToPath(new URL('../../stack/python-environment.ts', import.meta.url));

beforeAll(() => {
  writeFileSync(plain, 'six==1.17.0\n');
  writeFileSync(hashed, 'six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As another process would make it; `variables` reach the installer. */
function inAnotherProcess(name: string, variables: NodeJS.ProcessEnv = {}) {
  const code = `import { ensurePythonEnvironment } from ${JSON.stringify(module)};
    const options = { root: ${JSON.stringify(root)}, name: '${name}', lock: ${JSON.stringify(hashed)}, environments: ${JSON.stringify(environments)} };
    console.log((await ensurePythonEnvironment(options)).folder);`;
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
}

const imports = (python: string, name: string) => runTool(python, ['-c', `import ${name}; print(${name}.__version__)`]);

describe('a managed Python environment', () => {
  it('is made once, from hashes, and found again', async () => {
    const told: string[] = [];
    const options = { root, name: 'once', lock: hashed, environments, progress: (line: string) => told.push(line) };
    const made = await ensurePythonEnvironment(options);
    expect(await imports(made.python, 'six')).toEqual({ code: 0, output: '1.17.0\n' });
    expect(told).toContain('installing Python packages');
    told.length = 0;
    expect(await ensurePythonEnvironment(options)).toEqual(made);
    expect(told).toEqual([]);
  });

  it('takes a plain requirements file too, relative to the root', async () => {
    const made = await ensurePythonEnvironment({ root, name: 'plain', lock: 'requirements.txt', environments });
    expect((await imports(made.python, 'six')).code).toBe(0);
  });

  it('refuses a package that differs from its hash, and keeps nothing of it', async () => {
    const wrong = join(root, 'wrong.lock');
    writeFileSync(wrong, `six==1.17.0 --hash=sha256:${'0'.repeat(64)}\n`);
    const made = ensurePythonEnvironment({ root, name: 'wrong', lock: wrong, environments });
    await expect(made).rejects.toThrow(/differs from the hash/);
    expect(readdirSync(environments).filter((name) => name.startsWith('wrong'))).toEqual([]);
  });

  it('says what to do when the index is out of reach', async () => {
    const env = {
      ...process.env,
      UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple',
      UV_CACHE_DIR: join(root, 'empty'),
      UV_FIND_LINKS: '',
    };
    const made = ensurePythonEnvironment({ root, name: 'offline', lock: hashed, environments, env });
    await expect(made).rejects.toThrow(/cannot be reached.*UV_DEFAULT_INDEX/);
  });

  it('says what to do when there is no Python, or too old a one', async () => {
    const env = { ...process.env, RATCHET_PYTHON: join(root, 'no-python') };
    const made = ensurePythonEnvironment({ root, name: 'none', lock: hashed, environments, env });
    await expect(made).rejects.toThrow(/Python 3\.10 or newer is needed.*RATCHET_PYTHON/);
  });

  it('is made again when its Python was removed', async () => {
    const options = { root, name: 'broken', lock: hashed, environments };
    const made = await ensurePythonEnvironment(options);
    rmSync(made.python);
    await ensurePythonEnvironment(options);
    expect((await imports(made.python, 'six')).code).toBe(0);
  });

  it('survives two makers at once: both get the one that is in place', async () => {
    const makers = [inAnotherProcess('two'), inAnotherProcess('two')];
    const outputs = await Promise.all(makers.map((maker) => maker.stdout?.setEncoding('utf8').toArray()));
    const folders = outputs.map((chunks) => chunks?.join('').trim());
    expect(folders[0]).toBe(folders[1]);
    expect((await imports(join(folders[0] ?? '', 'bin', 'python'), 'six')).code).toBe(0);
    expect(readdirSync(environments).filter((name) => name.startsWith('.building'))).toEqual([]);
  });

  it('is never half-built: a maker killed in the middle leaves only what a later one sweeps', async () => {
    const maker = inAnotherProcess('killed', { UV_CACHE_DIR: join(root, 'cold') });
    const started = (prefix: string) => readdirSync(environments).filter((name) => name.startsWith(prefix));
    await expect.poll(() => started('.building'), { timeout: 120_000, interval: 5 }).not.toEqual([]);
    if (maker.pid === undefined) throw new Error('the maker did not start');
    // With its uv: one that lives on goes on writing into the folder, which is then rightly not swept.
    process.kill(-maker.pid, 'SIGKILL');
    await once(maker, 'exit');
    expect(started('killed-')).toEqual([]);
    const left = started('.building');
    expect(left).not.toEqual([]);
    // A fresh one may still have a living uv in it, or a maker in another container: swept when it has been quiet.
    for (const name of left) utimesSync(join(environments, name), 0, 0);
    const made = await ensurePythonEnvironment({ root, name: 'killed', lock: hashed, environments });
    expect((await imports(made.python, 'six')).code).toBe(0);
    expect(left.filter((name) => existsSync(join(environments, name)))).toEqual([]);
  });

  it('says what to do when the disk is full', async (context) => {
    const mount = join(root, 'small');
    const script = `mkdir -p ${mount} && mount -t tmpfs -o size=64k none ${mount} && exec "$0" "$@"`;
    const probe = await runTool('unshare', ['-rm', 'sh', '-c', script, 'true']);
    if (probe.code !== 0) context.skip('this system does not let a user mount a small disk (unshare -rm)');
    const code = `import { ensurePythonEnvironment } from ${JSON.stringify(module)};
      await ensurePythonEnvironment({ root: ${JSON.stringify(root)}, name: 'full', lock: ${JSON.stringify(plain)}, environments: ${JSON.stringify(mount)} })
        .catch((error) => console.log(error.name, error.message));`;
    const node = [process.execPath, '--import', import.meta.resolve('tsx'), '--input-type=module', '-e', code];
    const uv = readdirSync(environments).find((name) => name.startsWith('uv-')) ?? '';
    const env = { ...process.env, PATH: `${join(environments, uv, 'bin')}:${process.env.PATH}` };
    const { output } = await runTool('unshare', ['-rm', 'sh', '-c', script, ...node], { env });
    expect(output).toMatch(/UserError Could not .*the disk is full.*RATCHET_HOME/);
  });
});

describe('the variables of an environment', () => {
  it('let Python keep its bytecode and keep strange packages out', () => {
    const environment = { python: '/e/bin/python', bin: '/e/bin', folder: '/e', digest: 'd' };
    const base = { PATH: '/usr/bin', PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: '/strange', HOME: '/home/me' };
    expect(environmentVariables(environment, base)).toEqual({
      PATH: '/e/bin:/usr/bin',
      HOME: '/home/me',
      VIRTUAL_ENV: '/e',
      PYTHONNOUSERSITE: '1',
    });
  });
});
