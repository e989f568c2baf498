/* = SessionStore::begin_logout, begin_body: these are there. */
/* = SessionStore::begin_logoff, PendingLogout::sign_off, begin_text, RoundClaim, StoreErrc::store_failed. */
