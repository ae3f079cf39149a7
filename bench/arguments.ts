/** Values of options of the benches. */

/** Throws an Error that names the option and says what was expected. */
export function wholeNumber(name: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${name} is "${value}"; expected a whole number from ${min} to ${max}`);
}
