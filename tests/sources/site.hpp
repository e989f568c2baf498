// An endpoint, a second process and their servers, in the steps of a script.
#pragma once

#include <filesystem>
#include <functional>

#include "oracle.hpp"
#include "script.hpp"

namespace slo::sources {

class Site {
public:
    Site(const Material& material, const Kinds& kinds, Plant plant, std::uint64_t seed);

    void play(const Step& step);
    /// All faults stop; what is then to be had must come into force, and be kept.
    void come_to_the_end();
    [[nodiscard]] const std::optional<Violation>& violation() const noexcept { return oracle_.violation(); }
    [[nodiscard]] World& world() noexcept { return world_; }

private:
    void start(Process& process);
    void ask(Process& process);
    void wait();
    void change_mood();
    void crash_while_asking();
    void crash_at_start();
    void use_second();
    void meet_meanwhile();
    void use_tool();
    void step_clock();
    void change_disk(Deed deed);
    void move();
    void give_away();
    [[nodiscard]] std::filesystem::path chance_folder();
    /// Runs `work` in a child that may be killed before the operation `dies_at`. Whether it came to its end.
    [[nodiscard]] bool comes_to_its_end(int dies_at, const std::function<void()>& work);
    /// The state of the cache, for Plant::last_writer_wins.
    void save_cache();
    void restore_cache();
    [[nodiscard]] std::size_t files_in_cache() const;

    World world_;
    Oracle oracle_;
    Process endpoint_;
    Process second_;
    bool needs_start_ = false;  ///< the endpoint has asked for it
};

}  // namespace slo::sources
