// The audit must never hold up a logout, whatever becomes of stderr: attack matrix INJ-08.

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "slo/sp/audit.hpp"

namespace slo::sp {

namespace {

using namespace std::chrono_literals;

constexpr unsigned many = 10'000;

/// Puts another descriptor in the place of stderr while it lives, and takes that descriptor over.
class Stderr {
public:
    explicit Stderr(int descriptor) : before_(::dup(STDERR_FILENO)) {
        BOOST_REQUIRE(descriptor >= 0);
        BOOST_REQUIRE(::dup2(descriptor, STDERR_FILENO) == STDERR_FILENO);
        ::close(descriptor);
    }
    ~Stderr() {
        ::dup2(before_, STDERR_FILENO);
        ::close(before_);
    }
    Stderr(const Stderr&) = delete;
    Stderr& operator=(const Stderr&) = delete;

private:
    int before_;
};

class Pipe {
public:
    Pipe() { BOOST_REQUIRE(::pipe2(ends_, O_CLOEXEC) == 0); }
    ~Pipe() {
        stop_reading();
        ::close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int writable_end() const { return ::dup(ends_[1]); }

    /// Fills it with empty lines until it takes no more.
    void fill() const {
        ::fcntl(ends_[1], F_SETFL, O_NONBLOCK);
        const std::string lines(4096, '\n');
        while (::write(ends_[1], lines.data(), lines.size()) > 0) continue;
        ::fcntl(ends_[1], F_SETFL, 0);
    }
    void stop_reading() {
        if (ends_[0] >= 0) ::close(ends_[0]);
        ends_[0] = -1;
    }
    /// The next line that isn't empty; empty where none comes for so long that none will.
    [[nodiscard]] std::string next_line() {
        for (;;) {
            if (const auto end = unread_.find('\n'); end != std::string::npos) {
                std::string line = unread_.substr(0, end);
                unread_.erase(0, end + 1);
                if (!line.empty()) return line;
                continue;
            }
            pollfd readable{.fd = ends_[0], .events = POLLIN, .revents = 0};
            if (::poll(&readable, 1, 10'000) <= 0) return {};
            char octets[65536];
            const ssize_t count = ::read(ends_[0], octets, sizeof octets);
            if (count <= 0) return {};
            unread_.append(octets, static_cast<std::size_t>(count));
        }
    }
    /// The lines written so far, without waiting.
    [[nodiscard]] std::string text() {
        ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
        char octets[65536];
        for (ssize_t count = 0; (count = ::read(ends_[0], octets, sizeof octets)) > 0;) {
            unread_.append(octets, static_cast<std::size_t>(count));
        }
        return unread_;
    }

private:
    int ends_[2] = {-1, -1};
    std::string unread_;
};

AuditEntry entry(unsigned number, AuditLane lane = AuditLane::proven) {
    return {.time = {}, .lane = lane, .event = LogoutByIdp{.request = {.request_id = "_r" + std::to_string(number)}}};
}

void record(unsigned first, unsigned count, AuditLane lane = AuditLane::proven) {
    const auto sink = make_boost_log_audit();
    for (unsigned i = first; i < first + count; ++i) sink->record(entry(i, lane));
}

/// N and M of {"time":"...","event":"lines_lost","lost":N,"proven":M}; 0 for other lines.
struct Told {
    unsigned lost = 0;
    unsigned proven = 0;
};
Told told_by(const std::string& line) {
    const std::string before = R"(","event":"lines_lost","lost":)";
    const std::string between = R"(,"proven":)";
    const auto at = line.find(before);
    if (!line.starts_with(R"({"time":"2)") || at == std::string::npos) return {};
    const auto middle = line.find(between, at);
    BOOST_TEST_REQUIRE(middle != std::string::npos);
    return {static_cast<unsigned>(std::stoul(line.substr(at + before.size()))),
            static_cast<unsigned>(std::stoul(line.substr(middle + between.size())))};
}
unsigned lost_according_to(const std::string& line) {
    return told_by(line).lost;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stderr_log)

BOOST_AUTO_TEST_CASE(writes_bare_lines_and_loses_none_of_those_that_wait_at_the_end) {
    Pipe pipe;
    const Stderr replaced(pipe.writable_end());
    {
        const StderrLog log(10s);
        record(0, 100);
    }
    std::string expected;
    for (unsigned i = 0; i < 100; ++i) expected += to_json(entry(i)) + "\n";
    BOOST_TEST(pipe.text() == expected);
}

BOOST_AUTO_TEST_CASE(can_be_had_once_at_a_time) {
    Pipe pipe;
    const Stderr replaced(pipe.writable_end());
    {
        const StderrLog log(10s);
        BOOST_CHECK_THROW(const StderrLog second(10s), std::logic_error);
        record(1, 1);
    }
    {
        const StderrLog next(10s);
        record(2, 1);
    }
    BOOST_TEST(pipe.text() == to_json(entry(1)) + "\n" + to_json(entry(2)) + "\n");
}

BOOST_AUTO_TEST_CASE(an_unread_pipe_delays_no_caller_and_the_lost_lines_are_counted) {
    Pipe pipe;
    pipe.fill();
    const Stderr replaced(pipe.writable_end());
    const StderrLog log(10s);
    record(0, many);  // comes back, or the test never ends

    unsigned lost = 0;
    std::set<std::string> lines;
    while (lines.size() + lost < many) {
        const std::string line = pipe.next_line();
        BOOST_REQUIRE(!line.empty());
        const Told told = told_by(line);
        BOOST_TEST(told.proven == told.lost);
        lost += told.lost;
        if (told.lost == 0) lines.insert(line);
    }
    BOOST_TEST(lost > 0U);
    BOOST_TEST(log.lost().proven == lost);
    BOOST_TEST(log.lost().sampled == 0U);
    BOOST_TEST(lines.size() + lost == many);
    BOOST_TEST(lines.size() >= 4096U);  // those that could wait have waited
    BOOST_TEST((lines.count(to_json(entry(0))) == 1U));

    record(many, 1);
    BOOST_TEST(pipe.next_line() == to_json(entry(many)));
}

BOOST_AUTO_TEST_CASE(lines_of_unproven_senders_neither_displace_nor_delay_proven_ones) {
    constexpr unsigned some = 100;
    Pipe pipe;
    pipe.fill();
    const Stderr replaced(pipe.writable_end());
    const StderrLog log(10s);
    record(0, many, AuditLane::sampled);
    record(many, some);

    unsigned lost = 0;
    unsigned sampled = 0;
    unsigned sampled_before = 0;
    unsigned proven = 0;
    while (sampled + proven + lost < many + some) {
        const std::string line = pipe.next_line();
        BOOST_REQUIRE(!line.empty());
        const Told told = told_by(line);
        lost += told.lost;
        BOOST_TEST(told.proven == 0U);
        if (told.lost != 0) continue;
        if (line == to_json(entry(many + proven))) {
            ++proven;
        } else {
            ++sampled;
            if (proven < some) ++sampled_before;
        }
    }
    BOOST_TEST(proven == some);
    BOOST_TEST(sampled_before <= 1U);  // the one that was being written
    BOOST_TEST(sampled >= 256U);       // those that could wait have waited
    BOOST_TEST(log.lost().proven == 0U);
    BOOST_TEST(log.lost().sampled == lost);
}

BOOST_AUTO_TEST_CASE(an_unread_pipe_does_not_delay_the_destructor) {
    Pipe pipe;
    pipe.fill();
    const Stderr replaced(pipe.writable_end());
    {
        const StderrLog log(0ms);
        record(0, many);
    }
    BOOST_TEST((pipe.text().find_first_not_of('\n') == std::string::npos));
}

BOOST_AUTO_TEST_CASE(a_full_disk_has_no_other_effect) {
    Pipe pipe;
    const Stderr replaced(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    {
        const StderrLog log(10s);
        record(0, many);
    }
    // The disk has room again: what was lost there isn't told to the next log.
    const Stderr roomy(pipe.writable_end());
    {
        const StderrLog log(10s);
        record(0, 1);
    }
    BOOST_TEST(pipe.text() == to_json(entry(0)) + "\n");
}

BOOST_AUTO_TEST_CASE(reports_lines_lost_by_a_full_disk_once_there_is_room) {
    constexpr unsigned lines_at_once = 1000;
    Pipe pipe;
    const Stderr outer(pipe.writable_end());
    const StderrLog log(10s);
    unsigned lost = 0;
    // How many lines the disk gets depends on the thread that writes them, that each one is accounted for doesn't.
    for (int attempt = 0; attempt < 1000 && lost == 0; ++attempt) {
        {
            const Stderr full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
            record(0, lines_at_once);
        }
        record(lines_at_once, 1);
        for (unsigned accounted = 0; accounted < lines_at_once + 1;) {
            const std::string line = pipe.next_line();
            BOOST_REQUIRE(!line.empty());
            const unsigned reported = lost_according_to(line);
            lost += reported;
            accounted += reported == 0 ? 1 : reported;
        }
    }
    BOOST_TEST(lost > 0U);
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_gone_has_no_other_effect) {
    Pipe pipe;
    pipe.stop_reading();
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    {
        const Stderr replaced(pipe.writable_end());
        const StderrLog log(10s);
        record(0, many);
    }
    std::signal(SIGPIPE, before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace slo::sp
