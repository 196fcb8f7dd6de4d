import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Turns } from '../../../kernel/turns.ts';
import type { Access } from './access.ts';
import { LoginAttempts } from './attempts.ts';
import { parseCookies } from './cookies.ts';
import { visitOf } from './hook.ts';
import { loginPage, pagePolicy } from './login-page.ts';
import { isPassword } from './password.ts';
import { sameSecret } from './secrets.ts';

const mostFormBytes = 16 * 1024;

/** The login: a page, and what its form sends. The token is taken for the password, too. */
export function addLogin(app: FastifyInstance, access: Access, baseUrl: string): void {
  const attempts = new LoginAttempts();
  const turns = new Turns();
  app.get('/login', { config: { access: 'public' } }, (request, reply) =>
    show(request, reply, access, { status: 200, problem: undefined }),
  );
  app.get('/logout', { config: { access: 'public' } }, (request, reply) => {
    void reply.header('set-cookie', access.cookies.logout(request.host));
    return reply.redirect(`${baseUrl}login`, 302);
  });
  void app.register((scope, _options, done) => {
    const parser = { parseAs: 'string', bodyLimit: mostFormBytes } as const;
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      parser,
      (_request: FastifyRequest, body: string, next: (error: null, form: URLSearchParams) => void) =>
        next(null, new URLSearchParams(body)),
    );
    scope.post('/login', { config: { access: 'public' } }, async (request, reply) => {
      const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      access.gate.checkOrigin(visitOf(request));
      if (!isOurForm(request, form, access)) {
        return show(request, reply, access, { status: 403, problem: 'The page was too old. Try again.' });
      }
      // One after the other: who sends a hundred at once is counted, too.
      const leave = await turns.enter();
      try {
        const wait = attempts.waitSeconds(request.ip);
        if (wait > 0) {
          void reply.header('retry-after', String(wait));
          const problem = `Too many attempts. Try again in ${wait} s.`;
          return await show(request, reply, access, { status: 429, problem });
        }
        if (!(await isRight(form.get('password') ?? '', access))) {
          attempts.failed(request.ip);
          const problem = 'That is neither the password nor the token.';
          return await show(request, reply, access, { status: 401, problem });
        }
      } finally {
        leave();
      }
      void reply.header('set-cookie', access.cookies.login(request.host));
      return reply.redirect(safeNext(visitOf(request).query.get('next'), baseUrl), 302);
    });
    done();
  });
}

interface Shown {
  readonly status: number;
  readonly problem: string | undefined;
}

function show(
  request: FastifyRequest,
  reply: FastifyReply,
  { cookies, password }: Access,
  { status, problem }: Shown,
): FastifyReply {
  let xsrf = cookies.xsrfOf(parseCookies(request.headers.cookie));
  if (xsrf === undefined) {
    const made = cookies.newXsrf();
    xsrf = made.value;
    void reply.header('set-cookie', made.cookie);
  }
  const asked = password === undefined ? 'token' : 'password';
  return reply
    .code(status)
    .header('content-security-policy', pagePolicy)
    .type('text/html; charset=utf-8')
    .send(loginPage({ xsrf, problem, asked }));
}

/** A form that another site sends does not know the cookie. */
function isOurForm(request: FastifyRequest, form: URLSearchParams, { cookies }: Access): boolean {
  const wanted = cookies.xsrfOf(parseCookies(request.headers.cookie));
  const given = form.get('_xsrf') ?? request.headers['x-xsrftoken'];
  return wanted !== undefined && typeof given === 'string' && sameSecret(wanted, given);
}

async function isRight(given: string, { token, password }: Access): Promise<boolean> {
  if (token !== '' && sameSecret(given, token)) return true;
  return password !== undefined && (await isPassword(given, password));
}

/** Where to go after the login: nowhere but here. */
function safeNext(next: string | null, baseUrl: string): string {
  if (next === null || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next) || next.includes('\\')) return baseUrl;
  const url = new URL(next, 'http://here.invalid');
  const within = url.host === 'here.invalid' && url.pathname.startsWith(baseUrl);
  return within ? url.pathname + url.search : baseUrl;
}
