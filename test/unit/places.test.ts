/** Who is let in when, where there is room for a few. */
import { expect, it } from 'vitest';
import { HostsBusy } from '#activities/dispatch/step-work.ts';
import { hostRoom } from '#workers/step-host/memory.ts';
import { Places } from '#workers/step-host/places.ts';

const turn = () => new Promise((go) => setImmediate(go));

/** Asks for places under names; `order` has those that were let in. */
function crowd(places: Places) {
  const order: string[] = [];
  const leave = new Map<string, () => void>();
  return {
    order,
    leave: async (name: string) => {
      leave.get(name)?.();
      await turn();
    },
    ask: (name: string, request: Parameters<Places['take']>[0] = {}) =>
      places.take(request).then((free) => {
        order.push(name);
        leave.set(name, free);
      }),
  };
}

it('owners come in turn, each one in the order in which it asked', async () => {
  const { ask, leave, order } = crowd(new Places(1, 'full'));
  const asked = [
    ask('first'),
    ...['a1', 'a2', 'a3'].map((name) => ask(name, { owner: 'a' })),
    ask('b1', { owner: 'b' }),
  ];
  await turn();
  for (const name of ['first', 'a1', 'b1', 'a2', 'a3']) await leave(name);
  await Promise.all(asked);
  expect(order).toEqual(['first', 'a1', 'b1', 'a2', 'a3']);
});

it('what is heavy waits until there is room for it, is not overtaken for ever, and has a room that is too small for itself', async () => {
  const { ask, leave, order } = crowd(new Places(4, 'full'));
  const all = [
    ask('light', { weight: 2 }),
    ask('heavy', { weight: 9, owner: 'h' }),
    ask('late', { weight: 1, owner: 'l' }),
  ];
  await turn();
  expect(order).toEqual(['light']);
  await leave('light');
  expect(order).toEqual(['light', 'heavy']);
  await leave('heavy');
  await Promise.all(all);
  expect(order).toEqual(['light', 'heavy', 'late']);
});

it('whoever waits in vain or is told to go leaves the line, and those behind it come in', async () => {
  const places = new Places(2, 'both are taken');
  const { ask, leave, order } = crowd(places);
  await ask('one');
  const stop = new AbortController();
  const heavy = ask('heavy', { weight: 2, signal: stop.signal });
  const light = ask('light', { owner: 'other' });
  await turn();
  expect(order).toEqual(['one']);
  stop.abort(new Error('cancelled'));
  await expect(heavy).rejects.toThrow('cancelled');
  await light;
  await expect(places.take({ patienceMs: 1 })).rejects.toThrow(new HostsBusy('both are taken'));
  await expect(places.take({ signal: stop.signal })).rejects.toThrow('cancelled');
  await leave('one');
  await leave('one');
  await leave('light');
  // Given back twice, a place counts once.
  await ask('two', { weight: 2 });
  await expect(places.take({ patienceMs: 1 })).rejects.toThrow(HostsBusy);
});

it('a small machine builds one graph at once, a large one as many as it has cores', () => {
  expect(hostRoom(1024, 2)).toEqual({ plans: 1, stepsMb: 768, idle: 1 });
  expect(hostRoom(4096, 2)).toEqual({ plans: 2, stepsMb: 3072, idle: 3 });
  expect(hostRoom(24_000, 2)).toMatchObject({ plans: 2, idle: 8 });
  expect(hostRoom(256_000, 64)).toMatchObject({ plans: 64, idle: 128 });
});
