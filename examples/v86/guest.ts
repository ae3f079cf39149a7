/**
 * One guest: a PC in v86 that boots a kernel, its memory as it lies in the emulator, and what it says on its serial console.
 *
 * v86 runs in this thread, a few milliseconds at a time: whoever else has the thread finds the guest's memory at rest. v86 keeps no record
 * of which pages were written.
 */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Parts } from './parts.ts';

/** Of a guest. The kernel wants its archive at 64 MiB. */
export const MIB = 96;

/** What is used of v86. Its own types leave the memory out. */
interface Emulator {
  readonly v86: { readonly cpu: { readonly mem8: Uint8Array } };
  add_listener(event: 'serial0-output-byte', listener: (byte: number) => void): void;
  add_listener(event: 'emulator-started', listener: () => void): void;
  stop(): Promise<void>;
  destroy(): Promise<void>;
}

interface Module {
  readonly V86: new (options: object) => Emulator;
}

export class Guest {
  /** All that it has said. */
  console = '';
  readonly #emulator: Emulator;

  private constructor(emulator: Emulator) {
    this.#emulator = emulator;
    emulator.add_listener('serial0-output-byte', (byte) => {
      this.console += String.fromCharCode(byte);
    });
  }

  /** Switches a guest on. `more` is added to its kernel's command line. */
  static async start(parts: Parts, number: number, more: string): Promise<Guest> {
    const { V86 }: Module = await import(pathToFileURL(resolve(parts.emulator, 'build/libv86.mjs')).href);
    const file = (bytes: Uint8Array): { buffer: ArrayBuffer } => ({ buffer: Uint8Array.from(bytes).buffer });
    const emulator = new V86({
      wasm_path: join(parts.emulator, 'build/v86.wasm'),
      memory_size: MIB * 2 ** 20,
      bios: file(parts.bios),
      vga_bios: file(parts.videoBios),
      bzimage: file(parts.kernel),
      initrd: file(parts.initramfs),
      cmdline: `console=ttyS0 guest=${number} mitigations=off cryptomgr.notests ${more}`,
      disable_speaker: true,
      autostart: true,
    });
    const guest = new Guest(emulator);
    await new Promise<void>((started) => emulator.add_listener('emulator-started', started));
    return guest;
  }

  /** Its physical memory: a view of the emulator's own, no copy. To be asked for anew each time, since the emulator's memory may grow. */
  get ram(): Uint8Array {
    return this.#emulator.v86.cpu.mem8;
  }

  /** Resolves when it stands still. */
  stop(): Promise<void> {
    return this.#emulator.stop();
  }

  /** Switches it off. */
  destroy(): Promise<void> {
    return this.#emulator.destroy();
  }
}
