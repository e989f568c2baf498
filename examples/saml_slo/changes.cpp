#include "changes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "output.hpp"

namespace slo::tool {

using metadata::Change;

namespace {

std::string_view name(Change::What what) {
    constexpr std::array<std::string_view, 10> names = {
        "entity added",   "entity removed",   "key added",        "key removed",      "certificate changed",
        "endpoint added", "endpoint removed", "endpoint changed", "validity changed", "algorithms changed"};
    return names[static_cast<std::size_t>(what)];
}

std::string_view name(Change::Trust trust) {
    constexpr std::array<std::string_view, 3> names = {"adds", "takes away", "neither"};
    return names[static_cast<std::size_t>(trust)];
}

}  // namespace

bool adds_trust(const std::vector<Change>& changes) {
    return std::ranges::any_of(changes, [](const Change& change) { return change.trust == Change::Trust::adds; });
}

std::string json_of(const std::vector<Change>& changes) {
    std::vector<std::string> values;
    values.reserve(changes.size());
    for (const Change& change : changes) {
        values.push_back(JsonObject()
                             .add("change", name(change.what))
                             .add("trust", name(change.trust))
                             .add("entity_id", change.entity_id ? change.entity_id->str() : "")
                             .add("text", change.text)
                             .str());
    }
    return json_array(values);
}

std::string table_of(const std::vector<Change>& changes) {
    if (changes.empty()) return "nothing changes in trust\n";
    Table table({"TRUST", "CHANGE", "IDP", "WHAT"});
    for (const Change& change : changes) {
        table.add({std::string(name(change.trust)), std::string(name(change.what)),
                   change.entity_id ? change.entity_id->str() : "the document", change.text});
    }
    return table.str();
}

}  // namespace slo::tool
