// Memory that runs out where a test wants it to: in operator new, in libxml2 and xmlsec1, and in OpenSSL.
#pragma once

#include <cstddef>
#include <ostream>

namespace slo::test {

/// Which allocations fail, counted from 1 within one run.
enum class Failing {
    the_nth,       ///< one alone: clean-up after it has memory
    from_the_nth,  ///< that one and all after it
};
std::ostream& operator<<(std::ostream& out, Failing failing);

/// Shortage makes allocations of this thread fail from its construction to its end. One at a time.
class Shortage {
public:
    Shortage(Failing failing, std::size_t n) noexcept;
    ~Shortage();
    Shortage(const Shortage&) = delete;
    Shortage& operator=(const Shortage&) = delete;

    /// Whether an allocation has failed.
    [[nodiscard]] static bool has_hit() noexcept;
    /// The largest allocation that was asked for, in octets: an error code taken for a length would show here.
    [[nodiscard]] static std::size_t largest() noexcept;
    /// Counts one allocation of `size` octets, and says whether it fails: asked by each allocator.
    [[nodiscard]] static bool takes_the_next(std::size_t size) noexcept;
};

/// ShortageElsewhere makes `count` allocations of all other threads fail, from the nth that they make between its
/// construction and its end. One at a time, and none of the threads has a Shortage.
class ShortageElsewhere {
public:
    ShortageElsewhere(std::size_t n, std::size_t count) noexcept;
    ~ShortageElsewhere();
    ShortageElsewhere(const ShortageElsewhere&) = delete;
    ShortageElsewhere& operator=(const ShortageElsewhere&) = delete;

    [[nodiscard]] static bool has_hit() noexcept;
    /// As Shortage::takes_the_next.
    [[nodiscard]] static bool takes_the_next() noexcept;
};

}  // namespace slo::test
