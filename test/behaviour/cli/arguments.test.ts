/** The reading of command lines: what is accepted, what is refused, and whether the refusal helps. */
import { describe, expect, it } from 'vitest';
import {
  choice,
  has,
  many,
  type Option,
  parseArguments,
  single,
  size,
  wholeNumber,
} from '../../../src/cli/arguments.ts';
import { KsmError } from '../../../src/errors.ts';
import { nearest } from '../../../src/nearest.ts';

const OPTIONS: readonly Option[] = [
  { name: 'pid', value: 'PID', many: true, help: '' },
  { name: 'memory', value: 'SIZE', help: '' },
  { name: 'json', help: '' },
  { name: 'quiet', short: 'q', help: '' },
];

function parse(...words: string[]): ReturnType<typeof parseArguments> {
  return parseArguments('scan', OPTIONS, words);
}

/** The message of the usage error that `work` throws. */
function usage(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof KsmError && error.code === 'EUSAGE') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseArguments', () => {
  it('takes options and positionals in any order', () => {
    const given = parse('a.img', '--pid', '1', 'b.img', '--memory=1G', '--pid=2', '-q');
    expect(given.positionals).toEqual(['a.img', 'b.img']);
    expect(many(given, 'pid')).toEqual(['1', '2']);
    expect(single(given, 'memory')).toBe('1G');
    expect(has(given, 'quiet')).toBe(true);
    expect(has(given, 'json')).toBe(false);
    expect(single(given, 'json')).toBeUndefined();
  });

  it('takes everything after -- as positionals', () => {
    expect(parse('--json', '--', '--pid').positionals).toEqual(['--pid']);
  });

  it('keeps "=" in a value', () => {
    expect(many(parse('--pid', 'run=1'), 'pid')).toEqual(['run=1']);
    expect(many(parse('--pid=run=1'), 'pid')).toEqual(['run=1']);
  });

  it('suggests the nearest option', () => {
    expect(usage(() => parse('--memroy', '1G'))).toBe(
      '"--memroy" is not an option of "ksm scan". Do you mean --memory?',
    );
    expect(usage(() => parse('-x'))).toContain('"-x" is not an option');
    expect(usage(() => parse('--bandersnatch'))).toContain('"ksm scan --help" lists the options');
  });

  it('wants a value where there must be one, and none where there is none', () => {
    expect(usage(() => parse('--memory'))).toBe('--memory needs a value: --memory SIZE');
    expect(usage(() => parse('--memory', '--json'))).toContain('--memory needs a value');
    expect(usage(() => parse('--memory='))).toContain('--memory needs a value');
    expect(usage(() => parse('--json=yes'))).toBe('--json takes no value.');
  });

  it('takes an option twice only where that means something', () => {
    expect(usage(() => parse('--memory', '1G', '--memory', '2G'))).toBe('--memory is given twice.');
  });
});

describe('nearest', () => {
  it.each([
    ['scna', 'scan'],
    ['rpelay', 'replay'],
    ['Scan', 'scan'],
  ])('finds %s to be %s', (given, expected) => {
    expect(nearest(given, ['scan', 'replay'])).toBe(expected);
  });

  it('finds nothing in what is far away', () => {
    expect(nearest('bench', ['scan', 'replay'])).toBeUndefined();
    expect(nearest('', ['scan'])).toBeUndefined();
  });
});

describe('size', () => {
  it.each([
    ['1', 1],
    ['65536', 65_536],
    ['64K', 65_536],
    ['512M', 536_870_912],
    ['512m', 536_870_912],
    ['1.5G', 1_610_612_736],
    ['2GiB', 2_147_483_648],
    ['2GB', 2_147_483_648],
    ['0.5K', 512],
    ['4T', 4_398_046_511_104],
  ])('reads %s', (text, bytes) => {
    expect(size('memory', text)).toBe(bytes);
  });

  it.each(['', '0', '-1', '1.5.2G', 'G', '1X', '1e9', '0x10', '1 000', '١', 'NaN', '9999999T'])(
    'refuses "%s"',
    (text) => {
      expect(usage(() => size('memory', text))).toBe(
        `--memory ${text}: expected a size such as 512M, 1.5G or a number of bytes.`,
      );
    },
  );
});

describe('wholeNumber and choice', () => {
  it('reads numbers within their range', () => {
    expect(wholeNumber('passes', '1', 1)).toBe(1);
    expect(wholeNumber('passes', '0012', 1, 12)).toBe(12);
  });

  it.each(['0', '-1', '1.5', '', 'one', '1e3', '9007199254740993', '٣'])('refuses "%s"', (text) => {
    expect(usage(() => wholeNumber('passes', text, 1))).toBe(
      `--passes ${text}: expected a whole number of at least 1.`,
    );
  });

  it('names the upper end where there is one', () => {
    expect(usage(() => wholeNumber('n', '13', 1, 12))).toBe('--n 13: expected a whole number from 1 to 12.');
  });

  it('takes one of a few words', () => {
    expect(choice('index', 'hash', ['content', 'hash'])).toBe('hash');
    expect(usage(() => choice('index', 'Hash', ['content', 'hash']))).toBe('--index Hash: expected content or hash.');
  });
});
