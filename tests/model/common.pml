/* Sizes and names, and how to say a thing of each session and of each round. */

#define NODES 2
#define ORDERS 2            /* of one principal; order 1 is a second one of the IdP, or ours (STARTS_HERE) */
#ifdef LOGIN
#define SESSIONS 2          /* session 0 is there from the beginning, session 1 comes with a late assertion */
#else
#define SESSIONS 1
#endif

/* = RoundID: the rounds, each of which a process of service.pml runs. */
#define FIRST 0             /* of a request at node 0, or of a logout that starts there */
#define OTHER 1             /* of its repeat, a second order, or a kept request that is taken up, at either node */
#define RECOVERY 2          /* of recovery, at either node */
#define ROUNDS 3

/* How often each of these happens at most. */
#ifndef LOST
#define LOST 1              /* an answer of the store is lost: it has done as asked, does so later, or never */
#endif
#ifndef CRASHES
#define CRASHES 1           /* a node crashes, and starts again */
#endif
#ifndef FAILURES
#define FAILURES 1          /* an application fails at a session */
#endif

/* Times are small numbers. A claim stands for LEASE by the clock of its node, which renews it while there is more than
 * MARGIN left. */
#ifndef DEVIATION
#define DEVIATION 0         /* how far the nodes' clocks are apart */
#endif
#ifdef FAULT_CLAIM_WITHOUT_MARGIN
#define MARGIN 0
#else
#define MARGIN DEVIATION
#endif
#define LEASE (2 + MARGIN)

/* Sets of sessions, and of rounds, are bit masks. */
#define in(s, set) (((set) >> (s)) & 1)
#define only(s) (1 << (s))

#if SESSIONS == 2
#define EACH_SESSION(step, ...) step(0, ##__VA_ARGS__); step(1, ##__VA_ARGS__)
#define ANY_SESSION(is_so, ...) (is_so(0, ##__VA_ARGS__) || is_so(1, ##__VA_ARGS__))
#define SESSIONS_THAT(are_so, ...) (are_so(0, ##__VA_ARGS__) | (are_so(1, ##__VA_ARGS__) << 1))
#else
#define EACH_SESSION(step, ...) step(0, ##__VA_ARGS__)
#define ANY_SESSION(is_so, ...) (is_so(0, ##__VA_ARGS__))
#define SESSIONS_THAT(are_so, ...) (are_so(0, ##__VA_ARGS__))
#endif
#define EACH_ROUND(step, ...) step(0, ##__VA_ARGS__); step(1, ##__VA_ARGS__); step(2, ##__VA_ARGS__)
#define ANY_ROUND(is_so, ...) (is_so(0, ##__VA_ARGS__) || is_so(1, ##__VA_ARGS__) || is_so(2, ##__VA_ARGS__))
#define ROUNDS_THAT(are_so, ...) \
    (are_so(0, ##__VA_ARGS__) | (are_so(1, ##__VA_ARGS__) << 1) | (are_so(2, ##__VA_ARGS__) << 2))

byte node_of[ROUNDS];
byte order_of[ROUNDS];
byte names_of[ORDERS];      /* the sessions that an order means, also one that isn't there yet */
bit success[ORDERS];        /* a signed Success has left for it; or its user was told that everything is over here */

#define IDLE 0
#define ASKING 1            /* the store is asked, or has just answered */
#define OPEN 2              /* the applications are told, and waited for until the deadline */
#define CLOSED 3            /* the round's report is on its way to the store */
byte phase[ROUNDS];
byte late[ROUNDS];          /* the sessions that the applications were still at work on when the round was closed */
bit dead[ROUNDS];           /* the node has crashed under the process that runs it */
