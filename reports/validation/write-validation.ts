/** A validation's result as its two files. Runs in the data host: of a thousand expectations the text alone takes 50 ms. */
import { writeFile } from 'node:fs/promises';
import type { ValidationResult } from '#contracts/validation.ts';
import { validationPage } from './validation-page.ts';

export interface ValidationFiles {
  readonly result: ValidationResult;
  /** Paths. */
  readonly json: string;
  readonly html: string;
}

export async function writeValidation({ result, json, html }: ValidationFiles): Promise<void> {
  await writeFile(json, `${JSON.stringify(result, null, 1)}\n`);
  await writeFile(html, validationPage(result));
}
