/* The applications of the host, taken together as one. */

#define NOT_CALLED 0
#define TOLD 1
#define AT_WORK 2           /* it has erased the session, and may still roll that back */
#define ENDED 3
#define ALREADY_GONE 4
#define FAILED 5
byte call[ROUNDS * SESSIONS];
#define call_of(s, r) call[(r) * SESSIONS + (s)]
#define is_out(s, r) (call_of(s, r) == TOLD || call_of(s, r) == AT_WORK)
#define is_gone(s, r) (call_of(s, r) == ENDED || call_of(s, r) == ALREADY_GONE)
#define has_failed(s, r) (is_out(s, r) || call_of(s, r) == FAILED)

bit has[SESSIONS];          /* the application's own session */
byte failures = FAILURES;

/* The calls that were out when a round's was made, as far as the application knows of them. */
byte earlier[ROUNDS * SESSIONS];
#define earlier_of(s, r) earlier[(r) * SESSIONS + (s)]
#ifdef IN_PROCESS
#define is_known_at(r, s, node) (is_out(s, r) && node_of[r] == (node))
#else
#define is_known_at(r, s, node) is_out(s, r)
#endif
#ifdef FAULT_GONE_WHILE_A_CALL_IS_AT_WORK
#define waits_for_another(s, r) false
#else
#define is_waited_for(other, s, r) (in(other, earlier_of(s, r)) && call_of(s, other) == AT_WORK)
#define waits_for_another(s, r) ANY_ROUND(is_waited_for, s, r)
#endif

inline end_sessions(s, r, sessions) {
    earlier_of(s, r) = (in(s, sessions) -> ROUNDS_THAT(is_known_at, s, node_of[r]) : 0);
    call_of(s, r) = (in(s, sessions) -> TOLD : NOT_CALLED)
}

inline is_earlier_no_more(other, s, r) {
    earlier_of(s, other) = earlier_of(s, other) & ~only(r)
}
inline end_call(s, r, verdict) {
    call_of(s, r) = verdict;
    earlier_of(s, r) = 0;
    EACH_ROUND(is_earlier_no_more, s, r)
}

/* = ApplicationRound::record. The report of a call whose node has crashed reaches no round. */
#define is_listening(r) (phase[r] == OPEN || late[r])
inline report(s, r, verdict) {
    end_call(s, r, (is_listening(r) -> verdict : NOT_CALLED))
}

/* = Application::end_sessions, Ended. A failed application has rolled back, or doesn't know how far it has come. */
#define END_SESSION(s, r) \
    :: d_step { call_of(s, r) == TOLD && has[s] -> has[s] = 0; call_of(s, r) = AT_WORK } \
    :: d_step { call_of(s, r) == TOLD && !has[s] && !waits_for_another(s, r) -> report(s, r, ALREADY_GONE) } \
    :: d_step { call_of(s, r) == AT_WORK -> report(s, r, ENDED) } \
    :: d_step { call_of(s, r) == AT_WORK && failures > 0 -> failures--; has[s] = 1; report(s, r, FAILED) } \
    :: d_step { is_out(s, r) && failures > 0 -> failures--; report(s, r, FAILED) }

proctype applications(byte r) {
end:
    do
    END_SESSION(0, r)
#if SESSIONS == 2
    END_SESSION(1, r)
#endif
    od
}

inline forget_report(s, r) {
    call_of(s, r) = (is_out(s, r) -> call_of(s, r) : NOT_CALLED)
}
