/** The workspace's files, as one who types a path wants them: hidden ones and links are not told of. */
export interface WorkspaceFiles {
  /** Those whose path begins so; a folder's ends in `/`. A bounded number. */
  beginning(path: string): Promise<readonly string[]>;
  /** A file's size and first lines; `undefined` where there is no such one. */
  glance(path: string): Promise<string | undefined>;
}
