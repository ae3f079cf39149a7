/**
 * npm run v86: two Linux guests boot in the emulator v86, and their memories are watched meanwhile: what would KSM save on them?
 *
 * The engine gets names of pages (watch.ts); the guests' memory stays where it is. At the end everything is counted once more from the
 * bytes (recount.ts), and a picture is drawn.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../bench/arguments.ts';
import { Lacking } from '../../bench/guests/debian.ts';
import { Guest, MIB } from './guest.ts';
import { partsIn } from './parts.ts';
import { type Mark, pictureOf, type Sample } from './picture.ts';
import { differences } from './recount.ts';
import { type Costs, type Counts, savedOf, Watch } from './watch.ts';

const USAGE = `usage: npm run v86 [-- [--seconds N] [--append WORDS]]

  --seconds N      end so many seconds after both kernels have begun, if the guests are not done before; default: when they are done
  --append WORDS   added to the command lines of both kernels; default nokaslr: no addresses drawn at random

Needs apt-get, dpkg-deb and npm. Everything goes to build/v86, and nothing is installed.`;

const FOLDER = 'build/v86';
const GUESTS = 2;
/** Between two looks. */
const PAUSE_MS = 2000;
/** Seconds after which guests count as hanging. */
const PATIENCE = 600;
const LACKING = 2;
const WRONG = 1;

/** What a guest says when it has come so far, and what the picture calls that. The last is the end. */
const STAGES: readonly (readonly [said: RegExp, name: string])[] = [
  [/Linux version/, 'their kernel'],
  [/guest: up/, 'their first process'],
  [/guest: same data/, 'data that both have'],
  [/guest: own data/, 'data of their own'],
  [/guest: changed/, 'a file that one has changed'],
  [/guest: done/, 'files that are gone'],
];

interface Command {
  /** Undefined: until the guests are done. */
  readonly seconds: number | undefined;
  readonly append: string;
}

/** What the arguments ask for; throws an Error that says what is wrong. */
function parse(args: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string' }, append: { type: 'string', default: 'nokaslr' } },
  });
  const { seconds, append } = values;
  return { seconds: seconds === undefined ? undefined : wholeNumber('--seconds', seconds, 1, PATIENCE), append };
}

/** What came of a run. */
interface Watching {
  readonly samples: Sample[];
  readonly marks: Mark[];
}

async function run(command: Command): Promise<void> {
  const parts = partsIn(FOLDER);
  const guests: Guest[] = [];
  const start = performance.now();
  for (let number = 1; number <= GUESTS; number++) guests.push(await Guest.start(parts, number, command.append));
  const rams = (): Uint8Array[] => guests.map(({ ram }) => ram);
  const watch = await Watch.over(rams());
  console.log(`${GUESTS} guests of ${MIB} MiB have been switched on. Pages:\n`);
  console.log('  time   present    shared   sharing      zero       saved   reached by both');
  const watching = await watchUntil(command, guests, watch, start);
  for (const guest of guests) await guest.stop();
  const took = performance.now() - start;
  const counts = watch.settle(rams());
  tell(watching, counts, took / 1000, 'and at rest, scanned to the end');
  console.log(`\n${costsOf(watch.costs, took)}`);
  const maps = watch.map();
  const wrong = differences(counts, maps, rams());
  const file = draw(command, maps, watching, counts);
  console.log(`The picture is ${file}.`);
  for (const [index, guest] of guests.entries()) {
    writeFileSync(join(FOLDER, `guest-${index + 1}.log`), guest.console);
    await guest.destroy();
  }
  judge(wrong);
}

/** Looks every two seconds until the guests are done, or the time is over, which begins when both kernels have. */
async function watchUntil(command: Command, guests: readonly Guest[], watch: Watch, start: number): Promise<Watching> {
  const watching: Watching = { samples: [], marks: [] };
  const { marks } = watching;
  const since = (): number => (performance.now() - start) / 1000;
  const isOver = (): boolean =>
    marks[0] !== undefined && since() >= marks[0].seconds + (command.seconds ?? Number.POSITIVE_INFINITY);
  while (marks.length < STAGES.length && !isOver()) {
    if (since() > PATIENCE) throw new Error(`the guests were not done after ${PATIENCE} s.\n${endOf(guests)}`);
    await sleep(PAUSE_MS);
    const seconds = since();
    const [said, name] = STAGES[marks.length] as (typeof STAGES)[number];
    if (guests.every(({ console }) => said.test(console))) marks.push({ name, seconds });
    tell(watching, watch.look(guests.map(({ ram }) => ram)), seconds);
  }
  return watching;
}

/** Notes a look, and prints it. */
function tell({ samples, marks }: Watching, counts: Counts, seconds: number, stage = marks.at(-1)?.name ?? ''): void {
  const saved = savedOf(counts);
  samples.push({ seconds, saved, zero: counts.zero });
  const columns = [counts.present, counts.shared, counts.sharing, counts.zero].map((count) =>
    written(count).padStart(10),
  );
  const mib = `${(saved / 256).toFixed(1)} MiB`.padStart(12);
  console.log(`${seconds.toFixed(0).padStart(4)} s${columns.join('')}${mib}   ${stage}`.trimEnd());
}

const written = (count: number): string => Math.round(count).toLocaleString('en-US');

/** What the looks cost. */
function costsOf({ looks, bytes, hashing, changed, naming, scanning }: Costs, took: number): string {
  const each = (milliseconds: number): string => `${(milliseconds / looks).toFixed(1)} ms`;
  const share = ((100 * (hashing + naming + scanning)) / took).toFixed(1);
  return [
    `A look takes ${each(hashing)} to hash ${written(bytes / looks / 2 ** 20)} MiB (${(bytes / hashing / 1e6).toFixed(2)} GB/s),`,
    `${each(naming)} to compare and name ${written(changed / looks)} pages that have changed, and ${each(scanning)} for ksmd:`,
    `${looks} looks took ${share} % of the time.`,
  ].join('\n');
}

/** Draws what was seen. Returns the file. */
function draw({ append }: Command, maps: readonly Uint8Array[], { samples, marks }: Watching, counts: Counts): string {
  const file = join(FOLDER, 'v86.svg');
  const [saved, present] = [savedOf(counts) / 256, counts.present / 256];
  const title = `Two Linux guests in v86: KSM would save ${saved.toFixed(1)} of ${present.toFixed(1)} MiB`;
  const subtitle = `${MIB} MiB each, a kernel of Debian for i386 and busybox; kernel parameters: ${append || 'none'}`;
  writeFileSync(file, pictureOf({ title, subtitle, samples, marks, maps }));
  return file;
}

/** The verdict. */
function judge(wrong: readonly string[]): void {
  if (wrong.length > 0)
    throw new Error(`the engine's counters are not what the guests' bytes say: ${wrong.join('; ')}`);
  console.log("The engine's counters are what a count of the guests' pages by their SHA-1 gives.");
}

function endOf(guests: readonly Guest[]): string {
  return guests.map(({ console }, index) => `Guest ${index + 1} said at last:\n${console.slice(-1000)}`).join('\n');
}

let command: Command | undefined;
try {
  command = parse(process.argv.slice(2));
} catch (error) {
  console.error(`v86: ${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = WRONG;
}
try {
  if (command !== undefined) await run(command);
} catch (error) {
  console.error(`v86: ${(error as Error).message}`);
  process.exit(error instanceof Lacking ? LACKING : WRONG); // guests that were not switched off would go on
}
