/* A model of Redis' failovers, which tells why the store may be one in logout.pml: a master, its replicas, a promotion
 * of which some nodes don't hear for a while, and the lease under which answers count (sp/src/store/redis/lease.hpp).
 *
 * The promise: once a logout is acknowledged, no master whose answers count says "alive"; and no two rounds are told
 * that they have the session. For that ASKED_FOR must be the number of all replicas that may be promoted. With fewer a
 * logout can come undone. And a replica that changes from the old master to the new one has just acknowledged to the
 * old one, which still has a lease by it, when the new one counts it for a logout: settling is no help there.
 *
 * Left out: a second promotion, connections one by one, records one by one (a replica copies all of them at once).
 * Clocks only measure here how long a thing lasts, and all run alike. A tick is half a second. */

#ifndef REPLICAS
#define REPLICAS 2                      /* how many there are */
#endif
#ifndef ASKED_FOR
#define ASKED_FOR REPLICAS              /* = Acknowledgement: the setting `replicas` */
#endif
#define SERVERS 3                       /* 0 is the master, 1 the one that is promoted, 2 another replica, or a spare */
#define NO_SERVER SERVERS               /* a spare server becomes a replica after the promotion only */
#define TERM 2                          /* = lease_term */
#define FRESH 3                         /* = freshest_lag: an acknowledgement less than 2 s ago */
#define STALE (FRESH + 1)
#ifdef FAULT_NOT_SETTLED
#define SETTLING 0
#else
#define SETTLING 6                      /* = settling_time */
#endif
#define NEVER 15                        /* the writer doesn't know it as master */

byte follows[SERVERS];                  /* the server that it replicates; itself: it's a master */
bit in_step[SERVERS];                   /* it has all that its master had when it began to replicate it */
bit has_logout[SERVERS];
byte has_claim[SERVERS];                /* the round that has the session there: 1 or 2 */
byte acknowledged[SERVERS * SERVERS];   /* how long ago a replica told a master that it's there */
#define since(master, replica) acknowledged[(master) * SERVERS + (replica)]
byte lease[SERVERS];                    /* the time that is left of a reader's lease of a master */
byte reign[SERVERS];                    /* how long a writer has known it as master, up to SETTLING */
bit logged_out;                         /* begin_logout and complete_logout were answered */
bit claimed[3];                         /* a round was told that it has the session */
bit promoted;

#define is_master(m) (follows[m] == m)
#define is_replica_of(r, m) ((r) != (m) && follows[r] == (m))
#define is_fresh(r, m) ((r) != (m) && since(m, r) <= FRESH)
#define fresh_replicas(m) (is_fresh(0, m) + is_fresh(1, m) + is_fresh(2, m))
#define has_same(r, m) \
    (is_replica_of(r, m) && in_step[r] && has_logout[r] == has_logout[m] && has_claim[r] == has_claim[m])
#define waited_for(m) (has_same(0, m) + has_same(1, m) + has_same(2, m))

/* = Server::send: an answer counts while the lease stands, also that of a master that is a replica since. */
#ifdef FAULT_NO_LEASE
#define is_believed(m) is_master(m)
#else
#define is_believed(m) (lease[m] > 0)
#endif
/* = Server::judge_batch: behind a WAIT, and in a reign that has settled. */
#ifdef FAULT_NO_WAIT
#define has_enough(m) true
#else
#define has_enough(m) (waited_for(m) >= ASKED_FOR)
#endif
#define counts(m) (is_master(m) && reign[m] != NEVER && reign[m] >= SETTLING && has_enough(m))

inline copy_from_master(r) {
    has_logout[r] = has_logout[follows[r]];
    has_claim[r] = has_claim[follows[r]];
    in_step[r] = 1
}

/* = Server::judge_poll, Lease::renew, parse_replication_info */
#define POLL(m) :: d_step { is_master(m) && fresh_replicas(m) >= ASKED_FOR -> lease[m] = TERM }
/* = Server::greet_waiting, Reign::observe */
#define MEET(m) :: d_step { is_master(m) && reign[m] == NEVER -> reign[m] = 0 }
/* = begin_body, complete_body: one step here, and its answer another. */
#define LOG_OUT(m) \
    :: d_step { is_master(m) && !has_logout[m] -> has_logout[m] = 1 } \
    :: d_step { has_logout[m] && counts(m) -> logged_out = 1 }
/* = RoundClaim */
#ifdef FAULT_CLAIM_ISNT_WAITED_FOR
#define CLAIM(m, round) \
    :: d_step { is_master(m) && !has_claim[m] -> has_claim[m] = round } \
    :: d_step { has_claim[m] == round && is_believed(m) -> claimed[round] = 1 }
#else
#define CLAIM(m, round) \
    :: d_step { is_master(m) && !has_claim[m] -> has_claim[m] = round } \
    :: d_step { has_claim[m] == round && counts(m) -> claimed[round] = 1 }
#endif

proctype nodes() {
end:
    do
    POLL(0) POLL(1) MEET(1)
#ifndef AT_THE_NEW_MASTER_ONLY
    LOG_OUT(0)
#endif
    LOG_OUT(1)
#ifndef WITHOUT_CLAIMS
    CLAIM(0, 1) CLAIM(1, 1) CLAIM(0, 2) CLAIM(1, 2)
#endif
    od
}

#ifdef SPARE
#define MAY_FOLLOW(r) true
#else
#define MAY_FOLLOW(r) ((r) <= REPLICAS)
#endif
#define REPLICATE(r) \
    :: d_step { !is_master(r) && follows[r] != NO_SERVER -> copy_from_master(r) } \
    :: d_step { is_replica_of(r, 0) && in_step[r] -> since(0, r) = 0 } \
    :: d_step { is_replica_of(r, 1) && in_step[r] -> since(1, r) = 0 } \
    :: d_step { r != 1 && MAY_FOLLOW(r) && promoted && follows[r] != 1 -> follows[r] = 1; in_step[r] = 0 }
proctype servers() {
end:
    do
    REPLICATE(0) REPLICATE(1) REPLICATE(2)
    :: d_step { !promoted -> promoted = 1; follows[1] = 1 }
    od
}

#define older(m, r) since(m, r) = (since(m, r) < STALE -> since(m, r) + 1 : STALE)
#define pass(m) \
    older(m, 0); older(m, 1); older(m, 2); \
    lease[m] = (lease[m] > 0 -> lease[m] - 1 : 0); \
    reign[m] = (reign[m] < SETTLING -> reign[m] + 1 : reign[m])

proctype time() {
end:
    do
    :: d_step { true -> pass(0); pass(1) }
    od
}

#define is_lied_to(m) (is_believed(m) && !has_logout[m])

proctype judge() {
end:
    do
    :: atomic { logged_out && (is_lied_to(0) || is_lied_to(1)) -> assert(!logged_out) }
    :: atomic { claimed[1] && claimed[2] -> assert(!claimed[1]) }
    od
}

init {
    atomic {
        in_step[1] = 1; in_step[2] = 1;
        reign[0] = SETTLING; reign[1] = NEVER;
        /* A server that isn't there has acknowledged nothing. */
        since(0, 0) = STALE; since(1, 0) = STALE; since(1, 1) = STALE; since(1, 2) = STALE;
#if REPLICAS < 2
        since(0, 2) = STALE; in_step[2] = 0; follows[2] = NO_SERVER;
#endif
        run judge();
        run time();
        run servers();
        run nodes();
    }
}
