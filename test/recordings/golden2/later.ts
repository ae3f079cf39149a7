/** Traces that need a rule of Linux which is not followed yet, and which. */
export const LATER: Readonly<Record<string, string>> = {
  'found/everything-6060-min': 'B1: per-CPU batches hold references for part of a pass',
  'found/everything-6060-small': 'B1',
  'found/everything-7103-min': 'D6: a plain reference does not keep a clean, shared, read-only page from merging',
  'found/huge-2061-small': 'D5: a read of an untouched huge range maps the huge zero page',
  'found/huge-2080-min': 'B1',
  'found/huge-6013-small': 'B1',
  'found/huge-6089-small': 'B1',
  'found/lock-3012-min': 'B1',
  'found/lock-3012-small': 'B1',
  'found/thp-fork-childwrite': 'B1',
  'found/thp-stable-fork-between': 'B1',
  'found/thp-stable-fork-first': 'B1',
  'numa/numa-random-117-small': 'N3: a frame with a mapping that no item covers cannot be moved',
  'numa/numa-random-6-small': 'N3',
  'numa/numa-task-policy-run2': 'N4: copies follow the memory policy of the task that makes them',
};
