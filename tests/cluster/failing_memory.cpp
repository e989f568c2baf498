#include "failing_memory.hpp"

#include <libxml/xmlmemory.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "allocation_failure/allocator.hpp"

namespace slo::test {
namespace {

using namespace std::chrono_literals;

std::atomic<bool> is_scarce = false;
std::atomic<unsigned> allocations = 0;

/// Of so many allocations one fails, in the last part of a second: a failed one succeeds when it's tried again.
constexpr unsigned one_of = 701;
constexpr auto enough_for = 700ms;

bool fails() noexcept {
    if (!is_scarce) return false;
    if (++allocations % one_of != 0) return false;
    return std::chrono::steady_clock::now().time_since_epoch() % 1s > enough_for;
}

void* xml_malloc(std::size_t size) {
    return fails() ? nullptr : std::malloc(size);
}
void* xml_realloc(void* memory, std::size_t size) {
    return fails() ? nullptr : std::realloc(memory, size);
}
char* xml_strdup(const char* text) {
    return fails() ? nullptr : ::strdup(text);
}

/// Before libxml2 has allocated anything. OpenSSL's allocations don't fail: some of its locks stay taken then (see the
/// tests of failing allocations).
const int is_installed = xmlMemSetup(std::free, xml_malloc, xml_realloc, xml_strdup);

}  // namespace

void let_allocations_fail() noexcept {
    is_scarce = is_installed == 0;
}

bool Shortage::takes_the_next(std::size_t /*size*/) noexcept {
    return fails();
}

}  // namespace slo::test
