import type * as Os from 'node:os';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  configDir,
  dataDir,
  homeDir,
  jupyterConfigDir,
  jupyterDataDir,
  jupyterRuntimeDir,
  runtimeDir,
  temporaryDir,
  variableOf,
} from '../../kernel/paths.ts';
import { environment } from './server/temporary.ts';

/** As in a container that runs as a number that no account has. */
const nobody = vi.hoisted(() => ({ isMe: false }));
vi.mock('node:os', async (load) => {
  const os = await load<typeof Os>();
  const userInfo = () => {
    if (nobody.isMe) throw new Error('uv_os_get_passwd returned ENOENT');
    return os.userInfo();
  };
  return { ...os, userInfo };
});

describe('the places of Replique', () => {
  it.each(['', 'relative', './here'])('do not depend on the working directory where HOME is %j', (HOME) => {
    environment({ HOME, XDG_DATA_HOME: '', XDG_CONFIG_HOME: 'relative' });
    const home = userInfo().homedir;
    expect(homeDir()).toBe(home);
    expect(dataDir()).toBe(join(home, '.local/share/replique'));
    expect(configDir()).toBe(join(home, '.config/replique'));
  });

  it('are asked for where no one knows the home', () => {
    environment({ HOME: 'relative', XDG_DATA_HOME: undefined });
    nobody.isMe = true;
    expect(() => dataDir()).toThrow('HOME is "relative", and the system has none for this user.');
    expect(variableOf('/anywhere')).toBeUndefined();
    nobody.isMe = false;
  });

  it('are below HOME, or where XDG’s variables say', () => {
    environment({ HOME: '/home/someone', XDG_DATA_HOME: undefined, XDG_CONFIG_HOME: '/xdg' });
    expect(dataDir()).toBe('/home/someone/.local/share/replique');
    expect(configDir()).toBe('/xdg/replique');
  });

  it.each(['here', `/${'long/'.repeat(15)}`])('are in /tmp where TMPDIR is %s', (TMPDIR) => {
    environment({ TMPDIR, XDG_RUNTIME_DIR: '' });
    expect(temporaryDir()).toBe('/tmp');
    expect(runtimeDir()).toMatch(/^\/tmp\/replique-\d+$/);
  });

  it('of sockets is below XDG_RUNTIME_DIR where there is one', () => {
    environment({ XDG_RUNTIME_DIR: '/run/user/1' });
    expect(runtimeDir()).toBe('/run/user/1/replique');
  });
});

it.each([
  [{}, ['/home/a/.local/share/jupyter', '/home/a/.jupyter', '/home/a/.local/share/jupyter/runtime']],
  [{ XDG_DATA_HOME: '/data' }, ['/data/jupyter', '/home/a/.jupyter', '/data/jupyter/runtime']],
  [{ JUPYTER_DATA_DIR: '/d', JUPYTER_CONFIG_DIR: '/c', JUPYTER_RUNTIME_DIR: '/r' }, ['/d', '/c', '/r']],
])('the places of Jupyter are its own: %j', (set, places) => {
  const none = { JUPYTER_DATA_DIR: '', JUPYTER_CONFIG_DIR: '', JUPYTER_RUNTIME_DIR: '', XDG_DATA_HOME: '' };
  environment({ HOME: '/home/a', ...none, ...set });
  expect([jupyterDataDir(), jupyterConfigDir(), jupyterRuntimeDir()]).toEqual(places);
});
