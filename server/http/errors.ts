import { RepliqueError } from '../../kernel/errors.ts';

/** What a request is refused with: its sentence is for the client. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  /** In the words of Jupyter's clients, where there is a name for it. */
  readonly reason: string | null;

  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    reason: string | null = null,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }
}

export interface ErrorBody {
  readonly message: string;
  readonly reason: string | null;
}

/** Status and body for anything thrown. What is not known is a bug: its text stays in the log. */
export function answerFor(error: unknown, requestId: string): { status: number; body: ErrorBody } {
  if (error instanceof HttpError) {
    return { status: error.status, body: { message: error.message, reason: error.reason } };
  }
  if (error instanceof RepliqueError) {
    return { status: 500, body: { message: `${error.message} ${error.remedy}`, reason: error.code } };
  }
  const status = statusOf(error);
  if (status !== undefined) {
    return { status, body: { message: (error as Error).message, reason: null } };
  }
  const message = `Something went wrong in the server. Its log says more, at request ${requestId}.`;
  return { status: 500, body: { message, reason: null } };
}

/** Of errors that Fastify makes for wrong requests. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
