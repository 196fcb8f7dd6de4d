import { expect, test } from 'vitest';
import { repliqueError } from '../../../kernel/errors.ts';
import { errorReply } from '../../../kernel/router/problem.ts';

test('an error with a code is told with it and its remedy', () => {
  const error = repliqueError('WORKER_FAILED', { problem: 'it is tired.' });
  const reply = errorReply(error);
  expect(reply).toMatchObject({ status: 'error', ename: error.code });
  expect(reply.evalue).toContain('it is tired.');
  expect(reply.traceback.join('\n')).toContain(error.remedy);
});

test('anything else that was thrown is told as it is', () => {
  expect(errorReply('a string')).toEqual({
    status: 'error',
    ename: 'InternalError',
    evalue: 'a string',
    traceback: ['a string'],
  });
});
