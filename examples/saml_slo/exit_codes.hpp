// The meaning of the tool's exit codes: the one table, for --help; docs/idps.md repeats it.
#pragma once

#include <string>
#include <string_view>

namespace slo::tool {

/// Stable: scripts rely on them.
enum class ExitCode {
    fine = 0,
    found = 1,
    usage = 2,
    refused = 3,
    unreachable = 4,
    unpublished = 5,
};

struct ExitCodeMeaning {
    ExitCode code;
    std::string_view meaning;
};
inline constexpr ExitCodeMeaning exit_code_meanings[] = {
    {ExitCode::fine, "done, and nothing to look at"},
    {ExitCode::found,
     "something to look at: errors in a document, changes in trust that were not written, metadata that ends soon or "
     "has ended"},
    {ExitCode::usage,
     "the command line, the configuration, or a file, folder or key of ours is at fault, the cache of metadata among "
     "them"},
    {ExitCode::refused,
     "refused: a document isn't believed or can't be used, the endpoint wouldn't take a message, or a step of the keys "
     "comes too early"},
    {ExitCode::unreachable, "a source can't be reached, or sends no document"},
    {ExitCode::unpublished, "no endpoint is known to publish the key, or to follow the last step"},
};

/// The table, a line for each code.
[[nodiscard]] inline std::string exit_code_table() {
    std::string text = "Exit codes:\n";
    for (const ExitCodeMeaning& one : exit_code_meanings) {
        text.append("  ")
            .append(std::to_string(static_cast<int>(one.code)))
            .append("  ")
            .append(one.meaning)
            .append("\n");
    }
    return text +
           "Of several sources, the highest counts. What is wrong, and how to mend it, stands on stderr. With --json, "
           "stdout\nis one JSON object.";
}

}  // namespace slo::tool
