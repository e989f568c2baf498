#include "world.hpp"

#include <sys/mman.h>

#include <new>
#include <stdexcept>

namespace slo::sources {

World::World(const Material& its_material, const Kinds& its_kinds, Plant its_plant, std::uint64_t seed)
    : material(its_material), kinds(its_kinds), plant(its_plant), chance(seed), configured{} {
    for (std::size_t source = 0; source < source_count; ++source) {
        trusts.push_back(static_cast<Trust>(chance.below(4)));
        configured.at(source) = {.server = 2 * source, .pinned = trusts.back() == Trust::pinned_hash ? 1U : 0U};
    }
    for (std::size_t server = 0; server < server_count; ++server)
        servers.emplace_back(material, kinds, server, trusts.at(server / 2), Chance(chance.next()));
    void* const memory = ::mmap(nullptr, sizeof(Wire), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no memory to share with children");
    wire = new (memory) Wire();
}

World::~World() {
    ::munmap(wire, sizeof(Wire));
}

bool World::is_proven(std::size_t source, const Binding& binding, const Version& version) const {
    const bool by_key = version.generation == binding.generation;
    switch (trusts.at(source)) {
        case Trust::signed_aggregate:
        case Trust::signed_query:
            return by_key;
        case Trust::pinned_server:
            return true;  // whatever comes over its TLS
        case Trust::pinned_hash:
            return version.number == binding.pinned;
    }
    return false;
}

}  // namespace slo::sources
