/**
 * Which branches of the engine's entry checks (assembly/abi) calls have taken: the engine, compiled without optimisation, so that each
 * function is still there, with a mark set at each outcome of each condition.
 *
 * The marks are globals of the instance, so it needs no import, and what is instrumented is the module that would be shipped but for
 * its optimisation. A function that is not there any more, because its caller has all of it, is one that is not counted: none may be.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import binaryen from 'assemblyscript/binaryen';

const { resolve } = createRequire(import.meta.url);
const PREFIX = 'assembly/abi/';
const BITS = 32;

/** An outcome of a condition: where it stands, and which. */
export interface Branch {
  readonly place: string;
  readonly outcome: boolean;
}

export interface Instrumented {
  readonly module: WebAssembly.Module;
  /** Branch n has bit n of the marks. */
  readonly branches: readonly Branch[];
}

type Expression = binaryen.ExpressionRef;

/** Compiles and instruments; takes some seconds. Expects to be started from the root of the repository. */
export function instrumented(): Instrumented {
  const folder = mkdtempSync(join(tmpdir(), 'ksm-coverage-'));
  try {
    const file = join(folder, 'engine.wasm');
    const options = ['--target', 'debug', '--optimizeLevel', '0', '--sourceMap', 'false', '--outFile', file];
    const compiler = resolve('assemblyscript/bin/asc.js');
    execFileSync(process.execPath, [compiler, 'assembly/index.ts', ...options], { stdio: 'pipe' });
    return instrument(binaryen.readBinary(new Uint8Array(readFileSync(file))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function instrument(module: binaryen.Module): Instrumented {
  module.setFeatures(binaryen.Features.All);
  const branches: Branch[] = [];
  const mark = (place: string, condition: Expression): Expression => {
    const name = `mark${branches.length}`;
    addMark(module, name, branches.length);
    branches.push({ place, outcome: false }, { place, outcome: true });
    return module.call(name, [condition], binaryen.i32);
  };
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) => module.getFunctionByIndex(index));
  for (const each of functions) {
    const { name, body } = binaryen.getFunctionInfo(each);
    if (name.startsWith(PREFIX)) markIn(name, body, mark);
  }
  for (let word = 0; word * BITS < branches.length; word++) {
    module.addGlobal(`marks${word}`, binaryen.i32, true, module.i32.const(0));
    module.addGlobalExport(`marks${word}`, `marks${word}`);
  }
  if (!module.validate()) throw new Error('the instrumented engine is not valid');
  return { module: new WebAssembly.Module(new Uint8Array(module.emitBinary())), branches };
}

/** A function that hands its condition back, and sets bit `branch` of the marks where it is false, the next one where it is true. */
function addMark(module: binaryen.Module, name: string, branch: number): void {
  const marks = `marks${Math.floor(branch / BITS)}`;
  const bit = (outcome: number): Expression => module.i32.const(1 << ((branch % BITS) + outcome));
  const condition = (): Expression => module.local.get(0, binaryen.i32);
  const before = module.global.get(marks, binaryen.i32);
  const after = module.i32.or(before, module.select(condition(), bit(1), bit(0)));
  const body = module.block(null, [module.global.set(marks, after), condition()], binaryen.i32);
  module.addFunction(name, binaryen.i32, binaryen.i32, [], body);
}

type Mark = (place: string, condition: Expression) => Expression;

/** Marks the conditions of one function, the innermost first. */
function markIn(name: string, body: Expression, mark: Mark): void {
  let number = 0;
  const visit = (expression: Expression): void => {
    if (expression === 0) return;
    const info = binaryen.getExpressionInfo(expression) as unknown as Record<string, unknown>;
    if (info.id === binaryen.ConstId) return; // its value is no expression
    for (const [field, value] of Object.entries(info)) {
      if (CHILDREN.has(field) && typeof value === 'number') visit(value);
      if (LISTS.has(field) && Array.isArray(value)) for (const child of value as Expression[]) visit(child);
    }
    const { id, condition } = info as { id: number; condition?: Expression };
    if (condition === undefined || condition === 0) return;
    const marked = mark(`${name.slice(PREFIX.length)} #${number++}`, condition);
    const kind = KINDS.get(id);
    if (kind === undefined) throw new Error(`${name}: a condition of a kind that is not known here`);
    kind.setCondition(expression, marked);
  };
  visit(body);
}

/** Expressions that have a condition. Their classes are there, but not in the types. */
type Conditional = { setCondition(expression: Expression, condition: Expression): void };
const { If, Select, Break } = binaryen as unknown as Record<'If' | 'Select' | 'Break', Conditional>;
const KINDS = new Map<number, Conditional>([
  [binaryen.IfId, If],
  [binaryen.SelectId, Select],
  [binaryen.BreakId, Break],
]);

const CHILDREN = new Set([
  'value',
  'left',
  'right',
  'condition',
  'ifTrue',
  'ifFalse',
  'ptr',
  'body',
  'expected',
  'replacement',
]);
const LISTS = new Set(['children', 'operands']);

/** Which branches an instance has taken. */
export function taken(exports: WebAssembly.Exports, { branches }: Instrumented): boolean[] {
  return branches.map((_, branch) => {
    const marks = exports[`marks${Math.floor(branch / BITS)}`] as WebAssembly.Global;
    return ((marks.value >>> (branch % BITS)) & 1) === 1;
  });
}
