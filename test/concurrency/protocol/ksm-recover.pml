/* Part of ksm.pml: the death of a worker, and what a survivor does about it. */

/*
 * Everything is rebuilt from the ptes and the marks of frames. No pte has to lose a right: wherever somebody died, a
 * frame that is KSM's or mapped twice is read-only already.
 */
inline rebuild(f) {
  assert(READ_ONLY_EVERYWHERE(f) || (MAPPED(f) == 1 && !ksm[f]));
  if
  :: FAULT != RECOVER_KEEPS_COUNTS -> count[f] = MAPPED(f)
  :: else
  fi;
  if
  :: count[f] != 0 -> isFree[f] = 0; inLimbo[f] = 0
  :: count[f] == 0 && !isFree[f] && FAULT != RECOVER_LOSES_FRAMES ->
    if
    :: (NAMES(seen, f) || NAMES(slot[1], f)) && FAULT != RECOVER_WITHOUT_LIMBO ->
      inLimbo[f] = 1;
      ksm[f] = 0
    :: else -> give(f)
    fi
  :: else
  fi
}

/* Kills a worker and recovers. The survivor may be replaced by another, who does everything once more. */
proctype Recover() {
  byte seen;
  bit again;
  if /* to die without LOCK and out of access is to stop, and nobody notices */
  :: atomic { (LOCK == 1 || slot[0] != 0) -> kill!1 }
  :: atomic { (LOCK == 2 || slot[1] != 0) -> kill!2 }
  :: atomic { LOCK == SCANNER -> kill!SCANNER }
  fi;
recover:
  if
  :: dead <= GUESTS && FAULT != RECOVER_WITHOUT_SLOT_CLEAR -> slot[dead - 1] = 0
  :: else
  fi;
  if
  :: atomic { LOCK == dead || LOCK == SURVIVOR || FAULT == RECOVER_BESIDE_LOCK -> LOCK = SURVIVOR; seen = slot[0] }
  :: atomic { LOCK == 0 -> LOCK = SURVIVOR; goto done } /* the dead one left nothing half done */
  fi;
  if
  :: atomic { !again -> again = 1; seen = 0; goto recover }
  :: d_step { rebuild(0); rebuild(1); rebuild(2); rebuild(3) }
  fi;
done:
  atomic { assert(dead == SCANNER || slot[dead - 1] == 0); seen = 0; again = 0; drop(); dead = 0 }
}
