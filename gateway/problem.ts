/** What the gateway answers when it does not do what was asked: application/problem+json (RFC 9457), never a stack. */

/** Kinds of problem and their status. The kind is part of the answer: clients branch on it. */
export const problemStatus = {
  'invalid-request': 400,
  'malformed-body': 400,
  stale: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'unknown-pipeline': 404,
  'method-not-allowed': 405,
  conflict: 409,
  refused: 409,
  replayed: 409,
  'too-large': 413,
  'unsupported-media-type': 415,
  misdirected: 421,
  unprocessable: 422,
  'too-many-requests': 429,
  'too-many-headers': 431,
  defect: 500,
  unavailable: 503,
} as const;
export type ProblemKind = keyof typeof problemStatus;

const titles: Record<ProblemKind, string> = {
  'invalid-request': 'The request does not fit',
  'malformed-body': 'The body cannot be read',
  stale: 'The delivery is too old or too new',
  unauthenticated: 'Who asks is not known',
  forbidden: 'Not allowed',
  'not-found': 'Not found',
  'unknown-pipeline': 'There is no such pipeline',
  'method-not-allowed': 'The method is not offered here',
  conflict: 'In conflict with an earlier request',
  refused: 'The loop refused',
  replayed: 'This delivery was accepted before',
  'too-large': 'The body is too large',
  'unsupported-media-type': 'The content type is not understood',
  misdirected: 'Not for this host',
  unprocessable: 'The content cannot be used',
  'too-many-requests': 'Too many requests',
  'too-many-headers': 'Too many headers',
  defect: 'A defect of the gateway',
  unavailable: 'Out of reach for now',
};

export interface ProblemMore {
  /** What the caller does next. */
  next?: string;
  /** Where in the request, and what is wrong there. */
  errors?: readonly { path: string; message: string }[];
  headers?: Record<string, string>;
  /** For the log only: never answered. */
  cause?: unknown;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly more: ProblemMore;
  constructor(kind: ProblemKind, detail: string, more: ProblemMore = {}) {
    super(detail, { cause: more.cause });
    this.kind = kind;
    this.more = more;
  }
  get status(): number {
    return problemStatus[this.kind];
  }
}

/** @param instance the request's id, as the audit log has it. */
export function problemResponse(problem: Problem, instance: string): Response {
  const { kind, status, message, more } = problem;
  const body = {
    type: `urn:ratchet:problem:${kind}`,
    title: titles[kind],
    status,
    detail: message,
    ...(more.next ? { next: more.next } : {}),
    ...(more.errors ? { errors: more.errors } : {}),
    instance: `urn:ratchet:request:${instance}`,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...more.headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  });
}
