import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pairs } from '../../../server/cli/commands/install.ts';
import { kernelsDirectory } from '../../../server/cli/kernelspec/directories.ts';
import { installSpec, uninstallSpec } from '../../../server/cli/kernelspec/spec.ts';
import { environment, temporaryDirectory, writeScript } from './temporary.ts';

const readSpec = (directory: string): unknown =>
  JSON.parse(readFileSync(join(directory, 'kernel.json'), 'utf8'));

describe('the kernelspec', () => {
  it('starts this Node with the kernel’s program, and has logos', async () => {
    const kernels = join(temporaryDirectory(), 'share', 'kernels');
    const directory = await installSpec(kernels, { name: 'replique' });
    expect(readSpec(directory)).toEqual({
      argv: [
        process.execPath,
        '--max-semi-space-size=1',
        '--initial-old-space-size=32',
        expect.stringMatching(/^\/.*dist\/kernel\.js$/),
        '-f',
        '{connection_file}',
      ],
      display_name: 'Replique',
      language: 'replique',
      interrupt_mode: 'message',
      metadata: { debugger: false },
    });
    expect(readdirSync(directory).sort()).toEqual([
      'kernel.json',
      'logo-32x32.png',
      'logo-64x64.png',
      'logo-svg.svg',
    ]);
    for (const size of [32, 64]) {
      const png = readFileSync(join(directory, `logo-${size}x${size}.png`));
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
    }
  });

  it('is replaced whole, with the wanted name and variables', async () => {
    const kernels = temporaryDirectory();
    const first = await installSpec(kernels, { name: 'replique' });
    writeFileSync(join(first, 'stale'), '');
    const env = { REPLIQUE_PROVIDER: 'mock' };
    await installSpec(kernels, { name: 'replique', displayName: 'Other', env });
    expect(readSpec(first)).toMatchObject({ display_name: 'Other', env });
    expect(existsSync(join(first, 'stale'))).toBe(false);
    expect(readdirSync(kernels)).toEqual(['replique']);
  });

  it('is removed, but never that of another kernel', async () => {
    const kernels = temporaryDirectory();
    const directory = await installSpec(kernels, { name: 'mine' });
    expect(await uninstallSpec(kernels, 'mine')).toBe(directory);
    expect(await uninstallSpec(kernels, 'mine')).toBeUndefined();
    for (const content of ['{"language": "python"}', 'broken']) {
      mkdirSync(join(kernels, 'python3'), { recursive: true });
      writeFileSync(join(kernels, 'python3', 'kernel.json'), content);
      await expect(uninstallSpec(kernels, 'python3')).rejects.toMatchObject({ code: 'KERNELSPEC_INVALID' });
      await expect(installSpec(kernels, { name: 'python3' })).rejects.toThrow('another kernel');
    }
    expect(existsSync(join(kernels, 'python3', 'kernel.json'))).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')('that can’t be removed is said, with the place', async () => {
    const directory = await installSpec(temporaryDirectory(), { name: 'mine' });
    const descriptor = openSync(directory, 'r'); // what the system shows of it can't be removed, not even by root
    const refused = uninstallSpec('/proc/self/fd', String(descriptor));
    await expect(refused).rejects.toMatchObject({ code: 'NOT_REMOVABLE' });
    await expect(refused).rejects.toThrow(`/proc/self/fd/${descriptor} can't be removed: `);
    closeSync(descriptor);
    expect(readdirSync(directory)).toContain('kernel.json');
  });

  it('that can’t be read is not called another kernel’s', async () => {
    const kernels = temporaryDirectory();
    mkdirSync(join(kernels, 'mine'));
    symlinkSync('kernel.json', join(kernels, 'mine', 'kernel.json')); // a link to itself
    await expect(uninstallSpec(kernels, 'mine')).rejects.toThrow("kernel.json can't be read: ELOOP");
    await expect(installSpec(kernels, { name: 'mine' })).rejects.toThrow("can't be read");
  });

  it.each(['', '../up', 'a b', '.hidden', 'x'.repeat(101)])(
    'is not installed under the name %j',
    async (name) => {
      await expect(installSpec(temporaryDirectory(), { name })).rejects.toMatchObject({
        code: 'KERNELSPEC_INVALID',
      });
    },
  );

  it.each(['', ' ', 'two\nlines', '\u001b[31mred', 'x'.repeat(201)])(
    'is not installed with %j as the name that is shown',
    async (displayName) => {
      const kernels = temporaryDirectory();
      const refused = installSpec(kernels, { name: 'replique', displayName });
      await expect(refused).rejects.toMatchObject({
        code: 'KERNELSPEC_INVALID',
        remedy: expect.stringContaining('--display-name') as string,
      });
      expect(readdirSync(kernels)).toEqual([]);
    },
  );

  it('says where it can’t be written, and leaves nothing', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const refused = installSpec(join(file, 'kernels'), { name: 'replique' });
    await expect(refused).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
  });

  it('that can’t be made below /proc is refused, not tried for ever', async () => {
    const refused = installSpec('/proc/none/kernels', { name: 'replique' });
    await expect(refused).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
  });
});

describe('the place of a kernelspec', () => {
  it('is the user’s, as Jupyter finds it, unless another is named', async () => {
    environment({ JUPYTER_DATA_DIR: '/jupyter', XDG_DATA_HOME: '/xdg', HOME: '/home/someone' });
    expect(await kernelsDirectory({})).toBe('/jupyter/kernels');
    environment({ JUPYTER_DATA_DIR: '' });
    if (process.platform === 'linux') {
      expect(await kernelsDirectory({})).toBe('/xdg/jupyter/kernels');
      environment({ XDG_DATA_HOME: undefined });
      expect(await kernelsDirectory({})).toBe('/home/someone/.local/share/jupyter/kernels');
    }
    expect(await kernelsDirectory({ prefix: '/opt/x' })).toBe('/opt/x/share/jupyter/kernels');
    expect(await kernelsDirectory({ prefix: 'here' })).toBe(resolve('here/share/jupyter/kernels'));
  });

  it.each([
    [{ user: true, prefix: '/opt/x' }, '--user and --prefix'],
    [{ user: true, sysPrefix: true }, '--user and --sys-prefix'],
    [{ sysPrefix: true, prefix: '' }, '--sys-prefix and --prefix'],
    [{ prefix: '' }, 'no directory'],
  ])('is one: %j is refused', async (place, problem) => {
    await expect(kernelsDirectory(place)).rejects.toThrow(problem);
  });

  it('is that of the Python on the PATH', async () => {
    const path = temporaryDirectory();
    writeScript(path, 'python3', 'echo /a/prefix');
    environment({ PATH: path });
    expect(await kernelsDirectory({ sysPrefix: true })).toBe('/a/prefix/share/jupyter/kernels');
    writeScript(path, 'python3', 'exit 1');
    await expect(kernelsDirectory({ sysPrefix: true })).rejects.toMatchObject({ code: 'PYTHON_MISSING' });
  });
});

describe('--env', () => {
  it('takes KEY VALUE and KEY=VALUE', () => {
    expect(pairs(['A', '1', 'B=x=y', 'C', ''])).toEqual({ A: '1', B: 'x=y', C: '' });
    for (const words of [['A'], ['1A', 'x'], ['A', '1', '=x']]) expect(() => pairs(words)).toThrow('--env');
  });
});
