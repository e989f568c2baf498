// The output of saml-slo: tables for people, JSON for programs, and not one octet that a terminal would obey.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exit_codes.hpp"
#include "slo/sp/json.hpp"

namespace slo::tool {

enum class Format { table, json };

/// printable returns the text with everything but printable ASCII as '?': a document's texts are its author's.
[[nodiscard]] std::string printable(std::string_view text);

using sp::json_array;
using sp::json_text;
using sp::JsonObject;

/// Table aligns its columns. Cells are made printable.
class Table {
public:
    explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] std::string str() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// print writes to stdout; a failed write ends in ExitCode::usage.
[[nodiscard]] ExitCode print(std::string_view text, ExitCode code);
/// complain writes to stderr what went wrong, and the remedy.
[[nodiscard]] ExitCode complain(std::string_view text, ExitCode code);

}  // namespace slo::tool
