/** docker-compose.yml is valid by the Compose specification's own schema, pinned, health-checked and closed. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = read('docker-compose.yml');
interface Service {
  image?: string;
  ports?: string[];
  healthcheck?: object;
  restart?: string;
}
const compose: { services: Record<string, Service> } = parse(text, { merge: true });
const services = Object.entries(compose.services);

function problems(document: unknown): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Its $schema is draft-07 by another spelling of the URL than the one ajv knows.
  const { $schema: _, ...schema } = JSON.parse(read('test/golden/compose/compose-spec.json'));
  const validate = ajv.compile(schema);
  validate(document);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

describe('docker-compose.yml', () => {
  test('fits the schema, and the schema can refuse', () => {
    expect(problems(compose)).toEqual([]);
    expect(problems({ services: { broken: { image: 7, porst: [] } } })).not.toEqual([]);
  });

  test('pins every image to a version', () => {
    for (const [name, { image }] of services) if (image) expect(image, name).toMatch(/:[\w.-]*\d[\w.-]*$/);
  });

  test('publishes ports on loopback only', () => {
    for (const [name, { ports = [] }] of services)
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
  });

  test('checks the health of every server that stays up', () => {
    const without = services.filter(([, { restart, healthcheck }]) => restart && !healthcheck).map(([name]) => name);
    // The worker has no port; Temporal's UI shows whether it polls.
    expect(without).toEqual(['worker']);
  });

  test('holds no password', () => {
    for (const [, value] of text.matchAll(/(?:PASSWORD|PWD|SECRET_ACCESS_KEY|SECRET_KEY): (.*)/g))
      expect(value).toMatch(/^\$\{\w+:\?/);
  });
});
