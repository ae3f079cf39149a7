/*
 * Model of docs/protocol.md: how a guest translates, by a walk or from its cache, while page tables go and are used
 * again.
 *
 * Sizes: 2 address spaces with 1 page each; a guest runs in the first, the second only takes what is free; 2 leaves
 * of 1 pte, 2 frames, for both; 1 thread that takes pages away and trims leaves, also the guest's while it runs. That
 * thread may die once, at any step, and a survivor recovers. One level of tables: the word `link` of an address space
 * leads to its leaf, as each level leads to the next. Every pte is writable; what may happen to a page that stays
 * mapped is the business of ksm.pml.
 *
 * EPOCH only grows, so "the epoch of this translation is still the current one" is a bit that every EPOCH++ clears.
 * Steps are as in ksm.pml: loads and stores that somebody without LOCK takes part in.
 */

/* FAULT is 0, or one of these. Each leaves out or misplaces one step: what it says must break. */
#define NO_WALKING 1               /* I2: SLOT is 0 during a walk */
#define SLOT_GAP 2                 /* I2: SLOT is 0 between the walk and the store of the frame */
#define NO_RECHECK 3               /* I2: the pte is not read again after the store of SLOT */
#define NO_EPOCH_CHECK 4           /* I2: a cached translation is used whatever EPOCH says */
#define EPOCH_CHECK_BEFORE_SLOT 5  /* I2: EPOCH is compared before SLOT is stored */
#define EPOCH_AFTER_ACCESS 6       /* I2: the epoch of a cached translation is read after the access, not before */
#define NO_EPOCH_BUMP 7            /* I2: a leaf is freed in the epoch in which it was used */
#define BUMP_AFTER_LOOK 8          /* I2: EPOCH++ after the look at the SLOTs */
#define LOOK_BEFORE_UNLINK 9       /* I2: the SLOTs are looked at while the leaf can still be reached */
#define FREE_LEAF_WITHOUT_LOOK 10  /* I2: a leaf is freed while a SLOT is not 0 */
#define NO_RELINK 11               /* leak: a leaf that cannot go now is not put back */
#define RECOVER_WITHOUT_BUMP 12    /* I2: recover frees leaves that nothing leads to, without EPOCH++ */
#define RECOVER_WITHOUT_LOOK 13    /* I2: recover frees them while a SLOT is not 0 */
#define RECOVER_LOSES_LEAVES 14    /* leak: a leaf that nothing leads to is not found */
#ifndef FAULT
#define FAULT 0
#endif

#define FRAMES 2
#define MAIN 3
#define SURVIVOR 4
#define WALKING 1
#define IN_USE(f) ((f) + 2) /* SLOT: frame f is read or written */
#define PTE(f) ((f) + 1)
#define FRAME(word) ((word) - 1)

byte LOCK;
byte SLOT;               /* the guest's; the others are in no access */
byte link[2];            /* of each address space: its leaf, or 0 */
byte pte[3];             /* of each leaf; leaf 0 is none */
bit freeLeaf[3];
bit lost[3];             /* found by recover, and not free yet because a SLOT was not 0 */
bit freeFrame[FRAMES], inLimbo[FRAMES];

/* Ghosts: whose bytes are in a frame (address space + 1; 0: nobody's); are walk and cache of this epoch; the dead. */
byte owner[FRAMES];
bit walkIsCurrent, cacheIsCurrent;
byte dead;
chan kill = [0] of { byte };

inline bumpEpoch() {
  walkIsCurrent = 0;
  cacheIsCurrent = 0
}

/* Whenever LOCK is dropped: each leaf and each frame is in one place. */
inline drop() {
  d_step {
    assert((link[0] == 1) + (link[1] == 1) + freeLeaf[1] + lost[1] == 1);
    assert((link[0] == 2) + (link[1] == 2) + freeLeaf[2] + lost[2] == 1);
    assert((pte[1] == PTE(0)) + (pte[2] == PTE(0)) + freeFrame[0] + inLimbo[0] == 1);
    assert((pte[1] == PTE(1)) + (pte[2] == PTE(1)) + freeFrame[1] + inLimbo[1] == 1);
    LOCK = 0
  }
}

/* Frames leave limbo, and lost leaves become free, as SLOT allows. */
inline sweep() {
  if
  :: inLimbo[0] && SLOT != IN_USE(0) -> inLimbo[0] = 0; freeFrame[0] = 1; owner[0] = 0
  :: else
  fi;
  if
  :: inLimbo[1] && SLOT != IN_USE(1) -> inLimbo[1] = 0; freeFrame[1] = 1; owner[1] = 0
  :: else
  fi;
  if
  :: SLOT == 0 -> freeLeaf[1] = freeLeaf[1] | lost[1]; freeLeaf[2] = freeLeaf[2] | lost[2]; lost[1] = 0; lost[2] = 0
  :: else
  fi
}

/* Address space g gets a leaf, and a frame in it, where there is one. */
inline fault() {
  atomic { LOCK == 0 && (link[g] == 0 || pte[link[g]] == 0) -> LOCK = g + 1 };
  atomic { sweep() };
  if
  :: atomic { link[g] == 0 && freeLeaf[1] -> freeLeaf[1] = 0; link[g] = 1 }
  :: atomic { link[g] == 0 && freeLeaf[2] -> freeLeaf[2] = 0; link[g] = 2 }
  :: else
  fi;
  if
  :: atomic { link[g] != 0 && freeFrame[0] -> freeFrame[0] = 0; owner[0] = g + 1; pte[link[g]] = PTE(0) }
  :: atomic { link[g] != 0 && freeFrame[1] -> freeFrame[1] = 0; owner[1] = g + 1; pte[link[g]] = PTE(1) }
  :: else
  fi;
  atomic { drop() }
}

#define EPOCH_HOLDS (cacheIsCurrent || FAULT == NO_EPOCH_CHECK || FAULT == EPOCH_CHECK_BEFORE_SLOT)

proctype Guest(byte g) {
  byte l, v, cachedLeaf, cachedPte;
  bit fromCache, epochRead;
idle:
  if
  :: goto walk
  :: atomic { cachedPte != 0 -> l = cachedLeaf; v = cachedPte; fromCache = 1; goto access }
  :: fault(); goto idle
  fi;

walk:
  if
  :: FAULT != NO_WALKING -> SLOT = WALKING
  :: else
  fi;
  walkIsCurrent = 1;
  l = link[g];
  if
  :: l == 0 -> goto leave
  :: else -> v = pte[l]
  fi;
  if
  :: v == 0 -> goto leave
  :: v != 0 && FAULT == SLOT_GAP -> SLOT = 0
  :: v != 0 && FAULT != SLOT_GAP
  fi;

access:
  if
  :: fromCache && FAULT == EPOCH_CHECK_BEFORE_SLOT && !cacheIsCurrent -> cachedPte = 0; goto leave
  :: else
  fi;
  SLOT = IN_USE(FRAME(v));
  if /* EPOCH and the pte may be read again in either order */
  :: fromCache && !EPOCH_HOLDS -> cachedPte = 0; goto leave
  :: !fromCache || EPOCH_HOLDS -> epochRead = 1
  :: true
  fi;
  if
  :: pte[l] != v && FAULT != NO_RECHECK -> cachedPte = 0; goto leave
  :: else
  fi;
  if
  :: fromCache && !epochRead && !EPOCH_HOLDS -> cachedPte = 0; goto leave
  :: else -> assert(owner[FRAME(v)] == g + 1) /* the first byte */
  fi;
  atomic {
    assert(owner[FRAME(v)] == g + 1); /* the last byte */
    if
    :: !fromCache -> cachedLeaf = l; cachedPte = v; cacheIsCurrent = (FAULT == EPOCH_AFTER_ACCESS || walkIsCurrent)
    :: else
    fi
  };
leave:
  atomic {
    SLOT = 0; l = 0; v = 0; fromCache = 0; epochRead = 0; walkIsCurrent = 0;
    if
    :: cachedPte == 0 -> cachedLeaf = 0; cacheIsCurrent = 0
    :: else
    fi;
    goto idle
  }
}

/* The second address space. */
proctype Tenant(byte g) {
idle:
  fault();
  goto idle
}

proctype Main() {
  byte m, l, f;
  bit busy;
idle:
  {
    atomic {
      dead == 0 && LOCK == 0 -> LOCK = MAIN;
      if
      :: m = 0
      :: m = 1
      fi;
      l = link[m]
    };
    if
    :: atomic { l == 0 -> goto done }
    :: atomic { l != 0 && pte[l] != 0 -> f = FRAME(pte[l]); pte[l] = 0 }
    :: atomic { l != 0 && pte[l] == 0 -> goto trim }
    fi;
    d_step {
      if
      :: SLOT == IN_USE(f) -> inLimbo[f] = 1
      :: else -> freeFrame[f] = 1; owner[f] = 0
      fi;
      f = 0
    };
trim:
#if FAULT == LOOK_BEFORE_UNLINK
    busy = (SLOT != 0);
#endif
    link[m] = 0;
#if FAULT == BUMP_AFTER_LOOK
    busy = (SLOT != 0);
#endif
#if FAULT != NO_EPOCH_BUMP
    atomic { bumpEpoch() };
#endif
#if FAULT != LOOK_BEFORE_UNLINK && FAULT != BUMP_AFTER_LOOK && FAULT != FREE_LEAF_WITHOUT_LOOK
    busy = (SLOT != 0);
#endif
    if
    :: !busy -> freeLeaf[l] = 1
    :: busy && FAULT != NO_RELINK -> link[m] = l
    :: busy && FAULT == NO_RELINK
    fi;
done:
    atomic { m = 0; l = 0; busy = 0; drop(); goto idle }
  } unless {
    atomic { kill?eval(MAIN) -> dead = MAIN; m = 0; l = 0; f = 0; busy = 0; goto idle }
  }
}

inline sortFrame(frame) {
  if
  :: pte[1] == PTE(frame) || pte[2] == PTE(frame) -> freeFrame[frame] = 0; inLimbo[frame] = 0
  :: else ->
    inLimbo[frame] = (SLOT == IN_USE(frame));
    freeFrame[frame] = !inLimbo[frame];
    owner[frame] = (inLimbo[frame] -> owner[frame] : 0)
  fi
}

inline sortLeaf(leaf) {
  if
  :: link[0] == leaf || link[1] == leaf || freeLeaf[leaf] || FAULT == RECOVER_LOSES_LEAVES
  :: else -> lost[leaf] = busy; freeLeaf[leaf] = !busy
  fi
}

/* What nothing leads to is free: a frame once no SLOT names it, a leaf once every SLOT was 0 after EPOCH++. */
proctype Recover() {
  bit busy;
  atomic { LOCK == MAIN -> kill!MAIN };
  LOCK = SURVIVOR;
#if FAULT != RECOVER_WITHOUT_BUMP
  atomic { bumpEpoch() };
#endif
  d_step {
    busy = (SLOT != 0 && FAULT != RECOVER_WITHOUT_LOOK);
    sortFrame(0);
    sortFrame(1);
    sortLeaf(1);
    sortLeaf(2);
    busy = 0
  };
  atomic { drop(); dead = 0 }
}

init {
  d_step { freeLeaf[1] = 1; freeLeaf[2] = 1; freeFrame[0] = 1; freeFrame[1] = 1 };
  atomic { run Guest(0); run Tenant(1); run Main(); run Recover() }
}
