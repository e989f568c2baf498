// Kills a process that serves logins and logouts from a SQLite store, at a random point, and looks whether everything
// that it had acknowledged is true afterwards: sqlite_crash_test [runs [seed]].
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <random>
#include <string_view>
#include <thread>

#include "rounds.hpp"
#include "session_store_trial.hpp"
#include "sqlite_crash_testimony.hpp"
#include "sqlite_trial.hpp"

namespace {

using namespace slo;
using namespace slo::test;

constexpr unsigned threads = 4;
constexpr unsigned principals = 5;

/// So many processes die over one file, and only every other one's death is looked into: opening and closing the store
/// for that would tidy its log up.
constexpr unsigned lives_of_a_file = 10;

constexpr StoreSettings roomy{
    .max_sessions = 1'000'000, .max_logout_records = 1'000'000, .max_logout_records_per_idp = 1'000'000};

/// Victim is the process that is going to die. It tells each step before it takes it and once it is acknowledged.
class Victim {
public:
    Victim(sp::SessionStore& store, int pipe, std::uint64_t seed, std::uint32_t first_operation)
        : store_(store), pipe_(pipe), seed_(seed), first_operation_(first_operation) {}

    void run() {
        std::vector<std::thread> running;
        for (unsigned i = 0; i < threads; ++i) running.emplace_back([this, i] { serve(i); });
        running.emplace_back([this] { keep_house(); });
        for (std::thread& thread : running) thread.join();
    }

private:
    void serve(unsigned thread) {
        std::mt19937_64 random(seed_ * threads + thread);
        for (std::uint32_t operation = first_operation_;; ++operation) {
            const Note note{.what = Note::What::asks_login,
                            .thread = static_cast<std::uint8_t>(thread),
                            .principal = static_cast<std::uint8_t>(random() % principals),
                            .index = static_cast<std::uint8_t>(random() % (crash_indexes + 1)),
                            .operation = operation,
                            .tick = idp_clock_++,
                            .ended = 0};
            if (note.index < crash_indexes && random() % 4 != 0) {
                log_in(note);
            } else {
                log_out(note, random() % 4 != 0 ? Manner::completes : Manner::gives_up);
            }
        }
    }

    /// Fills some hundred pages with sessions that no caller asks for, ends them, and has pages and log given back.
    [[noreturn]] void keep_house() {
        for (std::uint64_t turn = first_operation_;; ++turn) {
            const std::string name = "large" + std::to_string(turn);
            std::vector<std::string> indexes;
            for (std::size_t i = 0; i < 64; ++i) indexes.push_back(name + std::string(900 + i, 'i'));
            for (int i = 0; i < 3; ++i) {
                sp::Session session = session_with(name + std::to_string(i), indexes);
                session.name_id.value = name;
                static_cast<void>(taken(store_.admit(session)));
            }
            sp::LogoutOrder order = order_for_all(name);
            order.name_id.value = name;
            std::vector<sp::LocalSessionID> gone;
            const auto begun = taken(begin_logout(store_, order));
            for (const sp::Session& one : std::get<sp::FreshLogout>(begun).ending) gone.push_back(one.id);
            static_cast<void>(taken(complete_logout(store_, order.key, {.ended = 3}, gone)));
            for (int i = 0; i < 12; ++i) static_cast<void>(store_.sweep_some());
        }
    }

    void tell(Note note, Note::What what) const {
        note.what = what;
        if (::write(pipe_, &note, sizeof note) != ssize_t{sizeof note}) ::_exit(1);
    }

    void log_in(const Note& note) {
        tell(note, Note::What::asks_login);
        const auto admitted = store_.admit(session_in(note));
        if (!admitted) return tell(note, Note::What::failed);
        tell(note, *admitted == sp::Admission::admitted ? Note::What::admitted : Note::What::refused);
    }

    enum class Manner { completes, gives_up };
    void log_out(Note note, Manner manner) {
        tell(note, Note::What::asks_logout);
        const auto begun = begin_logout(store_, order_in(note));
        const auto* fresh = begun ? std::get_if<sp::FreshLogout>(&*begun) : nullptr;
        if (fresh == nullptr) return tell(note, Note::What::failed);
        tell(note, Note::What::began);
        if (manner == Manner::gives_up) return;
        std::vector<sp::LocalSessionID> gone;
        for (const sp::Session& session : fresh->ending) gone.push_back(session.id);
        note.ended = static_cast<std::uint32_t>(gone.size());
        tell(note, Note::What::asks_completion);
        const auto outcome = complete_logout(store_, order_in(note).key, {.ended = note.ended}, gone);
        // If another round has some of its sessions, it isn't complete, and the outcome may still change.
        if (!outcome) return tell(note, Note::What::failed);
        if (outcome->complete()) tell(note, Note::What::completed);
    }

    sp::SessionStore& store_;
    int pipe_;
    std::uint64_t seed_;
    std::uint32_t first_operation_;
    std::atomic<std::uint32_t> idp_clock_ = first_operation_ * threads;
};

[[noreturn]] void live(const std::filesystem::path& folder, int pipe, std::uint64_t seed,
                       std::uint32_t first_operation) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const FixedClock clock(noon);
    const auto store = open_store(clock, folder, roomy);
    Victim(*store, pipe, seed, first_operation).run();
    ::_exit(1);
}

/// Lets one process live until it has told so much, kills it, and hears what else it had told. False: it died by
/// itself.
bool live_and_die(const std::filesystem::path& folder, std::uint64_t seed, std::uint32_t first_operation,
                  std::size_t notes, Testimony& testimony) {
    int ends[2];
    if (::pipe(ends) != 0) return false;
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        live(folder, ends[1], seed, first_operation);
    }
    ::close(ends[1]);
    Note note;
    for (std::size_t count = 0; ::read(ends[0], &note, sizeof note) == ssize_t{sizeof note}; ++count) {
        testimony.add(note);
        if (count == notes) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool all_is_true(const Testimony& testimony, sp::SessionStore& store) {
    const auto contradictions = testimony.contradictions(store);
    for (const std::string& one : contradictions) std::fprintf(stderr, "%s\n", one.c_str());
    return contradictions.empty();
}

/// The work of an IdP and recovery afterwards: repeat requests without an answer, and finish unfinished logouts.
bool recovers(const Testimony& testimony, sp::SqliteSessionStore& store, const std::filesystem::path& folder) {
    const auto round_of = [](const sp::LogoutKey& key) { return sp::RoundClaim{claim_of(key).round, noon}; };
    for (const sp::LogoutOrder& order : testimony.orders()) {
        static_cast<void>(taken(store.begin_logout(order, round_of(order.key))));
    }
    for (const sp::UnfinishedLogout& logout : taken(store.unfinished_logouts())) {
        std::vector<sp::LocalSessionID> gone;
        for (const sp::Session& session : logout.ending) gone.push_back(session.id);
        static_cast<void>(taken(store.resume_logout(logout.key, round_of(logout.key))));
        static_cast<void>(taken(complete_logout(store, logout.key, {}, gone)));
    }
    Sqlite file(folder / "sessions.db");
    file.run("DELETE FROM further_index");  // SQLite 3.40 takes each row of such a table for one with a NULL
    return taken(store.unfinished_logouts()).empty() && file.ask("PRAGMA integrity_check") == "ok\n" &&
           file.ask("SELECT sessions FROM tally") == file.ask("SELECT coalesce(sum(weight), 0) FROM session") &&
           file.ask("SELECT logout_weight FROM tally") == file.ask("SELECT coalesce(sum(weight), 0) FROM logout") &&
           file.ask("SELECT count(*) FROM session WHERE ending_by IS NOT NULL") == "0\n";
}

/// Lets processes live and die over one file. Returns how many deaths left something untrue.
unsigned run_over_one_file(unsigned lives, std::mt19937_64& random) {
    const TemporaryFolder folder;
    const FixedClock clock(noon);
    Testimony testimony;
    unsigned untrue = 0;
    for (unsigned life = 0; life < lives; ++life) {
        const bool died = live_and_die(folder.path(), random(), life * 1'000'000, random() % 1'000, testimony);
        const bool is_looked_into = life % 2 != 0 || life + 1 == lives;
        if (!died || (is_looked_into && !all_is_true(testimony, *open_store(clock, folder.path(), roomy)))) ++untrue;
    }
    const auto store = open_store(clock, folder.path(), roomy);
    if (recovers(testimony, *store, folder.path())) return untrue;
    std::fputs("the file doesn't add up, or recovery doesn't end\n", stderr);
    return untrue + 1;
}

template <class Number>
bool read_number(const char* argument, Number& number) {
    const std::string_view text(argument);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
    unsigned runs = 50;
    std::uint64_t seed = std::random_device()();
    if (argc > 3 || (argc > 1 && !read_number(argv[1], runs)) || (argc > 2 && !read_number(argv[2], seed))) {
        std::fputs("usage: sqlite_crash_test [runs [seed]]\n", stderr);
        return 2;
    }
    std::printf("sqlite_crash_test %u %llu\n", runs, static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    std::mt19937_64 random(seed);
    unsigned untrue = 0;
    for (unsigned left = runs; left > 0; left -= std::min(left, lives_of_a_file)) {
        untrue += run_over_one_file(std::min(left, lives_of_a_file), random);
    }
    std::printf("%u deaths, %u left something untrue\n", runs, untrue);
    return untrue == 0 ? 0 : 1;
}
