/* The service at each node: requests, logouts that start here, recovery. */

#if defined FAULT_FIRST_OUTCOME_WINS || defined FAULT_OUTCOME_OF_ONE_ROUND
bit some_failed[ROUNDS];    /* as the round saw it by itself */
#define REMEMBER_FAILURES(r) some_failed[r] = ANY_SESSION(has_failed, r)
#else
#define REMEMBER_FAILURES(r) skip
#endif

/* = StoreErrc::store_failed: the caller has stopped waiting, and the request is still on its way to the store. */
#define NOTHING 0
#define BEGIN 1
#define RESUME 2
#define COMPLETE 3
#define ADMIT 4
byte lost_answers = LOST;
byte packet, packet_round, packet_gone, packet_until;
bit packet_is_at_work;

#define can_lose (lost_answers > 0 && packet == NOTHING)
#define can_be_taken(s, r, n) (holder[s] != 0 && !has_claim(s, r) && has_run_out(s, n))
inline lose(kind, r, gone, is_at_work) {
    can_lose -> lost_answers--;
    if
    :: packet = kind; packet_round = r; packet_gone = gone; packet_is_at_work = is_at_work;
        packet_until = UNTIL(node_of[r]);
        packet_takes = SESSIONS_THAT(can_be_taken, r, node_of[r])
    :: skip                 /* it never arrives */
    fi
}
inline arrived() {
    packet = NOTHING; packet_round = 0; packet_gone = 0; packet_is_at_work = 0; packet_until = 0; packet_takes = 0
}

/* A node passes its time with each request: a late claim takes no session for which it would have been too early. */
#define its_order order_of[packet_round]
#define its_node node_of[packet_round]
#define is_granted_late(s) (in(s, named[its_order]) && \
    (holder[s] == 0 || has_claim(s, packet_round) || in(s, packet_takes)))
proctype network() {
end:
    do
    :: d_step { packet == BEGIN ->
        record(its_order, its_node);
        claim(its_order, packet_round, SESSIONS_THAT(is_granted_late), packet_until);
        arrived() }
    :: d_step { packet == RESUME ->
        claim(its_order, packet_round, SESSIONS_THAT(is_granted_late), packet_until);
        arrived() }
    :: d_step { packet == COMPLETE ->
        complete_logout(its_order, packet_round, packet_gone, packet_is_at_work, packet_until);
        arrived() }
#ifdef LOGIN
    :: d_step { packet == ADMIT -> admit(1); arrived() }
#endif
    od
}

/* = answer_outcome: Success is signed for a complete outcome. */
#ifdef STARTS_HERE
bit knows[ROUNDS];          /* the outcome here */
#define learn(r) knows[r] = 1
#define AFTERWARDS CLOSED   /* the IdP is asked then */
#else
#define learn(r) skip
#define AFTERWARDS IDLE
#endif
inline answer(r) {
    success[order_of[r]] = success[order_of[r]] || is_complete;
    learn(r)
}

/* `mine` are the sessions that the claim got, until the applications are told. */
inline go_on(r, mine, waits) {
    if
    :: is_complete -> phase[r] = AFTERWARDS; answer(r)
    :: else -> phase[r] = (granted -> ASKING : OPEN); mine = granted; waits = (!granted && elsewhere)
    fi
}

/* = ApplicationRound::start: only under a claim that stands by the node's own clock. */
#ifdef FAULT_TELLS_AFTER_ITS_CLAIM
#define may_be_told(s, r, mine) in(s, mine)
#else
#define may_be_told(s, r, mine) (in(s, mine) && has_claim(s, r) && left[s] - skew[node_of[r]] > MARGIN)
#endif
inline tell(r, mine) {
    granted = SESSIONS_THAT(may_be_told, r, mine);
    EACH_SESSION(end_sessions, r, granted);
    mine = 0;
    phase[r] = OPEN
}

/* = ApplicationRound::close: at any time, as the deadline may come at any time. Silence is a failure. */
inline close(r, gone, is_at_work) {
    gone = SESSIONS_THAT(is_gone, r);
    late[r] = SESSIONS_THAT(is_out, r);
    is_at_work = (late[r] != 0);
    REMEMBER_FAILURES(r);
    EACH_SESSION(forget_report, r);
    phase[r] = CLOSED
}

inline put_away(r, gone, is_at_work, waits) {
    phase[r] = AFTERWARDS; gone = 0; is_at_work = 0; waits = 0
}

#define can_go_on(o, r, n) (!done[o] && (named[o] == 0 || ANY_SESSION(is_granted, o, r, n)))

/* The steps of a logout, between the labels `begin` and `over` of its process. To `over` it goes where it doesn't know
 * whether the logout has begun. */
inline carry_out(r, mine, gone, is_at_work, waits) {
    if
    :: d_step { begin_logout(order_of[r], r, node_of[r]); go_on(r, mine, waits) }
    :: atomic { lose(BEGIN, r, 0, 0); if :: phase[r] = ASKING; goto begin :: phase[r] = AFTERWARDS; goto over fi }
    fi;
at_the_applications:
    if
    :: phase[r] == AFTERWARDS -> goto ended
    :: atomic { phase[r] == ASKING -> tell(r, mine); goto at_the_applications }
    :: d_step { phase[r] == OPEN -> close(r, gone, is_at_work) }
    /* Another round has all of it. The request waits for that one; or goes on, and answers that it isn't finished. */
    :: atomic { phase[r] == OPEN && waits && can_go_on(order_of[r], r, node_of[r]) ->
        resume_logout(order_of[r], r, node_of[r]);
        go_on(r, mine, waits);
        goto at_the_applications }
    fi;
completing:
    if
    :: d_step {
        complete_logout(order_of[r], r, gone, is_at_work, UNTIL(node_of[r]));
        answer(r);
        put_away(r, gone, is_at_work, waits) }
    :: atomic { lose(COMPLETE, r, gone, is_at_work);
        if :: goto completing :: put_away(r, gone, is_at_work, waits) fi }
    fi;
ended:
    skip
}

/* = LogoutService::begin, PendingLogout::finish */
proctype request(byte r) {
    byte mine, gone;
    bit waits, is_at_work;
#ifdef FAULT_BEGIN_IN_TWO_STEPS
    atomic { listed = SESSIONS_THAT(is_to_end, order_of[r], node_of[r]) };
#endif
begin: {
        carry_out(r, mine, gone, is_at_work, waits)
    } unless { d_step { dead[r] -> dead[r] = 0; mine = 0; gone = 0; is_at_work = 0; waits = 0 } };
over:
end:
    false
}

#ifdef STARTS_HERE
bit idp_told;

/* = forget, KeptRequests::drop_request */
inline forget_request(r) {
    assert(idp_told && knows[r]);
    kept = 0
}

/* = ask, IdpLink::ask, settle: the IdP may have the request, and its answer be lost. Once it is there, the request is
 * forgotten if the outcome here is known, too. Else it's due again. */
inline ask_and_settle(r) {
    if
    :: atomic { idp_told = 1; if :: knows[r] -> forget_request(r) :: else fi }
    :: idp_told = 1
    :: skip
    fi
}

#ifdef FAULT_LOST_BEGIN_IS_TAKEN_FOR_NOTHING
#define GIVE_UP(r) forget_request(r)
#else
#define GIVE_UP(r) skip
#endif

/* = start_logout, keep, keep_and_begin, begin_here, KeptRequests::keep_request */
proctype start_logout(byte r) {
    byte mine, gone;
    bit waits, is_at_work;
    atomic { kept = 1; phase[r] = ASKING };
begin: {
        carry_out(r, mine, gone, is_at_work, waits);
        ask_and_settle(r);
        goto settled;
over:   GIVE_UP(r);
settled:
        atomic { phase[r] = IDLE; knows[r] = 0 }
    } unless { d_step { dead[r] -> dead[r] = 0; mine = 0; gone = 0; is_at_work = 0; waits = 0; knows[r] = 0 } };
end:
    false
}
#endif

/* RoundIDs are unique. Here one is used again, once nothing of its earlier round can come any more. */
#define still_has(s, r) (has_claim(s, r) && !has_run_out(s, node_of[r]))
#define is_unused(r) (phase[r] == IDLE && !late[r] && !ANY_SESSION(is_out, r) && !(packet && packet_round == r) && \
    !ANY_SESSION(still_has, r))

#ifdef STARTS_HERE
/* = send_again, take_due, KeptRequests::take_due_requests: also while the process that kept it is at work on it. */
proctype send_kept_requests(byte r) {
    byte mine, gone;
    bit waits, is_at_work;
end:
    atomic { kept && is_unused(r) -> phase[r] = ASKING };
begin: {
        carry_out(r, mine, gone, is_at_work, waits);
        ask_and_settle(r);
over:   atomic { phase[r] = IDLE; knows[r] = 0 }
    } unless { d_step { dead[r] -> dead[r] = 0; mine = 0; gone = 0; is_at_work = 0; waits = 0; knows[r] = 0 } };
    goto end
}
#endif

/* = LogoutService::recover, LogoutService::Impl::recover_one, SessionStore::unfinished_logouts, look_body: the claim
 * looks anew at each logout of the list. */
#ifdef FAULT_FIRST_OUTCOME_IS_FINAL
#define is_unfinished(o, n) (known[o] && can_go_on(o, RECOVERY, n) && (named[o] != 0 || !has_outcome[o]))
#else
#define is_unfinished(o, n) (known[o] && can_go_on(o, RECOVERY, n))
#endif
inline recover(o, n, mine) {
    order_of[RECOVERY] = o;
    node_of[RECOVERY] = n;
    resume_logout(o, RECOVERY, n);
    phase[RECOVERY] = (granted -> ASKING : OPEN);
    mine = granted
}

proctype recovery() {
    byte mine, gone;
    bit is_at_work;
end:
    {
        if
        :: d_step { is_unused(RECOVERY) && is_unfinished(0, 0) -> recover(0, 0, mine) }
        :: d_step { is_unused(RECOVERY) && is_unfinished(0, 1) -> recover(0, 1, mine) }
        :: d_step { is_unused(RECOVERY) && is_unfinished(1, 0) -> recover(1, 0, mine) }
        :: d_step { is_unused(RECOVERY) && is_unfinished(1, 1) -> recover(1, 1, mine) }
        :: atomic { can_lose && is_unused(RECOVERY) && is_unfinished(0, 1) ->
            order_of[RECOVERY] = 0;
            node_of[RECOVERY] = 1;
            lose(RESUME, RECOVERY, 0, 0);
            goto end }
        fi;
        if
        :: d_step { phase[RECOVERY] == ASKING -> tell(RECOVERY, mine) }
        :: phase[RECOVERY] == OPEN -> skip
        fi;
        d_step { close(RECOVERY, gone, is_at_work) };
completing:
        if
        :: d_step {
            complete_logout(order_of[RECOVERY], RECOVERY, gone, is_at_work, UNTIL(node_of[RECOVERY]));
            phase[RECOVERY] = IDLE; gone = 0; is_at_work = 0 }
        :: atomic { lose(COMPLETE, RECOVERY, gone, is_at_work);
            if :: goto completing :: phase[RECOVERY] = IDLE; gone = 0; is_at_work = 0 fi }
        fi
    } unless { d_step { dead[RECOVERY] -> dead[RECOVERY] = 0; mine = 0; gone = 0; is_at_work = 0 } };
    goto end
}

/* = LogoutService::recover, RoundReport: for rounds that were closed while applications were at work. The claim is
 * prolonged; and when the applications have reported, the store learns of it, or the claim runs out. */
#define runs_out(s, r) (has_claim(s, r) && left[s] - 1 - skew[node_of[r]] <= MARGIN)
#define has_reported(r) (late[r] && !ANY_SESSION(is_out, r))
proctype keeper(byte r) {
end:
    do
#ifndef FAULT_LATE_ROUND_ISNT_RENEWED
    :: d_step { late[r] && !has_reported(r) && ANY_SESSION(runs_out, r) ->
        complete_logout(order_of[r], r, 0, true, UNTIL(node_of[r])) }
#endif
    :: d_step { has_reported(r) ->
        complete_logout(order_of[r], r, SESSIONS_THAT(is_gone, r), false, 0);
        late[r] = 0;
        EACH_SESSION(forget_report, r) }
    :: d_step { has_reported(r) && can_lose -> lost_answers--; late[r] = 0; EACH_SESSION(forget_report, r) }
    od
}
