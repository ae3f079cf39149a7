/* Part of ksm.pml: merging a page into a KSM frame, merging two ordinary pages, and fork. */

/* Clears WRITABLE in the pte of `page`, and looks for writers of its frame, one SLOT after the other. */
inline protect(page, word) {
#if FAULT == LOOK_BEFORE_PROTECT
  busy = (slot[0] == (word | 1));
  busy = busy | (slot[1] == (word | 1));
  pte[page] = READ_ONLY(word)
#else
  pte[page] = READ_ONLY(word);
  busy = (slot[0] == (word | 1));
  busy = busy | (slot[1] == (word | 1))
#endif
}

inline compare() {
  differ = (low[f] != low[k]);
  differ = differ | (high[f] != high[k])
}

/* I5, at the very step of the merge. */
inline swing(page, from, into) {
  assert(low[from] == low[into] && high[from] == high[into] && !IN_WRITE(from) && !IN_WRITE(into));
  pte[page] = WORD(into, 0);
  count[into]++
}

/* The child's page reads as the parent's does now. */
inline share() {
  pte[1] = WORD(f, 0);
  count[f]++;
  wantLow[1] = wantLow[0];
  wantHigh[1] = wantHigh[0]
}

/* The scanner's words start again as 0. */
inline forget() {
  p = 0; k = 0; f = 0; word = 0; other = 0; seen = 0; busy = 0; differ = 0
}

proctype Scanner() {
  byte p, k, f, word, other, seen;
  bit busy, differ;
idle:
  {
    if
    :: atomic {
        dead != SCANNER && LOCK == 0 && pte[0] != 0 && pte[1] == 0 -> LOCK = SCANNER;
        word = pte[0]; f = FRAME(word);
        goto fork
      }
    :: atomic {
        dead != SCANNER && LOCK == 0 -> LOCK = SCANNER;
        if
        :: p = 0
        :: p = 1
        fi;
        word = pte[p];
        f = FRAME(word);
        other = pte[1 - p];
        if
        :: word == 0 || ksm[f] -> goto done
        :: word != 0 && !ksm[f] -> k = 3
        :: word != 0 && !ksm[f] && other != 0 && !NAMES(other, f) ->
          k = FRAME(other);
          if
          :: !ksm[k] -> goto two
          :: ksm[k]
          fi
        fi;
        other = 0
      }
    fi;

    /* page p, frame f, into KSM frame k */
#if FAULT == COMPARE_BEFORE_LOOK
    compare();
    protect(p, word);
#elif FAULT == NO_WRITE_PROTECT
    compare();
#elif FAULT == NO_COMPARE
    protect(p, word);
#else
    protect(p, word);
    if
    :: busy && FAULT != NO_WAIT_WRITERS -> goto restore
    :: else -> busy = 0; compare()
    fi;
#endif
    if
    :: busy || differ -> goto restore
    :: else
    fi;
#if FAULT == FREE_BEFORE_SWING
    d_step { put(f, NAMED(f)) };
#endif
    atomic { swing(p, f, k); goto old };

two: /* page p, frame f, and the other page, frame k: f becomes KSM's */
#if FAULT == MARK_FIRST
    ksm[f] = 1;
#endif
    protect(p, word);
    if
    :: busy && FAULT != NO_WAIT_WRITERS -> goto undo
    :: else
    fi;
    ksm[f] = 1;
#if FAULT != NO_PROTECT_PARTNER
    protect(1 - p, other);
#endif
    if
    :: (!busy || FAULT == NO_WAIT_PARTNER) && FAULT != NO_COMPARE_TWO -> busy = 0; compare()
    :: else
    fi;
    if
    :: atomic { !busy && !differ -> swing(1 - p, k, f); f = k; goto old }
    :: else -> pte[1 - p] = other
    fi;
undo: /* nobody has joined: the frame is the page's own again */
    if
    :: FAULT != UNDO_KEEPS_MARK -> ksm[f] = 0
    :: else
    fi;
restore:
    atomic { pte[p] = word; goto done };

fork: /* page 0 to page 1. Nobody waits for a writer: then there is no fork now (EAGAIN) */
#if FAULT == FORK_CHILD_FIRST
    atomic { share() };
    protect(0, word);
    if
    :: busy -> atomic { pte[1] = 0; count[f]--; wantLow[1] = 0; wantHigh[1] = 0; goto restore }
    :: else -> goto done
    fi;
#elif FAULT != FORK_KEEPS_WRITABLE
    protect(0, word);
#endif
    if
    :: atomic { !busy || FAULT == FORK_WITHOUT_LOOK -> assert(low[f] == wantLow[0]); share(); goto done }
    :: else -> goto restore
    fi;

old:
    seen = NAMES(slot[0], f);
    if
    :: d_step { FAULT != FREE_BEFORE_SWING -> seen = seen | NAMES(slot[1], f); put(f, seen) }
    :: FAULT == FREE_BEFORE_SWING
    fi;
done:
    atomic { forget(); drop(); goto idle }
  } unless {
    atomic { kill?eval(SCANNER) -> dead = SCANNER; forget(); goto idle }
  }
}
