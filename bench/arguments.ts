/** Arguments of the programs in bench/ that are no plain words. */

/** The number that an option's value is; throws an Error that names the option and what it expects. */
export function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${name} is "${value}"; expected a whole number from ${min} to ${max}`);
}
