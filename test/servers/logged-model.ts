/** Logs a small model as MLflow's Python client does, without Python: for tests that need one and not what is in it. */
import { setTimeout as delay } from 'node:timers/promises';

export interface LoggedForTest {
  uri: string;
  files: Record<string, string>;
}

async function send(method: string, url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** `ready: false` leaves it as a trainer that was killed while its files went up would. */
export async function logModel(
  url: string,
  run: { runId: string; experimentId: string },
  options: { name?: string; content?: string; signature?: boolean; ready?: boolean } = {},
): Promise<LoggedForTest> {
  const { name = 'model', content = 'weights', signature = true, ready = true } = options;
  // Two models of one millisecond have no order.
  await delay(2);
  const api = `${url}/api/2.0/mlflow`;
  const made = (await send('POST', `${api}/logged-models`, {
    experiment_id: run.experimentId,
    name,
    source_run_id: run.runId,
  })) as { model: { info: { model_id: string; artifact_uri: string } } };
  const { model_id: id, artifact_uri: place } = made.model.info;
  const signed = signature ? 'signature:\n  inputs: "[]"\nsaved_input_example_info:\n  type: dataframe\n' : '';
  const files: Record<string, string> = {
    MLmodel: `flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n    code: null\nmodel_id: ${id}\n${signed}`,
    'model.pkl': content,
    'code/a folder/größe.txt': 'nested',
  };
  for (const [path, text] of Object.entries(files)) {
    const target = `${place.replace('mlflow-artifacts:/', '')}/${path}`.split('/').map(encodeURIComponent).join('/');
    const answer = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${target}`, { method: 'PUT', body: text });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  }
  await send('POST', `${api}/runs/outputs`, { run_id: run.runId, models: [{ model_id: id, step: 0 }] });
  if (ready) await send('PATCH', `${api}/logged-models/${id}`, { model_id: id, status: 'LOGGED_MODEL_READY' });
  return { uri: `models:/${id}`, files };
}
