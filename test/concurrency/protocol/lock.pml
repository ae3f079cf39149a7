/*
 * Model of docs/protocol.md: who waits for LOCK, for how long, and what a death does to those who wait.
 *
 * Sizes: 2 guests that access and fault any number of times, 1 scanner that decides on any number of pages, 1
 * survivor that recovers; at most 1 death, of a guest or of the scanner, at any step. The survivor's thread is the
 * scanner's, which hears of a guest's death between its calls only. Everybody may stop for good between two calls; at
 * rest (`timeout` in init) all must have stopped there, so nobody waits for ever. A wait with a bound is one that may
 * end once somebody is dead: the bound is assumed to be longer than a living worker takes for its next step.
 *
 * A waiter sleeps on LOCK as on a futex: `asleep`, unless LOCK is no longer what it saw. What is done under LOCK is
 * one step.
 */

/* FAULT is 0, or one of these. Each leaves out or misplaces one step: what it says must break. */
#define NO_YIELD 1             /* progress: the scanner keeps LOCK from page to page */
#define BARGE 2                /* progress: the scanner drops LOCK for a waiter and takes it again at once */
#define WANT_AFTER_SLEEP 3     /* progress: a waiter says so only after it has slept */
#define NO_WAKE 4              /* deadlock: who drops LOCK wakes nobody */
#define WAKE_BEFORE_STORE 5    /* deadlock: sleepers are woken before LOCK is 0 */
#define SLEEP_BLINDLY 6        /* deadlock: a waiter sleeps though LOCK has changed since it looked */
#define RECOVER_WITHOUT_LOCK 7 /* deadlock: recover waits for the dead one to drop LOCK */
#define RECOVER_KEEPS_WANT 8   /* deadlock: the scanner goes on waiting for a dead guest to have its turn */
#define RECOVER_THE_LIVING 9   /* LOCK is held by two: recover is called for a worker that is not dead */
#define LOCK_WITHOUT_BOUND 10  /* deadlock: who hears of deaths waits for LOCK, and its holder is dead */
#define TURN_WITHOUT_BOUND 11  /* deadlock: it waits for a turn of a dead guest */
#define SLOT_WITHOUT_BOUND 12  /* deadlock: it waits under LOCK for a SLOT of a dead guest */
#define RECOVER_SKIPS_LOCK 13  /* deadlock: the dead one dropped LOCK and woke nobody, nor does recover */
#ifndef FAULT
#define FAULT 0
#endif

#define SCANNER 3
#define SURVIVOR 4
#define ALL_STOPPED 15

byte LOCK;
bit WANT[2]; /* of guests: waits for LOCK */
bit SLOT[2]; /* of guests: is in an access */
bit asleep[4];

/* Ghosts: pages decided on since a guest waits; holders of LOCK; who is dead, who stopped; is the scanner in a call. */
byte pages[2];
byte inside, dead, stopped;
bit inCall;
chan kill = [0] of { byte };

inline wakeAll() {
  d_step { asleep[0] = 0; asleep[1] = 0; asleep[2] = 0; asleep[3] = 0 }
}

inline dropLock() {
#if FAULT == WAKE_BEFORE_STORE
  wakeAll();
  LOCK = 0
#else
  LOCK = 0;
  if
  :: FAULT != NO_WAKE -> wakeAll()
  :: else
  fi
#endif
}

/* cmpxchg(LOCK, 0, me), and sleep where it fails. */
inline takeLock(me) {
  do
  :: atomic { LOCK == 0 -> LOCK = me; inside++; assert(inside == 1); break }
  :: atomic { LOCK != 0 -> saw = LOCK };
    if
    :: atomic { LOCK == saw || FAULT == SLEEP_BLINDLY -> asleep[me - 1] = 1 }
    :: else
    fi;
    saw = 0;
    if
    :: !asleep[me - 1]
    :: atomic { me == SCANNER && dead != 0 && FAULT != LOCK_WITHOUT_BOUND -> asleep[me - 1] = 0; goto giveUp }
    fi;
    if
    :: FAULT == WANT_AFTER_SLEEP && me <= 2 -> WANT[me - 1] = 1
    :: else
    fi
  od
}

proctype Guest(byte g) {
  byte saw;
idle:
  {
    if
    :: atomic { dead != g + 1 -> stopped = stopped | 1 << g; goto end }
    :: dead != g + 1 -> SLOT[g] = 1; SLOT[g] = 0; goto idle
    :: atomic { dead != g + 1 && FAULT != WANT_AFTER_SLEEP -> WANT[g] = 1 }
    :: dead != g + 1 && FAULT == WANT_AFTER_SLEEP
    fi;
    takeLock(g + 1);
    atomic { WANT[g] = 0; pages[g] = 0 };
    inside--;
    dropLock();
giveUp: /* only the scanner does */
    goto idle
  } unless {
    atomic { kill?eval(g + 1) -> dead = g + 1; pages[g] = 0; saw = 0; asleep[g] = 0; goto idle }
  };
end:
}

/* A page was decided on. Whoever waits sees one of them pass at most. */
inline pageDone() {
  pages[0] = pages[0] + ((WANT[0] || asleep[0]) && dead == 0);
  pages[1] = pages[1] + ((WANT[1] || asleep[1]) && dead == 0);
  assert(pages[0] <= 1 && pages[1] <= 1)
}

proctype Scanner() {
  byte saw;
  bit want0, want1;
idle:
  {
    if
    :: atomic { dead != SCANNER -> stopped = stopped | 4; goto end }
    :: atomic { dead != SCANNER && !inCall -> inCall = 1 }
    fi;
next:
    if
    :: FAULT == BARGE
    :: FAULT != BARGE ->
      /* Whoever waits has its turn first: its WANT is 0 once. */
      want0 = WANT[0];
      want1 = WANT[1];
      !want0 || !WANT[0] || (dead != 0 && FAULT != TURN_WITHOUT_BOUND);
      want0 = 0;
      !want1 || !WANT[1] || (dead != 0 && FAULT != TURN_WITHOUT_BOUND);
      want1 = 0
    fi;
    takeLock(SCANNER);
page:
    if
    :: FAULT == SLOT_WITHOUT_BOUND -> !SLOT[0]; !SLOT[1]
    :: else
    fi;
    atomic { pageDone() };
    if
    :: FAULT == NO_YIELD -> goto page
    :: else
    fi;
    want0 = WANT[0];
    want0 = want0 | WANT[1];
    if
    :: !want0 -> goto page
    :: true
    fi;
    want0 = 0;
    inside--;
    dropLock();
    if
    :: goto next
    :: skip
    fi;
giveUp: /* the call ends; where LOCK was not to be had it fails, and nothing is done */
    atomic { inCall = 0; goto idle }
  } unless {
    atomic { kill?eval(SCANNER) -> dead = SCANNER; inCall = 0; saw = 0; want0 = 0; want1 = 0; asleep[2] = 0; goto idle }
  };
end:
}

proctype Recover() {
  byte saw;
  if
  :: kill!1
  :: kill!2
  :: kill!SCANNER
  :: FAULT == RECOVER_THE_LIVING && LOCK == 1 -> LOCK = SURVIVOR; inside++; assert(inside == 1)
  :: goto stop
  fi;
  atomic { dead == SCANNER || !inCall -> inCall = 1 };
  if
  :: dead <= 2 -> SLOT[dead - 1] = 0
  :: else
  fi;
  if
  :: dead <= 2 && FAULT != RECOVER_KEEPS_WANT -> WANT[dead - 1] = 0
  :: else
  fi;
  if
  :: atomic { LOCK == dead && FAULT != RECOVER_WITHOUT_LOCK -> LOCK = SURVIVOR; inside = 1 }
  :: LOCK != dead && FAULT == RECOVER_SKIPS_LOCK -> goto giveUp
  :: else -> takeLock(SURVIVOR)
  fi;
  inside--;
  dropLock();
giveUp:
  atomic { dead = 0; inCall = 0 };
stop:
  stopped = stopped | 8
}

init {
  atomic { run Guest(0); run Guest(1); run Scanner(); run Recover() };
  timeout;
  assert(stopped == ALL_STOPPED && LOCK == 0)
}
