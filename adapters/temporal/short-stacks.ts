/** Cheaper promises in workflow threads. */
import { setFlagsFromString } from 'node:v8';

/** What Node takes where nobody says otherwise. */
const USUAL = 10;

/**
 * Calls `create` (Worker.create), whose workflow threads take stack traces of one frame.
 *
 * The SDK notes a stack trace, mapped to sources, for every promise that a workflow makes, to answer the query
 * `__stack_trace`; measured, that is a quarter to a third of all CPU that a run costs. What a run waits for is told by
 * its progress and its page, and one frame still names the line that threw. A thread takes the flag once, when it starts:
 * this process and its other threads are left as they are.
 */
export async function withShortStacks<T>(create: () => Promise<T>): Promise<T> {
  setFlagsFromString('--stack-trace-limit=1');
  try {
    return await create();
  } finally {
    setFlagsFromString(`--stack-trace-limit=${USUAL}`);
  }
}
