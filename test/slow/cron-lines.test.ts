/** As `integration/cron-lines`, on as many lines as a proof wants. */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compared, drawLines } from '../fixtures/cron-lines.ts';
import { startTemporal, type TestTemporal } from '../servers/temporal.ts';

let temporal: TestTemporal;
let connection: Connection;
beforeAll(async () => {
  temporal = await startTemporal();
  connection = await Connection.connect({ address: temporal.address });
});
afterAll(async () => {
  await connection?.close();
  await temporal?.close();
});

it('ten thousand drawn lines are refused or fire as the server has it', async () => {
  const { different, fire } = await compared(new Client({ connection }), drawLines(10_000, 1_129));
  expect(different).toEqual([]);
  expect(fire).toBeGreaterThan(5_000);
});
