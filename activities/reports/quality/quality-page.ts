import type { QualityReport } from '#contracts/quality.ts';
import { page } from '../page.ts';

export async function qualityPage(report: QualityReport): Promise<string> {
  return page({ title: report.current.name, lead: '', sections: [] });
}
