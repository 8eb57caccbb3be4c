/** A run as of a time: what its param asOf is when nobody said. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '#contracts/json.ts';
import { withAsOf } from '#workers/code/as-of-param.ts';

const schemaOf = (asOf?: z.ZodType): Json =>
  z.toJSONSchema(z.object(asOf ? { rounds: z.number().default(1), asOf } : {}), { io: 'input' }) as Json;
const dated = schemaOf(z.iso.date().default('2013-12-30'));

it('is the time that was named, as the param is written, whatever its default', () => {
  expect(withAsOf({ rounds: 2 }, '2013-06-17T06:00:00.000Z', dated)).toEqual({ rounds: 2, asOf: '2013-06-17' });
  expect(withAsOf(null, '2013-06-17', dated)).toEqual({ asOf: '2013-06-17' });
  const timed = schemaOf(z.iso.datetime().optional());
  expect(withAsOf({}, '2013-06-17', timed)).toEqual({ asOf: '2013-06-17T00:00:00.000Z' });
});

it('is what was said of it, the pipeline’s own default where nobody named a time, and nothing where there is no such param', () => {
  expect(withAsOf({ asOf: '2013-05-01' }, '2013-06-17', dated)).toEqual({ asOf: '2013-05-01' });
  expect(withAsOf({ rounds: 2 }, null, dated)).toEqual({ rounds: 2 });
  expect(withAsOf({}, '2013-06-17', schemaOf())).toEqual({});
  // Either form will do: the run's own time does, too.
  expect(withAsOf({}, '2013-06-17', schemaOf(z.union([z.iso.date(), z.iso.datetime()])))).toEqual({});
});

it('leaves what is no time to the message that says so', () => {
  expect(withAsOf({}, 'yesterday', dated)).toEqual({ asOf: 'yesterday' });
});
