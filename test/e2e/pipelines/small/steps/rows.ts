/** Imported by measure.ts alone. */
export const rows = (): number => 2_000;
