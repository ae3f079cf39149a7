import { test } from 'vitest';
import { checkInvariants } from '../../src/engine/index.ts';
import { BusyMachine } from './busy.ts';

test('fuzz', async () => {
  const from = Number(process.env.FROM ?? 1),
    to = Number(process.env.TO ?? 20),
    steps = Number(process.env.STEPS ?? 600);
  const seen: Record<string, number> = {};
  const rules: Record<string, string[]> = {};
  const peak: Record<string, number> = {};
  for (let seed = from; seed <= to; seed++)
    for (const index of ['hash', 'content'] as const)
      for (const dirtyTracking of ['off', 'on'] as const) {
        const m = await BusyMachine.create(seed, { index, dirtyTracking, ...(process.env.MEM ? { memory: process.env.MEM } : {}) });
        const log: string[] = [];
        for (let i = 0; i < steps; i++) {
          try {
            const s = m.step();
            log.push(s);
            seen[s] = (seen[s] ?? 0) + 1;
            checkInvariants(m.host.engine, m.pins.length);
          } catch (e) {
            const msg = (e as Error).message.slice(0, 200);
            const key = /Invariant (\S+)/.exec(msg)?.[1] ?? msg;
            (rules[key] ??= []).push(
              `seed ${seed} ${index} ${dirtyTracking} step ${i} after ${log.slice(-3).join(', ')}: ${msg}`,
            );
            break;
          }
          for (const [k, v] of Object.entries(m.host.ksm.counters())) peak[k] = Math.max(peak[k] ?? 0, Number(v));
        }
      }
  console.log(JSON.stringify(seen));
  console.log(JSON.stringify(peak));
  for (const [k, v] of Object.entries(rules)) console.log('RULE', k, v.length, '\n', v.slice(0, 5).join('\n '));
}, 600000);
