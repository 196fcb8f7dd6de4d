import { spawn } from 'node:child_process';

/** Opens the page where there is a desktop to show it on; elsewhere the printed address is all there is. */
export function openBrowser(
  url: string,
  environment: NodeJS.ProcessEnv = process.env,
  terminal = process.stdout.isTTY,
): void {
  const desktop = process.platform === 'darwin' || environment['DISPLAY'] || environment['WAYLAND_DISPLAY'];
  if (!desktop || !terminal) return;
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined); // no browser is no failure: the address is printed
  child.unref();
}
