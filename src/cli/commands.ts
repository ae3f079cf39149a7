/** All commands: the one table from which dispatch, help, completion and the manual are made. */
import { benchCommand } from './bench.ts';
import type { Command } from './command.ts';
import { completionCommand } from './completion.ts';
import { recordCommand } from './record.ts';
import { replayCommand } from './replay.ts';
import { scanCommand } from './scan.ts';

export const COMMANDS: readonly Command[] = [
  scanCommand,
  replayCommand,
  recordCommand,
  benchCommand,
  completionCommand(() => COMMANDS),
];
