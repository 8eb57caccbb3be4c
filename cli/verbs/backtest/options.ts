export interface BacktestOptions {
  triggers?: string;
  threshold: string[];
  bad?: string;
  rules?: string;
  json?: boolean;
}
