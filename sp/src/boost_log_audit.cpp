// The only file that includes Boost.Log, which is slow to compile.
#include <boost/core/null_deleter.hpp>
#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/text_ostream_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/log/trivial.hpp>
#include <boost/smart_ptr/make_shared.hpp>
#include <iostream>

#include "slo/sp/audit.hpp"

namespace slo::sp {

namespace {

namespace logging = boost::log;

constexpr const char* channel = "audit";

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

void add_stderr_sink() {
    using Backend = logging::sinks::text_ostream_backend;
    const auto backend = boost::make_shared<Backend>();
    backend->add_stream(boost::shared_ptr<std::ostream>(&std::cerr, boost::null_deleter()));
    backend->auto_flush(true);
    const auto sink = boost::make_shared<logging::sinks::synchronous_sink<Backend>>(backend);
    sink->set_filter(logging::expressions::attr<std::string>("Channel") == channel);
    sink->set_formatter(logging::expressions::stream << logging::expressions::smessage);
    logging::core::get()->add_sink(sink);
}

}  // namespace

std::unique_ptr<AuditSink> make_boost_log_audit() {
    return std::make_unique<BoostLogAudit>();
}

void log_to_stderr() {
    // A second sink would write every line twice.
    static const bool added = (add_stderr_sink(), true);
    static_cast<void>(added);
}

}  // namespace slo::sp
