/*
 * Model of docs/protocol.md: two guests read and write while their pages are merged, copied, forked, dropped and
 * freed, and while one worker dies and is recovered. A translation is one step here: page tables are the business of
 * access.pml. This file has the faults, the words and the invariants; ksm-guest.pml, ksm-scanner.pml and
 * ksm-recover.pml the threads.
 *
 * Sizes: 2 guests with 1 page each; 1 page that nobody touches and that maps a KSM frame of zeros; 1 scanner, which
 * also forks guest 0's page to guest 1; 1 survivor that recovers; 4 frames of 2 bytes, 2 values. Any number of
 * accesses, merges and forks; at most 1 death, of a guest or of the scanner, between any two steps. A new worker goes
 * on in its place. An access is two steps, so writes and reads can be torn. Only guest 1 drops its page (DONTNEED); a
 * write writes what was not there before, so that none can be lost unseen.
 *
 * What is one step: a load or store of a word or byte that somebody without LOCK looks at (pte, SLOT, bytes), with
 * what follows from it alone. Counts and lists are used under LOCK only, and recover does not believe them, so they
 * change together with the step before. A frame's KSM mark is believed, and is a step of its own. Steps interleave as
 * sequential consistency has it; SLOT_AFTER_RECHECK, LOOK_BEFORE_PROTECT, EARLY_SLOT_CLEAR and SWING_BEFORE_COPY are
 * what weaker orders would allow. Who waits for LOCK is at `idle`.
 */

/* FAULT is 0, or one of these. Each leaves out or misplaces one step: what it says must break. */
#define NO_RECHECK 1             /* I1: a guest trusts the pte that it read before its SLOT said so */
#define SLOT_AFTER_RECHECK 2     /* I1: guest's half of Dekker: the pte is read again before SLOT is stored */
#define NO_SLOT_FOR_READING 3    /* I2: readers do not store SLOT */
#define EARLY_SLOT_CLEAR 4       /* I1: SLOT is 0 before the last byte is written */
#define NO_WRITE_PROTECT 5       /* I1: merging: the page stays writable */
#define LOOK_BEFORE_PROTECT 6    /* I1: scanner's half of Dekker: SLOTs are looked at before the pte is stored */
#define NO_WAIT_WRITERS 7        /* I1: merging: a writer in its SLOT does not matter */
#define NO_COMPARE 8             /* I5: merging: the comparison of the search is believed */
#define COMPARE_BEFORE_LOOK 9    /* I5: merging: compared while a writer may still be at it */
#define NO_PROTECT_PARTNER 10    /* I1: merging two: the partner stays writable */
#define NO_WAIT_PARTNER 11       /* I1: merging two: a writer of the partner does not matter */
#define NO_COMPARE_TWO 12        /* I5: merging two: not compared */
#define MARK_FIRST 13            /* I3: merging two: the frame is KSM's before its writers have left it */
#define UNDO_KEEPS_MARK 14       /* I3: merging two failed: the page is writable again, its frame still KSM's */
#define FREE_BEFORE_SWING 15     /* I4: the old frame is freed while the pte still names it */
#define FREE_WITHOUT_LIMBO 16    /* I4: a frame that a SLOT names is free */
#define LIMBO_WITHOUT_LOOK 17    /* I4: frames leave limbo without a look at the SLOTs */
#define SWING_BEFORE_COPY 18     /* I2: COW break: the pte names the copy before the bytes are there */
#define MAP_BEFORE_ZERO 19       /* I2: first touch: the pte names the frame before it is zero */
#define KSM_IN_PLACE 20          /* I3: the last user of a KSM frame writes in place */
#define SHARED_IN_PLACE 21       /* I2: a frame that others map is written in place */
#define IN_PLACE_WITHOUT_LOOK 22 /* I2: the only page of a frame writes in place while another still reads it */
#define FAULT_WITHOUT_LOCK 23    /* I4: a fault does not take LOCK */
#define FORK_KEEPS_WRITABLE 24   /* I2: fork: the parent's pte stays writable */
#define FORK_WITHOUT_LOOK 25     /* I2: fork: a writer of the parent in its SLOT does not matter */
#define FORK_CHILD_FIRST 26      /* I2: fork: the child maps the frame while the parent can still write it */
#define RECOVER_WITHOUT_SLOT_CLEAR 27 /* leak: the dead one's SLOT names a frame for ever */
#define RECOVER_BESIDE_LOCK 28   /* I4: recover does not take LOCK from a living holder, nor wait for it */
#define RECOVER_KEEPS_COUNTS 29  /* I4: frame counts are believed */
#define RECOVER_WITHOUT_LIMBO 30 /* I4: recover frees frames that a survivor's SLOT names */
#define RECOVER_LOSES_FRAMES 31  /* leak: what nobody maps any more is not found */
#ifndef FAULT
#define FAULT 0
#endif

#define PAGES 3
#define FRAMES 4
#define GUESTS 2
#define SCANNER 3 /* numbers of workers; guests have 1 and 2 */
#define SURVIVOR 4
#define POISON 2 /* what a free frame may hold */

/* pte and SLOT words: 0, or a frame with the bit "writable", "writing" */
#define WORD(f, w) (((f) + 1) * 2 + (w))
#define FRAME(word) ((word) / 2 - 1)
#define WRITABLE(word) ((word) & 1)
#define READ_ONLY(word) ((word) & 254)
#define NAMES(word, f) ((word) / 2 == (f) + 1)
#define NAMED(f) (NAMES(slot[0], f) || NAMES(slot[1], f))
#define MAPPED(f) (NAMES(pte[0], f) + NAMES(pte[1], f) + NAMES(pte[2], f))
#define READ_ONLY_EVERYWHERE(f) (pte[0] != WORD(f, 1) && pte[1] != WORD(f, 1))
#define IN_ACCESS(g, f) (passed[g] && NAMES(slot[g], f))
#define IN_WRITE(f) ((passed[0] && slot[0] == WORD(f, 1)) || (passed[1] && slot[1] == WORD(f, 1)))

byte LOCK;
byte slot[GUESTS];
byte pte[PAGES];
byte low[FRAMES], high[FRAMES]; /* the two bytes of a frame */
byte count[FRAMES];
bit ksm[FRAMES], isFree[FRAMES], inLimbo[FRAMES];

/* Ghosts: what a guest's page has to read as; whose SLOT has passed the re-check; who is dead and not recovered. */
byte wantLow[GUESTS], wantHigh[GUESTS];
bit passed[GUESTS];
byte dead;
chan kill = [0] of { byte };

/* I4, and that a free frame may be overwritten at any time. */
inline give(frame) {
  assert(MAPPED(frame) == 0 && !IN_ACCESS(0, frame) && !IN_ACCESS(1, frame));
  isFree[frame] = 1;
  inLimbo[frame] = 0;
  ksm[frame] = 0;
  low[frame] = POISON;
  high[frame] = POISON
}

/* One reference to `frame` less, after its pte went. `named`: a SLOT named it when it was looked at after that. */
inline put(frame, named) {
  count[frame]--;
  if
  :: count[frame] != 0
  :: count[frame] == 0 && (named) && FAULT != FREE_WITHOUT_LIMBO -> inLimbo[frame] = 1; ksm[frame] = 0
  :: else -> give(frame)
  fi
}

/* `frame` becomes one that nobody maps or names. There always is one. */
inline alloc(frame) {
  frame = 0;
  do
  :: frame == FRAMES -> break
  :: else ->
    if
    :: inLimbo[frame] && !NAMED(frame) -> give(frame)
    :: inLimbo[frame] && FAULT == LIMBO_WITHOUT_LOOK -> give(frame)
    :: else
    fi;
    frame++
  od;
  frame = 0;
  do
  :: isFree[frame] -> break
  :: else -> frame++; assert(frame < FRAMES)
  od;
  isFree[frame] = 0;
  count[frame] = 1
}

/* Whenever LOCK is dropped, counts and lists agree with the ptes. */
inline ledger(f) {
  assert(count[f] == MAPPED(f) && (count[f] == 0) == (isFree[f] || inLimbo[f]) && !(isFree[f] && inLimbo[f]));
  assert(READ_ONLY_EVERYWHERE(f) || (count[f] == 1 && !ksm[f]))
}

inline drop() {
  d_step { ledger(0); ledger(1); ledger(2); ledger(3); LOCK = 0 }
}

#include "ksm-guest.pml"
#include "ksm-scanner.pml"
#include "ksm-recover.pml"

init {
  d_step {
    pte[2] = WORD(3, 0);
    count[3] = 1;
    ksm[3] = 1;
    isFree[0] = 1; isFree[1] = 1; isFree[2] = 1;
    low[0] = POISON; low[1] = POISON; low[2] = POISON;
    high[0] = POISON; high[1] = POISON; high[2] = POISON
  };
  atomic { run Recover(); run Guest(0); run Guest(1); run Scanner() }
}
