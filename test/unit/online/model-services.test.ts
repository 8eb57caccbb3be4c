/** `NAME@champion` is the service of that version: followed when it moves, kept while the registry does not answer. */
import { expect, test } from 'vitest';
import { UserError } from '#contracts/failures.ts';
import { modelServices } from '#serving/model-services.ts';

function world() {
  const asked: string[] = [];
  const told: string[] = [];
  const state = { now: 0, champion: 'fraud' as string | Error };
  const lookup = async (model: string) => {
    asked.push(model);
    if (state.champion instanceof Error) throw state.champion;
    return state.champion;
  };
  const services = modelServices(
    lookup,
    () => state.now,
    (model, error) => told.push(`${model}: ${error.message}`),
  );
  return { asked, told, state, services };
}

test('a service is itself, and asks nobody', async () => {
  const { services, asked } = world();
  expect([await services('fraud'), await services(undefined)]).toEqual(['fraud', undefined]);
  expect(asked).toEqual([]);
});

test('of many at once one asks, and a promotion is followed after five seconds', async () => {
  const { services, asked, state } = world();
  expect(await Promise.all(Array.from({ length: 50 }, () => services('m@champion')))).toEqual(Array(50).fill('fraud'));
  expect(asked).toEqual(['m@champion']);
  state.champion = 'fraud_2';
  state.now = 4_999;
  expect(await services('m@champion')).toBe('fraud');
  state.now = 5_000;
  expect(await services('m@champion')).toBe('fraud_2');
  expect(asked).toHaveLength(2);
});

test('while the registry is away what it said last counts, and its log says so; what it never said is an error', async () => {
  const { services, state, told } = world();
  expect(await services('m@champion')).toBe('fraud');
  state.champion = new UserError('OutsideUnreachable', 'MLflow cannot be reached');
  state.now = 60_000;
  expect(await services('m@champion')).toBe('fraud');
  expect(told).toEqual(['m@champion: MLflow cannot be reached']);
  await expect(services('other@champion')).rejects.toThrow('MLflow cannot be reached');
  state.champion = 'fraud_2';
  expect(await services('other@champion')).toBe('fraud_2');
});

test('a version that there is not, or that other definitions served, is an error at once, whatever was known', async () => {
  const { services, state, asked } = world();
  await services('m@champion');
  state.champion = new UserError('InvalidInput', 'its features would mean something else');
  state.now = 5_000;
  await expect(services('m@champion')).rejects.toThrow('something else');
  await expect(services('m@champion')).rejects.toThrow('something else');
  expect(asked).toHaveLength(3);
});

test('names that are made up are not kept for ever; without a registry all are refused', async () => {
  const { services, asked } = world();
  for (let n = 0; n < 1_500; n += 1) await services(`m${n}@1`);
  await services('m0@1');
  expect(asked).toHaveLength(1_501);
  await services('m1499@1');
  expect(asked).toHaveLength(1_501);
  await expect(
    modelServices(
      null,
      () => 0,
      () => undefined,
    )('m@champion'),
  ).rejects.toThrow(/this server has no registry/);
});
