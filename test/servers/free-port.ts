import { isPortFree } from '#adapters/process/free-port.ts';

/**
 * A port of the loopback address for a server that will listen in a while: what MLflow imports before it listens takes
 * seconds. Not one that the system would pick for others meanwhile (those begin at 32,768 on Linux, at 49,152
 * elsewhere), and each process that tests takes its own ones in turn, so that no two are told the same.
 */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < portsOfProcess; tried += 1) {
    const port = first + (process.pid % blocks) * portsOfProcess + (next++ % portsOfProcess);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`none of the ${portsOfProcess} ports of process ${process.pid} is free`);
}

const first = 12_000;
const portsOfProcess = 40;
const blocks = 500;
let next = 0;
