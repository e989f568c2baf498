// The only file that includes Boost.Log, which is slow to compile.
#include <poll.h>
#include <unistd.h>

#include <boost/log/attributes/constant.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/unlocked_frontend.hpp>
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
#include <stop_token>
#include <string_view>
#include <thread>

#include "audit_lanes.hpp"
#include "slo/sp/audit.hpp"
#include "slo/sp/clock.hpp"

namespace slo::sp {

namespace {

namespace logging = boost::log;
namespace sinks = boost::log::sinks;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* channel = "audit";
constexpr const char* lane_attribute = "Lane";
constexpr const char* sampled = "sampled";
constexpr std::size_t most_proven_lines = 4096;
constexpr std::size_t most_sampled_lines = 256;
constexpr std::chrono::milliseconds check_for_the_end{20};

class BoostLogAudit final : public AuditSink {
public:
    void record(const AuditEntry& entry) noexcept override {
        try {
            Logger& logger = entry.lane == AuditLane::proven ? proven_ : sampled_;
            BOOST_LOG_SEV(logger, logging::trivial::info) << to_json(entry);
        } catch (...) {
            // A log that can't be written must not keep a session alive.
        }
    }

private:
    using Logger = logging::sources::severity_channel_logger_mt<logging::trivial::severity_level, std::string>;

    static Logger logger_of(const char* lane) {
        Logger logger{logging::keywords::channel = channel};
        logger.add_attribute(lane_attribute, logging::attributes::constant<std::string>(lane));
        return logger;
    }

    Logger proven_ = logger_of("proven");
    Logger sampled_ = logger_of(sampled);
};

/// Writes lines to stderr within a time limit: not even an unread pipe blocks it longer.
class StderrWriter {
public:
    explicit StderrWriter(AuditLanes& lanes) noexcept : lanes_(lanes) {}

    /// A lack of memory for one line mustn't end the thread that writes all others.
    void write(const AuditLanes::Line& line) noexcept {
        try {
            report_losses();
            if (!write_line(line.text)) lanes_.lose(line.lane);
        } catch (...) {
            lanes_.lose(line.lane);
        }
    }

    /// From now on `patience` is left for everything that is still to be written.
    void hurry(std::chrono::milliseconds patience) noexcept { end_ = SteadyClock::now() + patience; }

    void report_losses() {
        const StderrLog::Lost lost = lanes_.untold();
        if (lost.proven == 0 && lost.sampled == 0) return;
        const LinesLost event{.lost = lost.proven + lost.sampled, .proven = lost.proven};
        const bool told = write_line(to_json({.time = SystemClock().now(), .event = event}));
        if (told) lanes_.tell(lost);
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

    AuditLanes& lanes_;
    bool cut_ = false;  ///< the last octet on stderr doesn't end a line
    std::atomic<SteadyClock::time_point> end_ = SteadyClock::time_point::max();
};

/// Puts Boost.Log's lines into their lanes, which never wait.
class LaneBackend final : public sinks::basic_sink_backend<sinks::concurrent_feeding> {
public:
    explicit LaneBackend(AuditLanes& lanes) noexcept : lanes_(lanes) {}

    void consume(const logging::record_view& record) {
        const auto text = record[logging::expressions::smessage];
        if (!text) return;
        const auto lane = record.attribute_values()[lane_attribute].extract<std::string>();
        lanes_.put(lane && *lane == sampled ? AuditLane::sampled : AuditLane::proven, *text);
    }

private:
    AuditLanes& lanes_;
};

using LaneSink = sinks::unlocked_sink<LaneBackend>;

}  // namespace

std::unique_ptr<AuditSink> make_boost_log_audit() {
    return std::make_unique<BoostLogAudit>();
}

struct StderrLog::Impl {
    explicit Impl(std::chrono::milliseconds at_the_end) : patience(at_the_end) {
        // A second sink would write every line twice.
        if (exists.exchange(true)) throw std::logic_error("a second StderrLog");
        try {
            sink = boost::make_shared<LaneSink>(boost::make_shared<LaneBackend>(lanes));
            sink->set_filter(logging::expressions::attr<std::string>("Channel") == channel);
            sink->set_exception_handler(logging::make_exception_suppressor());
            writing = std::jthread([this](const std::stop_token& stop) { write(stop); });
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
            writer.hurry(patience);
            writing.request_stop();
            writing.join();  // the thread finishes its line, and the others are written here
            while (const auto line = lanes.take_now()) writer.write(*line);
            writer.report_losses();
        } catch (...) {
            // The remaining lines are lost; the program's end isn't.
        }
        exists = false;
    }

    void write(const std::stop_token& stop) noexcept {
        while (const auto line = lanes.take(stop)) writer.write(*line);
    }

    static inline std::atomic<bool> exists = false;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
    std::chrono::milliseconds patience;
    AuditLanes lanes{most_proven_lines, most_sampled_lines};
    StderrWriter writer{lanes};
    boost::shared_ptr<LaneSink> sink;
    std::jthread writing;  // last: it uses everything above
};

StderrLog::StderrLog(std::chrono::milliseconds patience) : impl_(std::make_unique<Impl>(patience)) {}
StderrLog::~StderrLog() = default;

StderrLog::Lost StderrLog::lost() const noexcept {
    return impl_->lanes.lost();
}

}  // namespace slo::sp
