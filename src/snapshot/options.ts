/** Options of the calls of this folder, as they come from programs that no compiler has checked. */
import { KsmError } from '../errors.ts';

type Kind = 'boolean' | 'object' | 'string' | 'number' | 'bigint';

/**
 * What `given` itself has of the options in `kinds`, nothing from its prototype. EINVAL names one that does not exist, or is not of
 * the kinds that it may have.
 */
export function expectOptions<Options extends object>(
  given: Options,
  call: string,
  kinds: Record<keyof Options, readonly Kind[]>,
): Options {
  const wrong = (why: string): KsmError => new KsmError('EINVAL', `${call}: ${why}.`);
  if (typeof given !== 'object' || given === null) throw wrong(`the options are ${String(given)}; expected an object`);
  const options = Object.create(null) as Options;
  for (const name of Object.keys(given) as (keyof Options & string)[]) {
    const value = given[name];
    if (!Object.hasOwn(kinds, name)) {
      throw wrong(`there is no option "${name}"; expected ${Object.keys(kinds).join(' or ')}`);
    }
    if (value === undefined) continue;
    if (value === null || !kinds[name].includes(typeof value as Kind)) {
      throw wrong(
        `option "${name}" is ${value === null ? 'null' : `a ${typeof value}`}; expected a ${kinds[name].join(' or ')}`,
      );
    }
    options[name] = value;
  }
  return options;
}
