#include "episode.hpp"

#include <algorithm>
#include <utility>

namespace slo::sources {

namespace {

template <class Where>
void play_all(Where& where, const Script& script, Outcome& outcome) {
    for (const Step& step : script.steps) {
        if (where.violation()) break;
        where.play(step);
        ++outcome.steps;
    }
    if (!where.violation()) where.come_to_the_end();
    outcome.violation = where.violation();
}

}  // namespace

Outcome play(const Cast& cast, const Script& script, Plant plant, Tracing tracing) {
    Outcome outcome;
    if (script.about == Script::About::keys) {
        KeySite site(cast.material, cast.kinds, plant, script.seed);
        site.is_traced = tracing == Tracing::on;
        play_all(site, script, outcome);
        outcome.trace = std::move(site.trace);
        return outcome;
    }
    Site site(cast.material, cast.kinds, plant, script.seed);
    site.world().is_traced = tracing == Tracing::on;
    play_all(site, script, outcome);
    outcome.trace = std::move(site.world().trace);
    return outcome;
}

Script shrunk(const Cast& cast, Script script, Plant plant, const std::string& rule) {
    for (std::size_t size = std::max<std::size_t>(script.steps.size() / 2, 1);; size /= 2) {
        for (std::size_t begin = 0; begin < script.steps.size();) {
            Script smaller = script;
            const auto from = smaller.steps.begin() + static_cast<std::ptrdiff_t>(begin);
            const auto count = std::min(size, smaller.steps.size() - begin);
            smaller.steps.erase(from, from + static_cast<std::ptrdiff_t>(count));
            const Outcome outcome = play(cast, smaller, plant, Tracing::off);
            if (outcome.violation && outcome.violation->rule == rule) {
                script = std::move(smaller);
            } else {
                begin += size;
            }
        }
        if (size <= 1) return script;
    }
}

}  // namespace slo::sources
