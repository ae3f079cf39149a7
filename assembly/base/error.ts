/** How a call says that it has failed: by -errno in place of its result (Linux: ERR_PTR). No frame and no address is as high. */
import { ERRORS_ABOVE } from '../layout';

/** Is `result` the errno of a failure? */
export function isError(result: usize): bool {
  return result > ERRORS_ABOVE;
}
