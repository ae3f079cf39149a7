/**
 * Cores: of machines, as QEMU, VirtualBox, makedumpfile and kdump write them, by physical address; and of processes, by virtual address.
 *
 * What a segment has in memory but not in the file was not dumped. It is left out, since nobody can tell what was there.
 */
import { KsmError } from '../../errors.ts';
import { count, plural } from '../../format.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { FileBytes } from '../bytes/file-bytes.ts';
import { type Data, dataOf } from '../bytes/holes.ts';
import type { ImageFormat, Missing, OpenOptions, PageSpace } from '../format.ts';
import { holesNote } from '../holes-note.ts';
import { pieced } from '../pieces.ts';
import { PAGE_BYTES } from '../source.ts';
import { broken, ET_CORE, isElf, PT_LOAD, readHeader, type Segment, segmentsOf } from './header.ts';
import { type Loaded, pagesWithin, pieceOf, reserved, stated, withData } from './loaded.ts';
import { isOfMachine, type Notes, notesOf } from './notes.ts';

export const elf: ImageFormat = {
  name: 'elf',
  title: 'ELF core',
  matches: isElf,
  open: async (bytes, options) => [await open(bytes, options)],
};

/** More program headers than these no system writes: Linux makes one for each mapping of a process. */
const MOST_SEGMENTS = 1 << 20;

async function open(bytes: ByteSource, { holes }: OpenOptions): Promise<PageSpace> {
  const header = readHeader(bytes);
  if (header.type !== ET_CORE) throw notACore(bytes, header.type);
  if (header.segments.count > MOST_SEGMENTS) throw broken(bytes, `${header.segments.count} segments are too many`);
  const segments = [...segmentsOf(bytes, header)];
  const loads = segments.filter(({ type }) => type === PT_LOAD);
  if (loads.length === 0) throw withoutSegments(bytes);
  const notes = notesOf(bytes, header, segments);
  const isPhysical = isOfMachine(notes) || loads.some(({ physical }) => physical !== 0n);
  const loaded = loads.map((segment) => loadedAt(segment, isPhysical, bytes.size));
  const data = !isPhysical && holes === 'absent' && bytes instanceof FileBytes ? await dataOf(bytes) : undefined;
  return spaceOf(bytes, loaded, notes, data);
}

/** Where a segment is in memory, and what of it is in the file. */
function loadedAt(
  { offset, virtual, physical, fileBytes, memoryBytes }: Segment,
  isPhysical: boolean,
  size: number,
): Loaded {
  const left = BigInt(size) - offset;
  const present = left <= 0n ? 0n : left < fileBytes ? left : fileBytes;
  return {
    address: isPhysical ? physical : virtual,
    offset: left <= 0n ? size : Number(offset),
    bytes: Number(present),
    stated: fileBytes,
    reserved: memoryBytes > fileBytes ? memoryBytes : fileBytes,
  };
}

function spaceOf(bytes: ByteSource, loaded: readonly Loaded[], notes: Notes, data: Data | undefined): PageSpace {
  const inFile = loaded.map(pieceOf);
  const pieces = data === undefined ? inFile : withData(inFile, data.extents);
  const there = pagesWithin(pieces.map(({ address, bytes: length }) => ({ address, bytes: BigInt(length) })));
  const inFilePages = pagesWithin(inFile.map(({ address, bytes: length }) => ({ address, bytes: BigInt(length) })));
  const statedPages = pagesWithin(loaded.map(stated));
  const missing: Missing[] = [
    { reason: 'hole', pages: inFilePages - there },
    { reason: 'truncated', pages: statedPages - inFilePages },
    { reason: 'not dumped', pages: pagesWithin(loaded.map(reserved)) - statedPages },
  ];
  if (inFilePages === 0) {
    throw new KsmError(
      'EFORMAT',
      `${bytes.name} is an ELF core without memory: nothing of its ${plural(loaded.length, 'segment')} is in the file`,
    );
  }
  const lost = loaded.reduce((total, one) => total + one.stated - BigInt(one.bytes), 0n);
  const said = [...sentences(missing, inFilePages, lost, notes, data)];
  return pieced(bytes, pieces, { missing: missing.filter(({ pages }) => pages > 0), notes: said });
}

function* sentences(
  missing: readonly Missing[],
  inFile: number,
  lost: bigint,
  notes: Notes,
  data: Data | undefined,
): Generator<string> {
  const pagesOf = (reason: Missing['reason']): number => missing.find((one) => one.reason === reason)?.pages ?? 0;
  const [holes, truncated, left] = [pagesOf('hole'), pagesOf('truncated'), pagesOf('not dumped')];
  if (lost > 0n) {
    const rest = lost - BigInt(truncated) * BigInt(PAGE_BYTES);
    const bytes = rest > 0n ? ` and ${count(Number(rest))} bytes` : '';
    yield `The file is truncated: ${plural(truncated, 'page')}${bytes} of the memory that it states are missing.`;
  }
  if (holes > 0) yield holesNote(holes, inFile, data?.isExact ?? true);
  if (left > 0 && notes.has('VMCOREINFO')) {
    yield `${plural(left, 'page')} of the machine are not in the dump (VMCOREINFO: makedumpfile leaves out pages of zeros with -d 1, and ` +
      'those of programs, which KSM merges, with -d 31): not counted.';
  } else if (left > 0) {
    yield `${plural(left, 'page')} of its segments are not in the dump (never touched, of files, or left out on purpose): not counted.`;
  }
}

const KINDS = ['a file of no type', 'an object file', 'an executable', 'a shared library or executable'];

function notACore(bytes: ByteSource, type: number): KsmError {
  const kind = KINDS[type] ?? `an ELF file of type ${type}`;
  return new KsmError(
    'EFORMAT',
    `${bytes.name} is ${kind}, not a core, so it is no image of memory: give a core, or read its bytes as pages with --format raw`,
  );
}

function withoutSegments(bytes: ByteSource): KsmError {
  return new KsmError(
    'EFORMAT',
    `${bytes.name} is an ELF core without segments of memory, as Xen writes them (xl dump-core keeps pages in .xen_pages), which ksm ` +
      'does not read: take the image from inside the guest, with LiME or AVML for example',
  );
}
