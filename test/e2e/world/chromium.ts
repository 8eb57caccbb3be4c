/** A Chromium of this machine; the suite brings none. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @throws when there is none, with the package and the command that installs it. */
function findChromium(path = process.env.PATH ?? ''): string {
  for (const name of names)
    for (const folder of path.split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // not in this folder
      }
    }
  throw new Error(
    'This test opens pages in Chromium, which is not on PATH. Its package is `chromium`; install it with: sudo apt-get install chromium',
  );
}

export const openChromium = (...args: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox', '--disable-dev-shm-usage', ...args] });
