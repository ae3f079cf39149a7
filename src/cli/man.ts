/** The manual page ksm(1), made from the same table as the help, in the man macros that every roff knows. */
import type { Option } from './arguments.ts';
import type { Command, Detail } from './command.ts';
import { ABOUT, EXIT_CODES, GENERAL_OPTIONS, sentence } from './help.ts';

const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['COLUMNS', "characters of a line; default: the terminal's, or 80"],
  ['NO_COLOR, FORCE_COLOR', 'no colours, or colours also where stdout is not a terminal'],
  ['CC', 'the C compiler of ksm record; default: cc'],
];

const SYNOPSIS = 'ksm COMMAND [OPTION…]';

/** The page as roff. `date`: "2026-01-31". */
export function manualPage(commands: readonly Command[], version: string, date: string): string {
  const [about = ''] = ABOUT.split(':');
  const sections = [
    section('NAME', [`ksm \\- ${escaped(about)}`]),
    section('SYNOPSIS', [...[SYNOPSIS, ...commands.map(({ synopsis }) => `ksm ${synopsis}`)].flatMap(synopsisLine)]),
    section('DESCRIPTION', [
      escaped(ABOUT),
      '.PP',
      'stdout holds the result and nothing else. Notes and errors go to stderr, progress only if that is a terminal.',
    ]),
    section('OPTIONS', GENERAL_OPTIONS.flatMap(optionLines)),
    ...commands.map(commandSection),
    section('EXIT STATUS', EXIT_CODES.flatMap(termLines)),
    section('ENVIRONMENT', ENVIRONMENT.flatMap(termLines)),
  ];
  // .nh: the names of system calls and files are not to be hyphenated
  return `.TH KSM 1 ${date} "ksm-wasm ${escaped(version)}" "User Commands"\n.nh\n${sections.join('')}`;
}

function section(title: string, lines: readonly string[]): string {
  return `.SH ${title}\n${lines.join('\n')}\n`;
}

function commandSection({ name, synopsis, summary, details, options }: Command): string {
  return section(`"KSM ${name.toUpperCase()}"`, [
    `.B ${escaped(`ksm ${synopsis}`)}`,
    '.PP',
    escaped(sentence(summary)),
    ...options.flatMap(optionLines),
    ...details.flatMap(detailLines),
  ]);
}

function synopsisLine(synopsis: string, index: number): string[] {
  return index === 0 ? [`.B ${escaped(synopsis)}`] : ['.br', `.B ${escaped(synopsis)}`];
}

function detailLines(detail: Detail): string[] {
  return typeof detail === 'string' ? ['.PP', escaped(detail)] : detail.flatMap(termLines);
}

function optionLines({ name, short, value, help }: Option): string[] {
  const flags = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])].map((flag) => `\\fB${escaped(flag)}\\fR`);
  return ['.TP', `${flags.join(', ')}${value === undefined ? '' : ` \\fI${escaped(value)}\\fR`}`, escaped(help)];
}

function termLines([term, text]: readonly [string, string]): string[] {
  return ['.TP', `\\fB${escaped(term)}\\fR`, escaped(text)];
}

/** What roff would take for a request or an escape is text, and what is not ASCII is spelled so that any output device can say it. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(
      /[^ -~]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^([.'])/, '\\&$1');
}
