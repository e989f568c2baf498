/* The session store: the port's promises, each operation one step. */

#define ABSENT 0
#define ACTIVE 1
#define ENDING 2
byte session[SESSIONS];
bit admitted[SESSIONS];     /* at some time: before, its cookie isn't handed out */
bit is_another;             /* under session 0's ID lives another session, of a later login */
byte named[ORDERS];         /* the sessions that a logout has named and that are still there */
bit known[ORDERS];          /* the logout's record is there, and its barrier */
bit done[ORDERS];           /* a complete outcome is recorded */
byte holder[SESSIONS];      /* 1 + the round that has it; 0: none */
byte left[SESSIONS];        /* the time that is left of the claim, by a clock that doesn't deviate */
bit kept;                   /* our request of order 1 is kept for its IdP */
#ifdef FAULT_FIRST_OUTCOME_IS_FINAL
bit has_outcome[ORDERS];
#endif

byte skew[NODES];           /* how far a node's clock is ahead */
byte authn;                 /* AuthnInstant of the IdP's session, from which all sessions here come */
byte as_of[ORDERS];
#ifdef EXPIRY
byte life = 2;              /* the time that is left of session 0, by a clock that doesn't deviate */
#define is_expired(s, n) ((s) == 0 && life <= skew[n])
#else
#define is_expired(s, n) false
#endif

/* The answer of the last operation. */
hidden byte granted;        /* the sessions that the claim got */
hidden byte elsewhere;      /* the sessions that another round has */
hidden byte is_complete;
hidden byte is_admitted;

#define names(s, o) in(s, names_of[o])
#define has_claim(s, r) (holder[s] == (r) + 1)
#define has_run_out(s, n) (left[s] <= skew[n])
#define another_has(s, r, n) (holder[s] != 0 && !has_claim(s, r) && !has_run_out(s, n))

/* = SessionStore::find: by node n's clock */
#ifdef FAULT_FIND_SEES_ENDING_AS_ALIVE
#define is_found(s, n) (session[s] != ABSENT && !is_expired(s, n))
#else
#define is_found(s, n) (session[s] == ACTIVE && !is_expired(s, n))
#endif

inline forget(s, sessions) {
    session[s] = (in(s, sessions) -> ABSENT : session[s]);
    holder[s] = (in(s, sessions) -> 0 : holder[s]);
    left[s] = (in(s, sessions) -> 0 : left[s])
}
inline forget_all(sessions) {
    EACH_SESSION(forget, sessions);
    named[0] = named[0] & ~(sessions);
    named[1] = named[1] & ~(sessions)
}

/* = forbids */
#ifdef FAULT_NO_BARRIER
#define is_forbidden(s, o) false
#else
#define is_forbidden(s, o) (known[o] && names(s, o) && authn <= as_of[o])
#endif
/* = SessionStore::admit, admit_body. An ID is taken while its session is ending, too. */
inline admit(s) {
    if
#ifdef FAULT_LOGIN_TAKES_THE_ID_OF_WHAT_IS_ENDING
    :: session[s] == ENDING -> forget_all(only(s)); session[s] = ACTIVE; is_another = 1; is_admitted = 1
#endif
    :: session[s] != ABSENT -> is_admitted = (session[s] == ACTIVE)
    :: session[s] == ABSENT && (is_forbidden(s, 0) || is_forbidden(s, 1)) -> is_admitted = 0
    :: else -> session[s] = ACTIVE; admitted[s] = 1; is_admitted = 1
    fi
}

/* = RoundClaim. Its `until` is absolute: the answer may be lost, and the same claim come once more, or later. */
#define UNTIL(n) (LEASE + skew[n])
#ifdef FAULT_FIRST_OUTCOME_WINS
#define is_granted(s, o, r, n) in(s, named[o])
#elif defined FAULT_RECOVERY_BESIDE_A_LIVE_ROUND
#define is_granted(s, o, r, n) (in(s, named[o]) && (r == RECOVERY || !another_has(s, r, n)))
#else
#define is_granted(s, o, r, n) (in(s, named[o]) && !another_has(s, r, n))
#endif
/* A claim that comes late doesn't shorten the one that its round has. */
#ifdef FAULT_LATE_CLAIM_SHORTENS
#define later_of(s, r, until) until
#else
#define later_of(s, r, until) (has_claim(s, r) && left[s] > until -> left[s] : until)
#endif
byte packet_takes;          /* for a claim that is late: the sessions whose claims had run out when it was sent */
inline take(s, r, until) {
    left[s] = (in(s, granted) -> later_of(s, r, until) : left[s]);
    holder[s] = (in(s, granted) -> r + 1 : holder[s])
}
inline claim(o, r, sessions, until) {
    granted = sessions;
    elsewhere = named[o] & ~granted;
    EACH_SESSION(take, r, until);
    packet_takes = packet_takes & ~granted;
    is_complete = done[o]
}

/* = SessionStore::resume_logout */
inline resume_logout(o, r, n) {
    claim(o, r, SESSIONS_THAT(is_granted, o, r, n), UNTIL(n))
}

/* = SessionStore::begin_logout, begin_body. The engines know the sessions that a logout waits for by a number. */
#ifdef FAULT_EXPIRED_ISNT_NAMED
#define is_to_end(s, o, n) (session[s] != ABSENT && names(s, o) && !(session[s] == ACTIVE && is_expired(s, n)))
#else
#define is_to_end(s, o, n) (session[s] != ABSENT && names(s, o))
#endif
#ifdef FAULT_BEGIN_IN_TWO_STEPS
byte listed = (1 << SESSIONS) - 1;
#define NAMED_BY(o, n) (listed & SESSIONS_THAT(is_to_end, o, n))
#else
#define NAMED_BY(o, n) SESSIONS_THAT(is_to_end, o, n)
#endif
inline turn_ending(s, o) {
    session[s] = (in(s, named[o]) -> ENDING : session[s])
}
inline record(o, n) {
    named[o] = (known[o] -> named[o] : NAMED_BY(o, n));
    known[o] = 1;
    EACH_SESSION(turn_ending, o)
}
inline begin_logout(o, r, n) {
    record(o, n);
    resume_logout(o, r, n)
}

/* = SessionStore::complete_logout, complete_body, RoundReport */
/* = drop_body. Of very many that are gone, all but the last piece is forgotten before: a report of some, by a round that
 * keeps the others, comes to the same. */
#if defined FAULT_FIRST_OUTCOME_WINS || defined FAULT_FORGETS_WHAT_ANOTHER_ROUND_HAS
#define may_be_forgotten(s, o, r) in(s, named[o])
#else
#define may_be_forgotten(s, o, r) (in(s, named[o]) && has_claim(s, r))
#endif
inline give_back(s, o, r) {
    left[s] = (in(s, named[o]) && has_claim(s, r) -> 0 : left[s]);
    holder[s] = (in(s, named[o]) && has_claim(s, r) -> 0 : holder[s])
}
inline prolong(s, o, r, until) {
    left[s] = (in(s, named[o]) && has_claim(s, r) -> later_of(s, r, until) : left[s])
}
inline complete_logout(o, r, gone, is_at_work, until) {
    granted = (gone) & SESSIONS_THAT(may_be_forgotten, o, r);
    forget_all(granted);
    if
    :: is_at_work -> EACH_SESSION(prolong, o, r, until)
    :: else -> EACH_SESSION(give_back, o, r)
    fi;
#if defined FAULT_FIRST_OUTCOME_WINS || defined FAULT_OUTCOME_OF_ONE_ROUND
    done[o] = done[o] || !some_failed[r];
#elif defined FAULT_FIRST_OUTCOME_IS_FINAL
    done[o] = done[o] || (named[o] == 0 && !has_outcome[o]);
    has_outcome[o] = 1;
#else
    done[o] = done[o] || named[o] == 0;
#endif
    is_complete = done[o]
}
