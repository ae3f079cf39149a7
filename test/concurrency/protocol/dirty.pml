/*
 * Model of docs/protocol.md: dirty tracking. A page whose pte is not DIRTY has the bytes that were hashed (I6).
 *
 * Sizes: 1 guest that writes its page of 2 bytes any number of times, 1 scanner; the page stays in its frame. The
 * scanner takes LOCK to clear DIRTY, hashes without it (as helper threads do), and takes it again to decide. The hash
 * is the bytes themselves. Steps are as in ksm.pml.
 */

/* FAULT is 0, or one of these. Each leaves out or misplaces one step: what it says must break. */
#define WRITE_WITHOUT_DIRTY 1  /* I6: a guest writes where the pte is writable, DIRTY or not */
#define NO_RECHECK 2           /* I6: a guest trusts the pte that it read before its SLOT said so */
#define HASH_BEFORE_CLEAR 3    /* I6: the bytes are read while the pte is still DIRTY, which is cleared after that */
#define LOOK_BEFORE_CLEAR 4    /* I6: SLOTs are looked at before DIRTY is cleared */
#define NO_WAIT_WRITERS 5      /* I6: a writer in its SLOT does not matter */
#define BUSY_KEEPS_CLEAN 6     /* I6: a page with a writer is not hashed, but stays clean */
#ifndef FAULT
#define FAULT 0
#endif

byte LOCK;
byte SLOT;    /* of the guest: 0 or 1, "writes the frame" */
bit DIRTY = 1; /* of the pte, which is writable all the time */
byte low, high, hashedLow, hashedHigh;
bit hashed;

proctype Guest() {
  bit value;
  do
  :: DIRTY || FAULT == WRITE_WITHOUT_DIRTY ->
    SLOT = 1;
    if
    :: !DIRTY && FAULT != NO_RECHECK && FAULT != WRITE_WITHOUT_DIRTY -> SLOT = 0
    :: else ->
      atomic {
        value = 1 - low;
        low = value
      };
      high = value;
      SLOT = 0
    fi
  :: atomic { !DIRTY && LOCK == 0 -> LOCK = 1 };
    DIRTY = 1;
    LOCK = 0
  od
}

proctype Scanner() {
  bit busy;
  do
  :: atomic { LOCK == 0 -> LOCK = 2 };
    if
    :: atomic { !DIRTY && hashed -> assert(low == hashedLow && high == hashedHigh) };
      LOCK = 0
    :: else ->
      hashed = 0;
#if FAULT == HASH_BEFORE_CLEAR
      hashedLow = low;
      hashedHigh = high;
#endif
#if FAULT == LOOK_BEFORE_CLEAR
      busy = SLOT;
      DIRTY = 0;
#else
      DIRTY = 0;
      busy = SLOT;
#endif
      if
      :: busy && FAULT != NO_WAIT_WRITERS ->
        busy = 0;
        if
        :: FAULT != BUSY_KEEPS_CLEAN -> DIRTY = 1
        :: else -> hashed = 1
        fi;
        LOCK = 0
      :: else ->
        busy = 0;
        LOCK = 0;
#if FAULT != HASH_BEFORE_CLEAR
        hashedLow = low;
        hashedHigh = high;
#endif
        atomic { LOCK == 0 -> LOCK = 2 };
        hashed = 1;
        LOCK = 0
      fi
    fi
  od
}

init {
  atomic { run Guest(); run Scanner() }
}
