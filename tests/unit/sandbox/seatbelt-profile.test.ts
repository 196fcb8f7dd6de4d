import { describe, expect, it } from 'vitest';
import { seatbeltArguments } from '../../../kernel/sandbox/seatbelt-profile.ts';

const paths = { workspace: '/Users/me/project', temporary: '/private/tmp/one', readOnly: ['/opt/python'] };

describe('the profile for macOS', () => {
  const [, profile = '', ...parameters] = seatbeltArguments(paths);
  const lines = profile.split('\n');

  it('refuses everything first, and allows no network and no service of the system', () => {
    expect(lines.slice(0, 2)).toEqual(['(version 1)', '(deny default)']);
    expect(profile).not.toMatch(/network|mach|apple-?event|iokit|no-sandbox/);
  });

  it('lets programs write in the workspace and the temporary folder only', () => {
    const writes = lines.filter((line) => line.startsWith('(allow') && line.includes('file-write'));
    expect(writes).toEqual([
      '(allow file-read* file-write* (subpath (param "WORKSPACE")) (subpath (param "TEMPORARY")))',
      '(allow file-write-data (literal "/dev/null") (literal "/dev/zero"))',
    ]);
    expect(profile).toContain('(deny file-write-setugid)');
  });

  it('reads nothing of a home folder but what is named', () => {
    const read = lines.filter((line) => line.startsWith('(allow file-read*')).join('\n');
    expect(read).not.toMatch(/"\/(Users|private\/var|Volumes|private\/tmp|private)"/);
    expect(read).toContain('(subpath (param "READ_0"))');
    expect(parameters).toEqual([
      ...['-D', 'WORKSPACE=/Users/me/project'],
      ...['-D', 'TEMPORARY=/private/tmp/one'],
      ...['-D', 'READ_0=/opt/python'],
    ]);
  });

  it('takes no part of a path for policy', () => {
    const hostile = '/tmp/")) (allow network*) (allow default) ((';
    const given = seatbeltArguments({ ...paths, workspace: hostile, readOnly: [hostile] });
    expect(given[1]).toBe(profile);
    expect(given).toContain(`WORKSPACE=${hostile}`);
  });
});
