// What links saml-slo-sqlite: sessions in a file of the folder that its argument names.

#include "../logout.hpp"
#include "slo/sp/sqlite_session_store.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const consumer::FixedClock clock;
    const auto store = slo::sp::SqliteSessionStore::open(clock, {.folder = argv[1]});
    return store ? consumer::play(**store, clock) : 1;
}
