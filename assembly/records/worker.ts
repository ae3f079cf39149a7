/**
 * What each thread that takes part says of itself (concurrent/workers). Others read it meanwhile, so every access is atomic, by
 * `offsetof`.
 */

@unmanaged
export class Worker {
  access: u32;
  number: u32;
  waits: u32;
  busy: u32;
  end: u32;
  sleepless: u32;
  generation: u32;
  attached: u32;
}
