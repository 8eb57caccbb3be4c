/** A cron line means the same to the check, to a simulation and to the server that a schedule is deployed to. */
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

it('three hundred drawn lines are refused or fire as the server has it', async () => {
  const { different, fire } = await compared(new Client({ connection }), drawLines(300, 20_261_129));
  expect(different).toEqual([]);
  expect(fire).toBeGreaterThan(150);
});
