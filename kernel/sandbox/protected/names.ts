/**
 * Files that other programs obey or run merely because somebody opens, enters or commits in the folder that holds them:
 * what a helper leaves there would run outside of the sandbox. Programs that a person starts by name are not among them.
 */

/** Directories whose whole contents count. */
const directories = new Set([
  ...['.git', '.husky', '.githooks', '.github', '.circleci'],
  ...['.vscode', '.idea', '.fleet', '.zed', '.nova', '.vim', '.nvim', '.devcontainer', '.direnv'],
  ...['.claude', '.cursor', '.codex', '.gemini', '.windsurf', '.continue'],
  ...['.jupyter', '.ipython', '.config', '.ssh', '.local'],
]);

const files = new Set([
  ...['.bashrc', '.bash_profile', '.bash_login', '.bash_logout', '.bash_aliases', '.profile', '.inputrc'],
  ...['.zshrc', '.zshenv', '.zprofile', '.zlogin', '.zlogout', '.kshrc', '.cshrc', '.tcshrc', '.login'],
  ...['.envrc', '.env', '.mise.toml', 'mise.toml', '.tool-versions', '.autoenv'],
  ...[
    '.exrc',
    '.vimrc',
    '.nvimrc',
    '.gvimrc',
    '.lvimrc',
    '.nvim.lua',
    '.emacs',
    '.dir-locals.el',
    '.gdbinit',
  ],
  // Git takes any directory with a HEAD for a repository, and obeys the settings beside it.
  'head',
  ...['.rprofile', '.renviron', '.rdata', '.octaverc', '.ghci', '.irbrc', '.pryrc', '.iex.exs', '.lldbinit'],
  ...['.git', '.gitconfig', '.gitmodules', '.pre-commit-config.yaml', '.gitlab-ci.yml'],
  ...[
    '.npmrc',
    '.yarnrc',
    '.yarnrc.yml',
    '.pnpmfile.cjs',
    '.pypirc',
    'pip.conf',
    '.pdbrc',
    '.python-version',
    '.mcp.json',
  ],
]);

const patterns = [
  /\.ipynb$/i,
  /\.code-workspace$/i,
  /^jupyter_\w*config\.(py|json)$/,
  /^ipython_\w*config\.py$/,
];

/** Directories below `.git` that hold nothing that is run or obeyed: contents named by their own hash. */
const harmless = new Set(['objects', 'lfs']);

/** Whether a directory of this name is protected with all that it holds: `NAME.git` is how bare repositories are called. */
export function isProtectedDirectory(name: string): boolean {
  const plain = folded(name);
  return directories.has(plain) || plain.endsWith('.git');
}

/** Whether a file, or a link, of this name is protected. */
export function isProtectedFile(name: string): boolean {
  const plain = folded(name);
  return files.has(plain) || directories.has(plain) || patterns.some((pattern) => pattern.test(plain));
}

/**
 * One spelling for all that some filesystem takes for the same name: many don't tell capitals from small letters, and
 * those leave out characters that show as nothing, and have `ſ` for `s`, too.
 */
function folded(name: string): string {
  if (isAscii.test(name)) return name.toLowerCase();
  return name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase();
}

const isAscii = /^[ -~]*$/;

/**
 * Whether to look into a directory that lies within a protected one.
 * @param parent the name of the one around it; below `modules` git keeps a repository under each submodule's name
 */
export const isEntered = (name: string, parent: string): boolean =>
  !harmless.has(name) || parent === 'modules';
