// The only file that includes Boost.Log, which is slow to compile.
#include <poll.h>
#include <unistd.h>

#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/async_frontend.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/bounded_fifo_queue.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/log/utility/exception_handler.hpp>
#include <boost/smart_ptr/make_shared.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <stdexcept>
#include <string_view>

#include "slo/sp/audit.hpp"
#include "slo/sp/clock.hpp"

namespace slo::sp {

namespace {

namespace logging = boost::log;
namespace sinks = boost::log::sinks;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* channel = "audit";
constexpr std::size_t most_waiting_lines = 4096;
constexpr std::chrono::milliseconds check_for_the_end{20};

class BoostLogAudit final : public AuditSink {
public:
    void record(const AuditEntry& entry) noexcept override {
        try {
            BOOST_LOG_SEV(logger_, logging::trivial::info) << to_json(entry);
        } catch (...) {
            // A log that can't be written must not keep a session alive.
        }
    }

private:
    logging::sources::severity_channel_logger_mt<logging::trivial::severity_level, std::string> logger_{
        logging::keywords::channel = channel};
};

/// What Boost.Log's queue does when it is full: it counts, and the newest line is lost. Boost.Log takes this as a base
/// class that nobody can reach, so the count is static; there is one stderr.
struct CountAndDrop {
    template <class Lock>
    static bool on_overflow(const logging::record_view&, Lock&) noexcept {
        ++lost;
        return false;
    }
    static void on_queue_space_available() noexcept {}
    static void interrupt() noexcept {}

    static inline std::atomic<std::uint64_t> lost = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
};

/// Writes lines to stderr and never longer than it was told: not even a pipe that nobody reads keeps it.
class StderrBackend final : public sinks::basic_formatted_sink_backend<char, sinks::synchronized_feeding> {
public:
    void consume(const logging::record_view&, const std::string& line) {
        report_losses();
        if (!write_line(line)) ++CountAndDrop::lost;
    }

    /// From now on `patience` is left for everything that is still to be written.
    void hurry(std::chrono::milliseconds patience) noexcept { end_ = SteadyClock::now() + patience; }

    void report_losses() {
        const std::uint64_t lost = CountAndDrop::lost.exchange(0);
        if (lost == 0) return;
        const bool told = write_line(R"({"time":")" + saml::format_instant(SystemClock().now()) +
                                     R"(","event":"lines_lost","lost":)" + std::to_string(lost) + "}");
        if (!told) CountAndDrop::lost += lost;
    }

private:
    /// False: it can't be written, or time is up.
    [[nodiscard]] bool write_line(const std::string& line) {
        const std::string text = (cut_ ? "\n" : "") + line + "\n";
        std::string_view left = text;
        while (!left.empty()) {
            if (!wait_for_room()) return false;
            // A pipe with room takes PIPE_BUF octets without blocking; stderr may be shared, so it can't be O_NONBLOCK.
            const ssize_t count = ::write(STDERR_FILENO, left.data(), std::min<std::size_t>(left.size(), PIPE_BUF));
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return false;
            left.remove_prefix(static_cast<std::size_t>(count));
            cut_ = !left.empty();
        }
        return true;
    }

    [[nodiscard]] bool wait_for_room() const noexcept {
        for (;;) {
            const bool over = SteadyClock::now() >= end_.load();
            pollfd room{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
            const int ready = ::poll(&room, 1, over ? 0 : static_cast<int>(check_for_the_end.count()));
            if (ready > 0) return (room.revents & POLLNVAL) == 0;
            if ((ready < 0 && errno != EINTR) || over) return false;
        }
    }

    bool cut_ = false;  ///< the last octet on stderr doesn't end a line
    std::atomic<SteadyClock::time_point> end_ = SteadyClock::time_point::max();
};

using StderrSink = sinks::asynchronous_sink<StderrBackend, sinks::bounded_fifo_queue<most_waiting_lines, CountAndDrop>>;

}  // namespace

std::unique_ptr<AuditSink> make_boost_log_audit() {
    return std::make_unique<BoostLogAudit>();
}

struct StderrLog::Impl {
    explicit Impl(std::chrono::milliseconds at_the_end) : patience(at_the_end) {
        // A second sink would write every line twice.
        if (exists.exchange(true)) throw std::logic_error("a second StderrLog");
        try {
            CountAndDrop::lost = 0;
            sink = boost::make_shared<StderrSink>(backend);
            sink->set_filter(logging::expressions::attr<std::string>("Channel") == channel);
            sink->set_formatter(logging::expressions::stream << logging::expressions::smessage);
            // Out of memory for one line mustn't end the thread that writes all others.
            sink->set_exception_handler(logging::make_exception_suppressor());
            logging::core::get()->add_sink(sink);
        } catch (...) {
            exists = false;
            throw;
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    ~Impl() {
        try {
            logging::core::get()->remove_sink(sink);
            backend->hurry(patience);
            sink->stop();   // the thread finishes its line
            sink->flush();  // and the others are written here
            backend->report_losses();
        } catch (...) {
            // What was to be written is lost; the program's end isn't.
        }
        exists = false;
    }

    static inline std::atomic<bool> exists = false;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
    std::chrono::milliseconds patience;
    boost::shared_ptr<StderrBackend> backend = boost::make_shared<StderrBackend>();
    boost::shared_ptr<StderrSink> sink;
};

StderrLog::StderrLog(std::chrono::milliseconds patience) : impl_(std::make_unique<Impl>(patience)) {}
StderrLog::~StderrLog() = default;

}  // namespace slo::sp
