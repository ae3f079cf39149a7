/** Which scanner is ksmd's. */
import { LINUX_SCANNER } from '../../layout';
import { Scanner } from '../../records/scanner';

export function linuxScanner(): Scanner {
  return changetype<Scanner>(LINUX_SCANNER);
}
