/*
 * The protocol of the gate in Promela, for Spin 6: the same as model/protocol.ts, written a second time in another
 * language and checked by another program. Steps of the code (domain/steps.ts) stand as labels, with _ for the dot.
 *
 *   spin -search -O2 -safety model/gate.pml        every law, in every state (npm run model does it, model/spin.ts)
 *   -DWITHOUT_<guard>                              the guard taken away (model/guards.ts): a law must break
 *   -DCRASHES=1 -DFREEZES=1 -DLATE=1               faults, by how many
 *
 * Left out, other than there: a carrier that answers no look-up, and so the quarantine. An end that is none is what Spin
 * calls an invalid end state, or an assertion of the judge at the end of this file.
 */
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef FREEZES
#define FREEZES 0
#endif
#ifndef LATE
#define LATE 0
#endif

#define N 2
mtype = { none, claimed, sending, sent, unknown, revoked, abandoned, rejected, ended };
mtype = { no_answer, accepted, refused };
mtype = { silent, ringing, down };
mtype = { idle, stop_commit, stop_committed, stop_acknowledged, died };

/* The attempts' rows, and what the carrier has of them. */
mtype row[N] = none;
byte age[N];            /* 0 fresh, 1 too old to send, 2 the lease is over, 3 "no such call" is believed */
bool hang_up[N], under_way[N], waits[N], unheard[N];
mtype answer[N] = no_answer;
mtype leg[N] = silent;
/* Who is where: what time may not overtake, and what the judge counts. */
byte in_gap[N], held[N], requests[N], after_stop, rang;
byte deciding;
bool binding;
mtype stop_at = idle;
byte crashes = CRASHES, freezes = FREEZES, late = LATE;

#define counts(i) (row[i] == sent || row[i] == ended || RESERVES && (row[i] == claimed || row[i] == sending || row[i] == unknown))
#define may_claim ((!PERSON_LOCK || deciding == 0) && (!STOP_LOCK || stop_at != stop_commit) && !(ASKS && binding) && \
                   !counts(0) && !counts(1))
#define over(i) (row[i] == revoked || row[i] == abandoned || row[i] == rejected || row[i] == ended)

#define ages(i) (age[i] < 3 && (row[i] == sending || row[i] == unknown || row[i] != claimed && row[i] != none && held[i] > 0))

/* Guards: 1, or 0 where they are taken away. */
#ifdef WITHOUT_claim_asks
#define ASKS 0
#else
#define ASKS 1
#endif
#ifdef WITHOUT_claim_stop_lock
#define STOP_LOCK 0
#else
#define STOP_LOCK 1
#endif
#ifdef WITHOUT_claim_person_lock
#define PERSON_LOCK 0
#else
#define PERSON_LOCK 1
#endif
#ifdef WITHOUT_claim_reserves
#define RESERVES 0
#else
#define RESERVES 1
#endif
#ifdef WITHOUT_claim_finds
#define FINDS 0
#else
#define FINDS 1
#endif
#ifdef WITHOUT_claim_commits
#define COMMITS 0
#else
#define COMMITS 1
#endif
#ifdef WITHOUT_send_state
#define NAMES_STATE 0
#else
#define NAMES_STATE 1
#endif
#ifdef WITHOUT_send_lease
#define NAMES_LEASE 0
#else
#define NAMES_LEASE 1
#endif
#ifdef WITHOUT_send_stale
#define STALE 0
#else
#define STALE 1
#endif
#ifdef WITHOUT_stop_revokes
#define REVOKES 0
#else
#define REVOKES 1
#endif
#ifdef WITHOUT_stop_waits
#define WAITS 0
#else
#define WAITS 1
#endif
#ifdef WITHOUT_stop_marks
#define MARKS 0
#else
#define MARKS 1
#endif
#ifdef WITHOUT_expire_finds
#define EXPIRES 0
#else
#define EXPIRES 1
#endif
#ifdef WITHOUT_reconcile_asks
#define RECONCILES 0
#else
#define RECONCILES 1
#endif
#ifdef WITHOUT_reconcile_waits
#define PATIENT 0
#else
#define PATIENT 1
#endif
#ifdef WITHOUT_late_marks
#define LATE_MARKS 0
#else
#define LATE_MARKS 1
#endif
#ifdef WITHOUT_late_hangs_up
#define LATE_HANGS_UP 0
#else
#define LATE_HANGS_UP 1
#endif

/* markSent: the carrier has the call. */
inline heard(i) {
  if
  :: row[i] == sending || row[i] == unknown -> row[i] = sent
  :: row[i] == abandoned -> row[i] = sent; hang_up[i] = hang_up[i] || LATE_MARKS
  :: else
  fi
}
inline heard_end(i) { heard(i); if :: row[i] == sent -> row[i] = ended :: else fi }

/* At rest a process remembers nothing: states that differ only in that are one. */
#define REST w = N; got = no_answer; goto rest
#define MAY_CRASH(back) :: atomic { crashes > 0 -> crashes--; back; REST }

/* A run of placeCall. */
active [2] proctype worker() {
  byte w = N;
  mtype got = no_answer;
rest:
end_rest:
  atomic {
    if
    :: may_claim && row[0] == none && held[0] == 0 -> w = 0; deciding++; held[w]++
    :: may_claim && row[1] == none && held[1] == 0 -> w = 1; deciding++; held[w]++
    :: !FINDS && (row[0] == sending || row[0] == unknown) -> w = 0; held[w]++; in_gap[w]++; goto gap
    :: !FINDS && (row[1] == sending || row[1] == unknown) -> w = 1; held[w]++; in_gap[w]++; goto gap
    fi
  }
claim_commit:
  if
  :: atomic { COMMITS -> row[w] = claimed; age[w] = 0; deciding-- }
  :: atomic { !COMMITS -> deciding--; in_gap[w]++; goto gap }
  MAY_CRASH(deciding--; held[w]--)
  fi;
claim_committed:
  if
  :: atomic { (row[w] == claimed || !NAMES_STATE) && (age[w] < 2 || !NAMES_LEASE) -> row[w] = sending; age[w] = 0 }
  :: atomic { !((row[w] == claimed || !NAMES_STATE) && (age[w] < 2 || !NAMES_LEASE)) ->
       if :: row[w] == claimed -> row[w] = abandoned :: else fi; held[w]--; REST }
  MAY_CRASH(held[w]--)
  fi;
send_begun:
  if
  :: atomic { age[w] == 0 || !STALE -> in_gap[w]++ }
  :: atomic { age[w] > 0 && STALE -> if :: row[w] == sending -> row[w] = abandoned :: else fi; held[w]--; REST }
  MAY_CRASH(held[w]--)
  fi;
gap:
  if
  :: atomic {
       in_gap[w]--; under_way[w] = true; waits[w] = true; requests[w]++;
       assert(row[w] != none);                                                             /* I1 */
       assert(requests[w] <= 1);                                                           /* I2 */
       if :: stop_at == stop_acknowledged -> after_stop++ :: else fi;
       assert(after_stop <= FREEZES - freezes)                                             /* I3 */
     }
  MAY_CRASH(in_gap[w]--; held[w]--)
  fi;
  if
  :: atomic { answer[w] != no_answer -> got = answer[w]; answer[w] = no_answer; waits[w] = false }
  :: atomic { waits[w] = false; answer[w] = no_answer }  /* the answer is lost, or too late */
  MAY_CRASH(waits[w] = false; answer[w] = no_answer; held[w]--)
  fi;
send_answered:                                             /* on to send.recorded */
  if
  :: atomic { got == accepted -> heard(w); held[w]--; REST }
  :: atomic { got == refused -> if :: row[w] == sending -> row[w] = rejected :: else fi; held[w]--; REST }
  :: atomic { got == no_answer -> if :: row[w] == sending -> row[w] = unknown :: else fi; held[w]--; REST }
  MAY_CRASH(held[w]--)
  fi
}

/* The carrier, the network, and what is done about events, marks and leases; time. */
active [N] proctype world() {
  byte i = _pid - 2;                                     /* after the workers: one for each attempt */
end_world:
  do
  :: atomic {
       if
       :: under_way[i] -> under_way[i] = false; if :: waits[i] -> answer[i] = refused :: else fi
       :: under_way[i] -> under_way[i] = false
       :: under_way[i] -> under_way[i] = false; leg[i] = ringing; if :: waits[i] -> answer[i] = accepted :: else fi; rang++;
            if :: unheard[i] = true :: unheard[i] = false fi;
            assert(rang <= 1 + FREEZES - freezes + LATE - late)                            /* I5 */
       :: leg[i] == ringing && !binding -> leg[i] = down                  /* carrier.rings_out */
       :: leg[i] == ringing && !unheard[i] && (row[i] == sending || row[i] == unknown || row[i] == abandoned) -> heard(i)
       :: leg[i] == down && !unheard[i] && (row[i] == sending || row[i] == unknown || row[i] == abandoned || row[i] == sent) ->
            heard_end(i)                                                  /* event.applied */
       :: leg[i] == ringing && (row[i] == sent && hang_up[i] || over(i) && LATE_HANGS_UP) -> leg[i] = down /* hangup.asked */
       :: EXPIRES && age[i] >= 2 && row[i] == claimed -> row[i] = abandoned
       :: EXPIRES && age[i] >= 2 && row[i] == sending -> row[i] = unknown   /* expire.committed */
       :: row[i] == claimed && age[i] < 2 -> age[i] = 2
       :: ages(i) && (age[i] != 1 || in_gap[i] == 0 && !under_way[i]) -> age[i]++
       :: ages(i) && age[i] == 1 && in_gap[i] > 0 && freezes > 0 -> freezes--; age[i]++
       :: ages(i) && age[i] == 1 && in_gap[i] == 0 && under_way[i] && late > 0 -> late--; age[i]++
       fi }
  od
}

active proctype sweeper() {
  byte i;
  mtype was = none, found = silent;
  bool believable;
rest:
end_rest:
  atomic {
    if
    :: RECONCILES && (row[0] == unknown || row[0] == sent && unheard[0]) -> i = 0
    :: RECONCILES && (row[1] == unknown || row[1] == sent && unheard[1]) -> i = 1
    fi;
    was = row[i]; believable = age[i] >= 3 || !PATIENT
  }
reconcile_ask:
  if
  :: found = leg[i]
  :: atomic { crashes > 0 -> crashes--; i = 0; was = none; believable = false; goto rest }
  fi;
reconcile_answered:                                        /* on to reconcile.committed */
  if
  :: atomic { found == ringing -> heard(i) }
  :: atomic { found == down -> heard_end(i) }
  :: atomic { found == silent -> if :: was == unknown && believable && row[i] == unknown -> row[i] = abandoned :: else fi }
  :: crashes > 0 -> crashes--
  fi;
  d_step { i = 0; was = none; found = silent; believable = false }
  goto rest
}

active proctype stop() {
  byte i;
  if
  :: stop_at = died; goto over                           /* nobody stops */
  :: atomic { !STOP_LOCK || deciding == 0 -> stop_at = stop_commit }
  fi;
  if
  :: atomic {
       for (i : 0 .. N - 1) {
         if
         :: row[i] == claimed && REVOKES -> row[i] = revoked
         :: MARKS && (row[i] == sending || row[i] == sent || row[i] == unknown) -> hang_up[i] = true
         :: else
         fi
       }
       binding = true; stop_at = stop_committed
     }
  :: crashes > 0 -> atomic { crashes--; stop_at = died; goto over }
  fi;
end_waits:
  if
  :: atomic { !WAITS || !(row[0] == sending && age[0] < 2 || row[1] == sending && age[1] < 2) -> stop_at = stop_acknowledged }
  :: crashes > 0 -> atomic { crashes--; stop_at = died }
  fi;
over:
  skip
}

/* Where nothing can happen any more, everything has come to an end. */
active proctype judge() {
  timeout -> assert(leg[0] != ringing && leg[1] != ringing);                                /* I3 */
  assert((row[0] == none || over(0)) && (row[1] == none || over(1)));                       /* I10 */
  assert(stop_at == stop_acknowledged || stop_at == died)                                   /* I10 */
}
