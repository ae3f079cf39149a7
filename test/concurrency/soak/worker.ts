/**
 * A thread of the soak: a guest, or the scanner. It joins the host at once, and waits for the word to begin: so it can
 * stand by until another one has died.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { layout } from '../../../src/engine/index.ts';
import { attachHost, type Host } from '../../../src/index.ts';
import { Dice } from '../../support/dice.ts';
import { viewOf } from '../../support/inside.ts';
import { BOARD, COMMAND, type Notice, ORDERS, type Task, TURN } from './board.ts';
import { Book } from './book.ts';
import { Guest } from './guest.ts';

/** Pages of the longest batch. */
const BATCH = 1500;
/** Batches of the scanner between two looks at the counters. */
const LOOK = 16;

function post(notice: Notice): void {
  parentPort?.postMessage(notice);
}

/** Carried out: waits for another order. */
function carriedOut(board: Int32Array, order: number): void {
  post({ done: order });
  Atomics.wait(board, BOARD.order, order);
}

function beGuest(host: Host, task: Task, board: Int32Array): void {
  const guest = new Guest(host, task, new Book(task.book));
  for (;;) {
    const order = Atomics.load(board, BOARD.order);
    const command = order % ORDERS;
    if (command === COMMAND.end) break;
    if (command === COMMAND.work) {
      guest.run(TURN);
      Atomics.add(board, BOARD.turns, 1);
    } else {
      if (command === COMMAND.compare) guest.compareAll();
      carriedOut(board, order);
    }
  }
  guest.end();
}

/** Scans flat out. Whether zero pages are used changes now and then. */
function beScanner(host: Host, task: Task, board: Int32Array): void {
  const dice = new Dice(task.seed);
  for (let batch = 0; ; batch++) {
    const order = Atomics.load(board, BOARD.order);
    const command = order % ORDERS;
    if (command === COMMAND.end) return;
    if (command !== COMMAND.work) {
      carriedOut(board, order);
      continue;
    }
    Atomics.add(board, BOARD.turns, 1);
    host.ksm.scan(1 + dice.below(BATCH));
    if (batch % LOOK !== 0) continue;
    const sharing = viewOf(host).u32(layout.H_PAGES_SHARING);
    if (sharing > Atomics.load(board, BOARD.sharing)) Atomics.store(board, BOARD.sharing, sharing);
    if (dice.below(64) === 0) host.ksm.settings.use_zero_pages = dice.below(2) === 0;
  }
}

const task = workerData as Task;
const host = attachHost(task.shared);
const board = new Int32Array(task.board);
post({ joined: host.worker });
Atomics.wait(board, BOARD.order, COMMAND.wait);
if (task.role === 'guest') beGuest(host, task, board);
else beScanner(host, task, board);
host.leave();
