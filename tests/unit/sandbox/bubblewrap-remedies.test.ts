import { describe, expect, it } from 'vitest';
import { explainFailure } from '../../../kernel/sandbox/bubblewrap-remedies.ts';

describe('why a sandbox did not start', () => {
  it.each([
    ['bwrap: Unknown option --bind-fd', /too old/, /apt-get install bubblewrap/],
    [
      'bwrap: No permissions to create a new namespace, likely because the kernel does not allow non-privileged user namespaces.',
      /not allowed/,
      /sysctl/,
    ],
    ['bwrap: setting up uid map: Permission denied', /restricted/, /apparmor/],
    ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', /restricted/, /apparmor/],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", /\/proc/, /docker/],
    ['bwrap: execvp /opt/python: Permission denied', /Python can’t be run/, /REPLIQUE_PYTHON/],
    [
      "idmap: the workspace can't be mounted for an unprivileged user (idmapped mount): Invalid argument (mount_setattr)",
      /unprivileged user/,
      /idmapped mounts/,
    ],
    [
      'idmap: a private mount namespace: Operation not permitted (unshare)',
      /root could not be given up/,
      /docker/,
    ],
    ['something else', /ended before it was ready \(something else\)/, /doctor/],
  ])('%s', (stderr, missing, remedy) => {
    const error = explainFailure(stderr, new Error('exit'), false);
    expect(error.code).toBe('SANDBOX_UNAVAILABLE');
    expect(error.message).toMatch(missing);
    expect(error.remedy).toMatch(remedy);
  });

  it('names the container’s options in a container', () => {
    for (const stderr of ['bwrap: Creating new namespace failed', 'bwrap: setting up uid map: denied']) {
      expect(explainFailure(stderr, undefined, true).remedy).toContain('docker run');
    }
  });

  it('quotes the cause where nothing was said, and no more than the end of what was', () => {
    expect(explainFailure('', new Error('spawn EAGAIN')).message).toContain('spawn EAGAIN');
    expect(explainFailure('', undefined).message).toContain('nothing was said');
    expect(explainFailure('x'.repeat(10_000), undefined).message.length).toBeLessThan(800);
  });
});
