// What links saml-slo::core alone: sessions in memory.

#include "../logout.hpp"
#include "slo/sp/memory_session_store.hpp"

int main() {
    const consumer::FixedClock clock;
    slo::sp::MemorySessionStore store(clock, slo::saml::KeyedDigest::with_random_key().value());
    return consumer::play(store, clock);
}
