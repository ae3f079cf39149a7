/** Packages that are used if they are installed: none is needed for anything else, so none is installed with ksm. */
import { KsmError } from '../../errors.ts';
import type { ByteSource } from '../bytes/byte-source.ts';
import { systemCode } from '../failure.ts';

/** The package's module. Throws EINVAL, with what to do, where it is not installed. `command`: what unpacks such a file as well. */
export async function optional<T>(name: string, bytes: ByteSource, title: string, command: string): Promise<T> {
  try {
    return await import(name);
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new KsmError(
      'EINVAL',
      `${bytes.name} is packed by ${title}, which this Node.js cannot unpack: npm install ${name} (where ksm is installed), or unpack it ` +
        `first: ${command}`,
      { cause: error },
    );
  }
}
