/** A process of a trace that is busy for a long time does not keep the player from ending. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Stage } from '../../../src/kernel/stage.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'ksm-busy-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** As puppet.c: connects, says "TICKET PID", and then never answers, nor does it end when it is told to. */
const BUSY = `#!${process.execPath}
const [, , , path, ticket] = process.argv;
const socket = require('net').connect(path, () => socket.write(ticket + ' ' + process.pid + '\\n'));
socket.on('end', () => {});
socket.on('error', () => {});
socket.resume();
setInterval(() => {}, 1000);
`;

test('it is ended in the middle of what it does', async () => {
  const program = join(folder, 'busy.cjs');
  fs.writeFileSync(program, BUSY, { mode: 0o755 });
  const controller = new AbortController();
  const stage = await Stage.open(program, controller.signal);
  const puppet = await stage.start();
  try {
    const answer = puppet.ask('digest 0 262144');
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toMatchObject({ code: 'EIO', message: expect.stringContaining('has died') });
    await stage.close();
  } finally {
    puppet.kill();
  }
});
