/** Something is not as it must be: the schedule has found a fault. */
export class Failure extends Error {}
