import { mlflow } from './mlflow.ts';
import { objectStore } from './object-store.ts';
import type { Part, PartName } from './part.ts';
import { temporal } from './temporal.ts';

/** The embedded servers by name. */
export const allParts: Readonly<Record<PartName, Part>> = { temporal, mlflow, 'object-store': objectStore };
