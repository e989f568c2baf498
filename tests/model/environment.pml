/* Time, crashes, logins; the judge; and how everything begins. */

#ifdef EXPIRY
#define IS_MORTAL (life > 0)
#define GROW_OLDER life = (life > 0 -> life - 1 : 0)
#else
#define IS_MORTAL false
#define GROW_OLDER skip
#endif

/* A round that has told its applications lets no claim run out: time waits for it. */
#if defined STANDS_STILL
#define is_looked_after(r) false
#elif defined FAULT_LATE_ROUND_ISNT_RENEWED
#define is_looked_after(r) (phase[r] == OPEN)
#else
#define is_looked_after(r) (phase[r] == OPEN || (late[r] && !has_reported(r)))
#endif
#define holds_time(r) (is_looked_after(r) && ANY_SESSION(runs_out, r))
#define is_claimed(s) (left[s] > 0)
inline pass(s) {
    left[s] = (left[s] > 0 -> left[s] - 1 : 0)
}

/* Applications in the node's process die with it, and their work may be rolled back; others go on. */
#define is_there(r, n) (node_of[r] == n && (phase[r] != IDLE || late[r]))
#define dies(r, s, n) (node_of[r] == n && call_of(s, r) == AT_WORK)
inline roll_back(s, n) {
    has[s] = has[s] || ANY_ROUND(dies, s, n)
}
inline crash_call(s, r) {
#ifdef IN_PROCESS
    end_call(s, r, NOT_CALLED)
#else
    forget_report(s, r)
#endif
}
inline crash_round(r, n) {
    if
    :: node_of[r] == n ->
        dead[r] = dead[r] || phase[r] != IDLE;
        phase[r] = IDLE;
        late[r] = 0;
        EACH_SESSION(crash_call, r)
    :: else -> skip
    fi
}
byte crashes = CRASHES;
inline crash(n) {
    crashes--;
    EACH_ROUND(crash_round, n)
}

proctype environment() {
end:
    do
    :: d_step { (ANY_SESSION(is_claimed) || packet_until > 0 || IS_MORTAL) && !ANY_ROUND(holds_time) ->
        EACH_SESSION(pass);
        packet_until = (packet_until > 0 -> packet_until - 1 : 0);
        GROW_OLDER }
    :: d_step { crashes > 0 && ANY_ROUND(is_there, 0) -> crash(0) }
    :: d_step { crashes > 0 && ANY_ROUND(is_there, 1) -> crash(1) }
#ifdef IN_PROCESS
    :: d_step { crashes > 0 && ANY_ROUND(is_there, 0) -> EACH_SESSION(roll_back, 0); crash(0) }
    :: d_step { crashes > 0 && ANY_ROUND(is_there, 1) -> EACH_SESSION(roll_back, 1); crash(1) }
#endif
    od
}

#ifdef LOGIN
/* The host, with a late assertion. */
proctype login() {
#ifndef FAULT_ADMITTED_BEFORE_THE_APPLICATION_HAS_IT
    has[1] = 1;
#endif
admitting:
    if
    :: d_step { admit(1); has[1] = (is_admitted -> has[1] : 0) }
    :: atomic { lose(ADMIT, 0, 0, 0); if :: goto admitting :: has[1] = 0 fi }
    fi;
#ifdef FAULT_ADMITTED_BEFORE_THE_APPLICATION_HAS_IT
    has[1] = admitted[1];
#endif
end:
    false
}
#endif

#ifdef SAME_ID
/* A later login, which no order here forbids, under session 0's ID while that is taken. */
proctype login_with_the_same_id() {
end_without:
    d_step { session[0] != ABSENT -> admit(0) };
end:
    false
}
#endif

#define is_found_somewhere(s) ((is_found(s, 0) || is_found(s, 1)) && !((s) == 0 && is_another))
#define is_at_work_on(r, s) (call_of(s, r) == AT_WORK)
#define lives(s) (is_found_somewhere(s) || (admitted[s] && has[s]) || ANY_ROUND(is_at_work_on, s))
#define belies(s, o) (names(s, o) && lives(s))
#define is_found_though_named(s, o) (in(s, named[o]) && is_found_somewhere(s))
#define is_left(o) (known[o] && !done[o])
#ifdef LOGIN
#define is_request_left false           /* no process takes up a kept request there */
#else
#define is_request_left kept
#endif

/* run.py knows by the assertion's words which promise is broken. */
proctype judge() {
end:
    do
    :: atomic { ANY_SESSION(belies, 0) && success[0] -> assert(!success[0]) }
    :: atomic { ANY_SESSION(belies, 1) && success[1] -> assert(!success[1]) }
    :: atomic { ANY_SESSION(is_found_though_named, 0) -> assert(!named[0]) }
    :: atomic { ANY_SESSION(is_found_though_named, 1) -> assert(!named[1]) }
    /* Where no more step is possible, everything is done. */
    :: atomic { timeout -> assert(!is_left(0) && !is_left(1) && !is_request_left); break }
    od
}

/* = barrier: the IdP's clock, and so AuthnInstant, may be ahead of ours. */
#define OUR_TIME 1
#if defined STARTS_HERE && defined FAULT_BARRIER_BY_OUR_CLOCK
#define AS_OF_OURS OUR_TIME
#else
#define AS_OF_OURS (authn > OUR_TIME -> authn : OUR_TIME)
#endif

inline set_the_scene() {
    session[0] = ACTIVE;
    has[0] = 1;
    admitted[0] = 1;
    names_of[0] = (1 << SESSIONS) - 1;
#ifdef STARTS_HERE
    names_of[1] = names_of[0];
    order_of[FIRST] = 1;
    order_of[OTHER] = 1;
#else
    names_of[1] = only(0);
#endif
#ifdef SECOND_ORDER
    order_of[OTHER] = 1;
#endif
    node_of[FIRST] = 0;
    if
    :: node_of[OTHER] = 0
    :: node_of[OTHER] = 1
    fi;
#if DEVIATION > 0
    if
    :: skew[0] = DEVIATION
    :: skew[1] = DEVIATION
    fi;
#endif
    authn = OUR_TIME;
#if defined STARTS_HERE && defined LOGIN
    if
    :: skip
    :: authn = OUR_TIME + 1
    fi;
#endif
    as_of[0] = authn;
    as_of[1] = AS_OF_OURS
}
