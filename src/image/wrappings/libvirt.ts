/** What `virsh save` and `virsh managedsave` write: a header, the machine as XML, and then a stream of QEMU, which may be packed. */
import { damaged, Fields, refused, startsWith } from '../bytes/fields.ts';
import { Slice } from '../bytes/slice.ts';
import type { Wrapping } from '../wrapping.ts';

const SAVED = 'LibvirtQemudSave';
/** Written while it is being saved, and left so where that was broken off. */
const UNFINISHED = 'LibvirtQemudPart';
const HEADER_BYTES = 92;
const VERSION = 2;
const LZOP = 4;

export const libvirt: Wrapping = {
  name: 'libvirt',
  title: 'libvirt save',
  holds: ['qemu'],
  matches: (head) => startsWith(head, SAVED) || startsWith(head, UNFINISHED),
  unwrap: async (bytes) => {
    let fields = new Fields(bytes);
    if (startsWith(fields.slice(0, UNFINISHED.length), UNFINISHED)) {
      throw refused(bytes, 'is an unfinished save of libvirt', 'save the machine again');
    }
    if (fields.u32(16) !== VERSION) fields = new Fields(bytes, 'big');
    if (fields.u32(16) !== VERSION) throw damaged(bytes, `its header is not of version ${VERSION}`);
    const start = HEADER_BYTES + fields.u32(20);
    if (start >= bytes.size) throw damaged(bytes, `what was saved should begin at byte ${start}`);
    if (fields.u32(28) === LZOP) {
      throw refused(
        bytes,
        'is a save of libvirt packed by lzop',
        'set save_image_format in qemu.conf to "zstd" or "raw", and save again',
      );
    }
    // Other kinds of packing are known by how they begin.
    return new Slice(bytes, start, bytes.size - start);
  },
};
