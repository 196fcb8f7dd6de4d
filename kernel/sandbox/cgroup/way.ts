import type { ChildProcess } from 'node:child_process';
import type { GroupBounds } from './group.ts';

/** A way to start a sandbox in a cgroup of its own. */
export interface CgroupWay {
  /** Makes a group; undefined where that is not possible now. */
  prepare(bounds: GroupBounds): GroupStart | undefined;
}

/** A group that waits for its sandbox. */
export interface GroupStart {
  /** Puts before a command what enters the group and becomes the command. */
  enter(command: readonly string[]): readonly string[];
  /** What that needs of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Told when the command was started, and when nothing of it runs any more. */
  started(child: ChildProcess): void;
  ended(): void;
}
