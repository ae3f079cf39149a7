/** Whose pages may share frames: what identifies a set of trees (layout/records). */

@unmanaged
export class Domain {
  /** Its first root record. */
  roots: usize;
  /** Root records for each NUMA node; 0: not in use. */
  rootCount: u32;
  salt: u32;
}
