/* A model of a login's way into the shared store (sp/src/store/redis/redis_admission.cpp). It is one step of logout.pml, and
 * takes three there, because a session's ID and its principal's sessions may lie on different servers.
 *
 * The promise: no two principals are told at once that an ID is theirs; and a session of which a login was told that it
 * is admitted is found by find() until a logout begins, which finds it too.
 *
 * Left out: that sessions expire, barriers (admit_body looks at them in the step that makes the session live), and lost
 * answers (a login that stops anywhere stands for them). Logins 0 and 1 are of the same session of principal 0, at two
 * nodes or one after the other; login 2 is another principal's with the same ID. */

#define LOGINS 3
#define TRIES 2                 /* = max_tries */
#define LATE_LOGINS 2           /* = login_at_work: how often a login may take longer than its place is kept for it */
#define principal_of(nonce) ((nonce) / (2 * TRIES))

/* = Login::claim: a place tells whose the ID is, and whether that login is still on its way. */
#define NOTHING 0
#define on_its_way(nonce) (1 + 2 * (nonce))
#define final(nonce) (2 + 2 * (nonce))
#define nonce_at(place) (((place) - 1) / 2)
#define is_final(place) ((place) % 2 == 0)

byte place;                     /* of the only ID here */
byte record[2];                 /* a principal's session of that ID: 1 + the nonce that it was written with; 0: none */
bit ending[2];
bit told[LOGINS];               /* that it's admitted: its cookie is handed out */
bit logged_out;                 /* principal 0: nothing is promised to its logins any more */
byte late_logins = LATE_LOGINS;

#define is_alive(p) (record[p] != 0 && !ending[p])

/* = replace_body: only where exactly `seen` stands. What stands there then is left in `there`. */
inline replace_place(seen, by) {
    place = (place == (seen) -> by : place);
    there = place
}

/* = RedisOperations::admit, RedisOperations::try_admit, RedisOperations::log_in: each try has a nonce of its own. */
proctype login(byte me) {
    byte nonce = me * TRIES, there, seen;
    byte p = principal_of(me * TRIES);
again:
    /* = claim_body */
    atomic {
        place = (place == NOTHING -> on_its_way(nonce) : place);
        there = place;
        if
        :: there == on_its_way(nonce) -> goto admitting
        :: else
        fi
    };
    /* = RedisOperations::holder_of */
    if
    :: record[principal_of(nonce_at(there))] == 0 ->
        seen = there;
        atomic {
            replace_place(seen, on_its_way(nonce));
            if
            :: there == on_its_way(nonce) -> goto admitting
            :: else -> goto another_try
            fi
        }
    :: principal_of(nonce_at(there)) == p && is_alive(p) -> seen = there; goto confirming
    :: else -> goto over                    /* it's ending, or another's */
    fi;
admitting:
    /* = RedisOperations::admit_at, admit_body. A session that is there already becomes this login's; else the earlier
     * login would take it along, should it have to withdraw. */
    if
    :: atomic { ending[p] -> replace_place(on_its_way(nonce), NOTHING); goto over }
#ifdef FAULT_WITHDRAWS_WHAT_ANOTHER_FOUND
    :: atomic { !ending[p] -> record[p] = (record[p] == 0 -> nonce + 1 : record[p]) }
#else
    :: atomic { !ending[p] -> record[p] = nonce + 1 }
#endif
    fi;
    seen = on_its_way(nonce);
confirming:
    /* = RedisOperations::confirm */
    atomic {
        replace_place(seen, final(nonce_at(seen)));
        if
#ifdef FAULT_PLACE_ISNT_CHECKED
        :: true -> told[me] = 1; goto over
#else
        :: there == final(nonce_at(seen)) -> told[me] = 1; goto over
        :: there != final(nonce_at(seen)) && there != NOTHING && principal_of(nonce_at(there)) == p -> goto another_try
        :: else
#endif
        fi
    };
    /* = RedisOperations::withdraw, withdraw_body */
    atomic {
        if
        :: is_alive(p) && record[p] == nonce + 1 -> record[p] = 0
        :: else
        fi
    };
another_try:
    atomic {
        seen = NOTHING;
        there = NOTHING;
        nonce++;
        if
        :: nonce < (me + 1) * TRIES -> goto again
        :: else
        fi
    };
over:
end:
    false
}

/* = RedisOperations::begin_logout, begin_body; RedisOperations::complete_logout, complete_body */
proctype logout() {
    byte there;
    atomic { logged_out = 1; ending[0] = (record[0] != 0) };
    if
    :: ending[0] ->
        atomic { there = record[0]; record[0] = 0; ending[0] = 0 };
        atomic { replace_place(final(there - 1), NOTHING) }
    :: else
    fi;
end:
    false
}

proctype time() {
end:
    do
    :: atomic { late_logins > 0 && place != NOTHING && !is_final(place) -> late_logins--; place = NOTHING }
    od
}

/* = RedisOperations::find */
#define is_found(p) (place != NOTHING && principal_of(nonce_at(place)) == (p) && is_alive(p))
#define is_told(p) ((p) == 0 -> told[0] || told[1] : told[2])

proctype judge() {
end:
    do
    :: atomic { is_told(0) && is_told(1) && !logged_out -> assert(!told[2]) }
    :: atomic { is_told(0) && !logged_out && !is_found(0) -> assert(!(told[0] || told[1])) }
    :: atomic { is_told(1) && !is_found(1) -> assert(!told[2]) }
    od
}

init {
    atomic {
        run judge();
        run time();
        run logout();
        run login(0);
        run login(1);
        run login(2);
    }
}
