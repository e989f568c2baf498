// The time, the servers and what the operator has configured, for one episode; and what has been delivered.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "kinds.hpp"
#include "plant.hpp"
#include "server.hpp"
#include "temporary_folder.hpp"

namespace slo::sources {

/// How a source is configured: its URL's server and what vouches for it there.
struct Binding {
    std::size_t server = 0;
    std::size_t generation = 0;  ///< of the server's key that is pinned
    std::size_t pinned = 0;      ///< the version whose hash is pinned; 0: none is
    friend auto operator<=>(const Binding&, const Binding&) = default;
};
using Bindings = std::array<Binding, source_count>;

/// The documents that a server has given a process, in memory that children share with their parent: a child that is
/// killed can't report them any more.
struct Wire {
    struct Delivery {
        char process;  ///< the first letter of its name
        std::size_t source;
        std::size_t stream;
        std::size_t version;   ///< 0: none that was published; or 304
        bool is_acknowledged;  ///< the process said "updated" or "unchanged"
        bool had_room;         ///< and didn't say that its copy can't be kept
    };
    static constexpr std::size_t most = 512;
    std::size_t count = 0;
    std::array<Delivery, most> deliveries{};
    std::array<char, 512> complaint{};  ///< of a child: the rule that it saw broken
};

struct World {
    World(const Material& its_material, const Kinds& its_kinds, Plant its_plant, std::uint64_t seed);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    const Material& material;
    const Kinds& kinds;
    const Plant plant;
    Chance chance;  ///< of the step that is played
    Instant time = beginning();
    std::chrono::seconds clock_ahead{0};
    std::vector<Trust> trusts;    ///< by source
    std::vector<Server> servers;  ///< two for each source
    Bindings configured;
    Wire* wire;                       ///< shared with children
    std::function<void()> meanwhile;  ///< what another process does during the next exchange; empty: nothing
    std::vector<std::string> trace;
    bool is_traced = false;

    [[nodiscard]] Instant clock() const noexcept { return time + clock_ahead; }
    [[nodiscard]] std::filesystem::path cache() const { return folder_.path() / "cache"; }
    [[nodiscard]] const Version& version(const Binding& binding, std::size_t stream, std::size_t number) const {
        return *servers.at(binding.server).stream(stream).at(number - 1);
    }
    /// Whether `version`, as it was published, proves itself to a process that has `binding`.
    [[nodiscard]] bool is_proven(std::size_t source, const Binding& binding, const Version& version) const;
    void deliver(const Wire::Delivery& delivery) const {
        if (wire->count < Wire::most) wire->deliveries.at(wire->count++) = delivery;
    }
    void say(const std::string& line) {
        if (is_traced) trace.push_back("  " + line);
    }

private:
    test::TemporaryFolder folder_;
};

}  // namespace slo::sources
