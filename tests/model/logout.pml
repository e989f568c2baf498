/* A model of the session store's protocol, for Spin: a LogoutRequest, its repeat, a second order, a logout that a user
 * starts here, recovery, and the events that may come between. ./dev model checks it in the variants of run.py.
 *
 * The promise: once a signed Success has left for an order, no session that the order names is found alive at any node
 * or admitted by a late assertion, and no application has one or is at work on one. Besides: find() answers "not alive"
 * from begin_logout on; a kept request is forgotten only when its IdP has been told and the local outcome is known; and
 * every logout that has begun gets complete, where crashes, failures and lost answers come to an end.
 *
 * Assumed of a host:
 *  - it makes a session in its application first, has it admitted then, and erases it again unless it is admitted;
 *  - its application doesn't say `already gone` while an earlier call for that session is at work. An application that
 *    is a part of the service's process (IN_PROCESS) knows of the calls of this process only.
 * Assumed of a node that lives:
 *  - it tells its applications only while its claim stands by its own clock: the store's answer comes earlier or counts
 *    as lost;
 *  - it closes its round, and renews its claim while an application is at work, before the claim has run out by another
 *    node's clock. With STANDS_STILL it doesn't; that is safe only where the application is one for all nodes and no
 *    request to the store arrives later than its own claim runs out.
 * So this model has no node that can't reach the store for the length of a claim while an application is at work in its
 * process: the store can't stop that application.
 *
 * Left out: that there are several applications (they stand here as one, which has reported when all have), several
 * principals, near misses, names under which an IdP has been known, the ends of barriers and of records, the sweep of
 * expired ones, quotas, the numbers in an outcome (only whether it is complete), strict mode, IdPs that can't be asked
 * (they get no barrier on purpose), previews and lists. The store is one here, and each of its operations is one step:
 * failover.pml and admission.pml tell why that holds for Redis. Lost answers, crashes and failures are few: LOST,
 * CRASHES, FAILURES.
 *
 * A comment that begins with = names the functions, types and scripts that a step stands for. The test model_names
 * looks for them in the sources. */

#include "common.pml"
#include "application.pml"
#include "store.pml"
#include "service.pml"
#include "environment.pml"

init {
    atomic {
        set_the_scene();
        run judge();
        run environment();
        run network();
        run applications(FIRST);
        run applications(OTHER);
        run applications(RECOVERY);
        run keeper(FIRST);
        run keeper(OTHER);
        run keeper(RECOVERY);
        run recovery();
#ifdef STARTS_HERE
        run start_logout(FIRST);
#else
        run request(FIRST);
#endif
#if !defined LOGIN && defined STARTS_HERE
        run send_kept_requests(OTHER);
#elif !defined LOGIN
        run request(OTHER);
#endif
#ifdef LOGIN
        run login();
#endif
#ifdef SAME_ID
        run login_with_the_same_id();
#endif
    }
}
