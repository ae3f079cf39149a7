/** Which scanner is this policy's. */
import { RANGE_SCANNER } from '../../layout';
import { Scanner } from '../../records/scanner';

export function rangeScanner(): Scanner {
  return changetype<Scanner>(RANGE_SCANNER);
}
