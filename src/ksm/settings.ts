/** The writable files of /sys/kernel/mm/ksm as typed properties. Reading and writing them is reading and writing the files. */

import { type SettingRow, settingRows } from '../../assembly/layout/settings.ts';
import { type Check, finiteNumber, flag, oneOf, unknownName } from '../validate.ts';

/** By the kernel's names. Numbers that may exceed 2^53 lose their last digits; the string interface does not. */
export interface Settings {
  run: number;
  pages_to_scan: number;
  sleep_millisecs: number;
  merge_across_nodes: number;
  max_page_sharing: number;
  use_zero_pages: boolean;
  smart_scan: boolean;
  stable_node_chains_prune_millisecs: number;
  advisor_mode: 'none' | 'scan-time';
  advisor_max_cpu: number;
  advisor_min_pages_to_scan: number;
  advisor_max_pages_to_scan: number;
  advisor_target_scan_time: number;
}

/** A setting that is a file. */
export interface SettingFile extends SettingRow {
  readonly name: keyof Settings;
}

/** The settings that are files. */
export const SETTING_FILES: readonly SettingFile[] = settingRows().filter(({ parser }) => parser) as SettingFile[];

/** Their names. */
export const SETTINGS: readonly (keyof Settings)[] = SETTING_FILES.map(({ name }) => name);

/** What a property of a type is as text, what values it takes, and what they are as text. */
interface Form<T> {
  read(text: string): T;
  readonly check: Check<T>;
  write(value: T): string;
}

const NUMBER: Form<number> = { read: Number, check: finiteNumber, write: String };
const SWITCH: Form<boolean> = {
  read: (text) => text === '1',
  check: flag,
  write: (value) => (value ? '1' : '0'),
};
const MODE: Form<'none' | 'scan-time'> = {
  read: (text) => (text.startsWith('[none]') ? 'none' : 'scan-time'),
  check: oneOf('none', 'scan-time'),
  write: (value) => value,
};

/** By what the kernel takes the text for. */
const FORMS: Readonly<Record<string, Form<boolean> | Form<'none' | 'scan-time'>>> = {
  kstrtobool: SWITCH,
  sysfs_streq: MODE,
};

/** The settings behind a string interface. EINVAL for a name that is none: it would be stored and never heard of again. */
export function settingsOf(files: { read(file: string): string; write(file: string, text: string): void }): Settings {
  const settings = {};
  for (const { name, parser } of SETTING_FILES) {
    const form = (FORMS[parser] ?? NUMBER) as Form<unknown>;
    Object.defineProperty(settings, name, {
      enumerable: true,
      get: () => form.read(files.read(name).trimEnd()),
      set: (value: unknown) => files.write(name, form.write(form.check(`settings.${name}`, value))),
    });
  }
  const refuse = (name: string | symbol): never => {
    throw unknownName('settings: there is no setting', String(name), SETTINGS);
  };
  return new Proxy(settings as Settings, {
    set: (target, name, value) => (Object.hasOwn(target, name) ? Reflect.set(target, name, value) : refuse(name)),
    defineProperty: (_target, name) => refuse(name),
    deleteProperty: (_target, name) => refuse(name),
  });
}
