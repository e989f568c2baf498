// saml-slo try: a captured message, check by check, and what it would end; nothing is changed.
#pragma once

#include <filesystem>
#include <optional>

#include "captured_message.hpp"
#include "output.hpp"
#include "slo/saml/time.hpp"

namespace slo::tool {

/// Ask says whether the running daemon is asked for the sessions that would end.
enum class Ask { nothing, daemon };

/// ShowNameID says whether the NameID is printed: the output goes into reports.
enum class ShowNameID { no, yes };

struct MessageTrial {
    std::filesystem::path file;
    std::filesystem::path configuration;  ///< as saml-slod reads it; no key is made
    ReadAs read_as = ReadAs::itself;
    std::optional<Instant> at = {};  ///< the time of judgement; nothing: now
    Ask ask = Ask::nothing;
    ShowNameID name_id = ShowNameID::no;
};

/// try_message judges the message as the endpoint would, by the metadata in files and in the cache, and never by the
/// network. It writes no file and opens no store. ExitCode::fine: it would be taken; refused: it wouldn't, and stderr
/// has the rule; unreachable: the daemon doesn't answer.
[[nodiscard]] ExitCode try_message(const MessageTrial& trial, Format format, Instant now);

}  // namespace slo::tool
