/**
 * What the entry points offer, as text: one file an entry under docs/api/, with the types that an entry mentions and
 * does not export. A change of the public surface shows there, in review, or fails the check.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const none = { default: { logLevel: ExtractorLogLevel.None } };
const compilerOptions = {
  strict: true,
  module: 'nodenext',
  moduleResolution: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'dom.asynciterable'],
  types: ['node'],
  skipLibCheck: true,
};

/** @returns the text of each report by the entry's name: `index`, `client`, … */
export function apiReports(built: string, scratch: string): Map<string, string> {
  const { exports } = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8')) as {
    exports: Record<string, { types: string }>;
  };
  const reports = Object.entries(exports).map(([path, { types }]) => ({
    name: path === '.' ? 'index' : basename(path),
    config: configOf(built, scratch, path === '.' ? 'index' : basename(path), join(built, types)),
  }));
  mkdirSync(scratch, { recursive: true });
  const [first, ...others] = reports.map(({ config }) => config);
  if (!first) throw new Error(`${built} has no entry points`);
  const compilerState = CompilerState.create(first, {
    additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
  });
  for (const { config } of reports)
    Extractor.invoke(config, {
      localBuild: true,
      compilerState,
      messageCallback: (message) => {
        // Of how it is run, and that there was no report before.
        if (message.category === 'console') message.handled = true;
      },
    });
  return new Map(reports.map(({ name }) => [name, readFileSync(join(scratch, `${name}.api.md`), 'utf8')]));
}

function configOf(built: string, scratch: string, name: string, mainEntryPointFilePath: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(built, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: built,
      mainEntryPointFilePath,
      compiler: { overrideTsconfig: { compilerOptions, files: [mainEntryPointFilePath] } },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: name,
        reportFolder: scratch,
        reportTempFolder: join(scratch, 'before'),
      },
      newlineKind: 'lf',
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: none, tsdocMessageReporting: none },
    },
  });
}
