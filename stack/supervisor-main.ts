/** The supervisor process: `node supervisor-main.ts '<request as JSON>'`, detached from who started it. */
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, type ProcessIdentity } from '#adapters/process/process-identity.ts';
import { readStackFile, type StackFile } from './file.ts';
import { trimLog } from './log-file.ts';
import { stackPaths } from './paths.ts';
import { openStackRecord } from './record.ts';
import { startSupervisor } from './supervisor.ts';
import { SupervisorRequest } from './supervisor-request.ts';

const houseKeepingMilliseconds = 5_000;

const request = SupervisorRequest.parse(JSON.parse(process.argv[2] ?? 'null'));
const paths = stackPaths(request.root);
const own = await identityOf(process.pid);
const file = own && (await fileThatNames(own));
if (!own || !file) {
  console.error(`${paths.stackFile} does not name this process as its supervisor: nothing is started`);
  process.exit(1);
}

const record = openStackRecord(paths, own, file);
const supervisor = startSupervisor(request, paths, record);
let _ending: Promise<void> | undefined;
const end = (code: number) => {
  _ending ??= supervisor.stop().then(() => {
    record.close();
    process.exit(code);
  });
};

process.on('SIGTERM', () => end(0));
process.on('SIGINT', () => end(0));
process.on('SIGHUP', () => {});
process.on('uncaughtException', (error) => {
  console.error(error);
  end(1);
});
setInterval(() => {
  // The project folder was deleted, or another supervisor took over: what is ours must not stay behind.
  if (!record.isOurs()) end(1);
  else for (const name of ['supervisor', ...Object.keys(file.parts)]) trimLog(paths.log(name));
}, houseKeepingMilliseconds);

/** Who starts a supervisor writes its identity into the stack file right after the spawn, perhaps after it runs. */
async function fileThatNames(identity: ProcessIdentity): Promise<StackFile | undefined> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await delay(20)) {
    const found = readStackFile(paths);
    if (found?.supervisor?.pid === identity.pid && found.supervisor.startedAt === identity.startedAt) return found;
  }
  return undefined;
}
