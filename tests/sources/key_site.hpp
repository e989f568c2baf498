// An endpoint whose keys roll over, the tool, and IdPs that have its metadata.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chance.hpp"
#include "key_endpoint.hpp"
#include "kinds.hpp"
#include "material.hpp"
#include "script.hpp"
#include "slo/sp/key_folder.hpp"
#include "temporary_folder.hpp"
#include "violation.hpp"

namespace slo::sources {

class KeySite {
public:
    KeySite(const Material& material, const Kinds& kinds, Plant plant, std::uint64_t seed);

    void play(const Step& step);
    /// All faults stop; then a roll-over comes to its end.
    void come_to_the_end();

    [[nodiscard]] const std::optional<Violation>& violation() const noexcept { return violation_; }
    bool is_traced = false;
    std::vector<std::string> trace;

private:
    /// An IdP's copy of our metadata: until it's due it may be used.
    struct Copy {
        std::string octets;
        Instant due;
    };
    void configure(std::chrono::minutes promise);
    void start();
    void look();
    void wait(std::chrono::seconds time);
    void fetch(Copy& copy);
    /// Takes a step with the tool; whether it was taken. Killed before the operation `dies_at`, unless that is 0.
    [[nodiscard]] bool rotate(sp::KeyStep step, int dies_at);
    [[nodiscard]] sp::KeyStep some_step();
    void begin_anew();
    void lose_ring();
    void lose_folder();
    void restore();
    void back_up();
    /// Its signing key is published and known to each IdP.
    void check();
    void blame(const std::string& rule, const std::string& detail);
    void say(const std::string& line) {
        if (is_traced) trace.push_back("  " + line);
    }
    [[nodiscard]] std::filesystem::path folder() const { return folder_.path() / "keys"; }

    const Kinds& kinds_;
    Plant plant_;
    Chance chance_;
    Instant time_ = beginning();
    test::TemporaryFolder folder_;
    ReadAs reader_ = ReadAs::who_made_them;
    std::optional<KeyEndpoint> endpoint_;
    std::vector<Copy> copies_;
    std::set<std::string> published_;  ///< certificates that were in our metadata once
    std::optional<Violation> violation_;
};

}  // namespace slo::sources
