import type { Output } from './output.ts';
import { printable } from './printable.ts';

/** One line that is written over, where a person looks at it; nothing within the first half second. */
export function createProgress(out: Output, what: string): { tell(done: number, of: number): void; end(): void } {
  const from = Date.now();
  let shown = false;
  return {
    tell: (done, of) => {
      if (!out.live || Date.now() - from < 500) return;
      shown = true;
      process.stderr.write(`\r\u001b[K${done} of ${of} ${printable(what)}`);
    },
    end: () => {
      if (shown) process.stderr.write('\r\u001b[K');
    },
  };
}
