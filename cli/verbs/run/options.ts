import type { Json } from '#contracts/json.ts';

export interface RunOptions {
  param: Record<string, Json>;
  asOf?: string;
  triggerId?: string;
  reason: string;
  as: string;
  wait?: boolean;
  json?: boolean;
}
