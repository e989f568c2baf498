/* = SessionStore::begin_logout, begin_body: these are there. */
/* = SessionStore::begin_logoff, PendingLogout::admit, begin_text, RoundClaim, Errc::store_failed. */
