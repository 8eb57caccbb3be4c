import { connectTemporal, startPipeline } from 'ratchet-ml/client';
import hello from '../pipelines/hello/pipeline.ts';

// Any program that reaches Temporal: TEMPORAL_ADDRESS, or what `ratchet dev` says.
const temporal = await connectTemporal();
try {
  // The params' type is the pipeline's, and so is the result's.
  const run = await startPipeline(temporal.client, hello, { name: 'Ada' }, { trigger: { id: 'example' } });
  const text: string = await run.result();
  console.log(text);
  // The same trigger again is the same run, wherever it comes from.
  const again = await startPipeline(temporal.client, hello, { name: 'Ada' }, { trigger: { id: 'example' } });
  console.log(again.already, again.runId === run.runId);
} finally {
  await temporal.close();
}
