// The mutated sources ask here which mutant is active, and record which were reached. SLO_MUTANT is the active one's
// number, SLO_MUTANTS_REACHED a file of `most` octets, one for each mutant, which children share. Number 0 is no
// mutant.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace slo_mutants {

inline constexpr std::size_t most = 1 << 18;
inline constinit unsigned char nowhere[most] = {};
inline constinit unsigned char* reached = nowhere;
inline constinit unsigned active = 0;

struct Beginning {
    Beginning() {
        if (const char* const number = std::getenv("SLO_MUTANT")) active = static_cast<unsigned>(std::atoi(number));
        const char* const path = std::getenv("SLO_MUTANTS_REACHED");
        const int file = path != nullptr ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (file == -1) return;
        void* const mapped = mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED) reached = static_cast<unsigned char*>(mapped);
        close(file);
    }
};
inline const Beginning beginning;

inline bool reach(unsigned number) noexcept {
    reached[number] = 1;
    return active == number;
}

constexpr bool is(unsigned number) noexcept {
    return !std::is_constant_evaluated() && reach(number);
}

/// A condition that one mutant makes true and another false. Reached are only those that would change it.
template <class Condition>
constexpr bool decide(unsigned always, unsigned never, const Condition& condition) {
    const bool holds = static_cast<bool>(condition);
    if (!holds && always != 0 && is(always)) return true;
    if (holds && never != 0 && is(never)) return false;
    return holds;
}

struct Text {
    unsigned number;
    const char* before;
    const char* after;
};

/// `whole` with the active mutant in it. The result ends in a zero if `whole` does, and stays for ever.
inline std::string_view chosen(std::string_view whole, std::span<const Text> texts) {
    for (const Text& text : texts) {
        const auto at = whole.find(text.before);
        if (at == std::string_view::npos || !reach(text.number)) continue;
        auto* const changed = new std::string(whole);
        changed->replace(at, std::strlen(text.before), text.after);
        return *changed;
    }
    return whole;
}

}  // namespace slo_mutants
