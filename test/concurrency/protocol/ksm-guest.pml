/* Part of ksm.pml: a guest's accesses and faults. */

/* Guest `g` writes a byte of frame f: I3, and nobody else may ever see it. */
inline mayWrite() {
  assert(!ksm[f] && !isFree[f] && !NAMES(pte[1 - g], f) && !NAMES(pte[2], f))
}

#define TRUSTS_NOTHING (FAULT != NO_RECHECK && FAULT != SLOT_AFTER_RECHECK)

inline firstByte() {
  f = FRAME(v);
  v = 0;
  passed[g] = TRUSTS_NOTHING;
  if
  :: writing -> value = 1 - wantLow[g]; mayWrite(); low[f] = value; wantLow[g] = value
  :: else -> assert(low[f] == wantLow[g])
  fi
}

inline secondByte() {
  if
  :: writing -> mayWrite(); high[f] = value; wantHigh[g] = value
  :: else -> assert(high[f] == wantHigh[g])
  fi
}

#if FAULT == FAULT_WITHOUT_LOCK
#define LOCK_IS_FREE true
#define TAKE_LOCK skip
#else
#define LOCK_IS_FREE LOCK == 0
#define TAKE_LOCK LOCK = g + 1
#endif
#define ALIVE dead != g + 1

proctype Guest(byte g) {
  byte v, f, n;
  bit writing, value;
idle: /* also after a fault and after a failed re-check: to choose again includes to try the same again */
  {
    if
    :: atomic { ALIVE && pte[g] != 0 -> v = pte[g] }
    :: atomic { ALIVE && WRITABLE(pte[g]) -> v = pte[g]; writing = 1 }
    :: atomic { ALIVE && LOCK_IS_FREE && pte[g] == 0 -> TAKE_LOCK; goto touch }
    :: atomic { ALIVE && LOCK_IS_FREE && pte[g] != 0 && !WRITABLE(pte[g]) -> TAKE_LOCK; f = FRAME(pte[g]); goto cow }
    :: atomic {
        ALIVE && g == 1 && LOCK_IS_FREE && pte[g] != 0 -> TAKE_LOCK; f = FRAME(pte[g]);
        pte[g] = 0; wantLow[g] = 0; wantHigh[g] = 0;
        goto old
      }
    fi;
    if
    :: FAULT == SLOT_AFTER_RECHECK && pte[g] == v
    :: atomic { FAULT == SLOT_AFTER_RECHECK && pte[g] != v -> v = 0; writing = 0; goto idle }
    :: FAULT != SLOT_AFTER_RECHECK
    fi;
    if
    :: FAULT != NO_SLOT_FOR_READING || writing -> slot[g] = READ_ONLY(v) | writing
    :: else
    fi;
    if
    :: atomic { TRUSTS_NOTHING && pte[g] != v -> slot[g] = 0; v = 0; writing = 0; goto idle }
    :: atomic { !TRUSTS_NOTHING || pte[g] == v -> firstByte() }
    fi;
#if FAULT == EARLY_SLOT_CLEAR
    atomic { slot[g] = 0; passed[g] = 0 };
#endif
    atomic { secondByte(); slot[g] = 0; passed[g] = 0; f = 0; writing = 0; value = 0; goto idle };

touch: /* the first access, or the first after DONTNEED: a frame of zeros */
    atomic { d_step { alloc(n) } };
#if FAULT == MAP_BEFORE_ZERO
    pte[g] = WORD(n, 1);
#endif
    atomic { low[n] = 0; high[n] = 0; pte[g] = WORD(n, 1); n = 0; goto done };

cow: /* a write to a page that is present and read-only */
    if
    :: atomic {
        (!ksm[f] || FAULT == KSM_IN_PLACE) && (count[f] == 1 || FAULT == SHARED_IN_PLACE) &&
        (!NAMED(f) || FAULT == IN_PLACE_WITHOUT_LOOK) -> pte[g] = WORD(f, 1); f = 0; goto done
      }
    :: else -> d_step { alloc(n) }
    fi;
#if FAULT == SWING_BEFORE_COPY
    pte[g] = WORD(n, 1);
#elif FAULT == FREE_BEFORE_SWING
    d_step { put(f, NAMED(f)) };
#endif
    low[n] = low[f];
    atomic { high[n] = high[f]; pte[g] = WORD(n, 1); n = 0 };
old:
    if
    :: d_step { FAULT != FREE_BEFORE_SWING -> put(f, NAMED(f)); f = 0 }
    :: d_step { FAULT == FREE_BEFORE_SWING -> f = 0 }
    fi;
done:
    atomic { drop(); goto idle }
  } unless {
    atomic {
      kill?eval(g + 1) -> dead = g + 1; passed[g] = 0;
      v = 0; f = 0; n = 0; writing = 0; value = 0;
      goto idle
    }
  }
}
