#include "allocator.hpp"

#include <libxml/xmlmemory.h>
#include <openssl/crypto.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace slo::test {
namespace {

struct State {
    bool armed = false;
    bool hit = false;
    Failing failing = Failing::the_nth;
    std::size_t n = 0;
    std::size_t count = 0;
    std::size_t largest = 0;
};
thread_local State state;

/// Of ShortageElsewhere: read by all threads.
struct {
    std::atomic<bool> armed = false;
    std::atomic<bool> hit = false;
    std::atomic<std::size_t> first = 0;
    std::atomic<std::size_t> behind_last = 0;
    std::atomic<std::size_t> count = 0;
} elsewhere;
thread_local bool is_spared = false;

/// A place for a debugger's breakpoint: whose allocation fails?
[[gnu::noinline]] void note_hit() noexcept {
    state.hit = true;
}

bool fails(std::size_t size) noexcept {
    return Shortage::takes_the_next(size);
}

void* xml_malloc(std::size_t size) {
    return fails(size) ? nullptr : std::malloc(size);
}
void* xml_realloc(void* memory, std::size_t size) {
    return fails(size) ? nullptr : std::realloc(memory, size);
}
char* xml_strdup(const char* text) {
    return fails(std::strlen(text) + 1) ? nullptr : ::strdup(text);
}
void xml_free(void* memory) {
    std::free(memory);
}

// OpenSSL 3.0 fetches all its decoders anew whenever it reads a key that isn't one of the usual ones, and holds locks
// meanwhile. Where an allocation fails there, such a lock may stay taken, and the next key waits for it for ever: this
// test hung so once, with one thread, in OSSL_DECODER_CTX_new_for_pkey. That is OpenSSL's, and nothing that we could do
// after it: so from the moment at which OpenSSL has made a decoder's context until it frees it, it gets the memory that
// it wants. That there is none for the context itself is tried, as is everything before and behind.
thread_local const void* decoder_context = nullptr;

bool makes_a_decoder_context(const char* file) noexcept {
    return state.armed && std::string_view(file).ends_with("encode_decode/decoder_meth.c");
}

void* openssl_malloc(std::size_t size, const char* file, int /*line*/) {
    if (decoder_context != nullptr) return std::malloc(size);
    if (fails(size)) return nullptr;
    void* const memory = std::malloc(size);
    if (makes_a_decoder_context(file)) decoder_context = memory;
    return memory;
}
void* openssl_realloc(void* memory, std::size_t size, const char* /*file*/, int /*line*/) {
    return decoder_context == nullptr && fails(size) ? nullptr : std::realloc(memory, size);
}
void openssl_free(void* memory, const char* /*file*/, int /*line*/) {
    if (memory == decoder_context) decoder_context = nullptr;
    std::free(memory);
}

/// Before either library has allocated anything.
struct InstalledAllocators {
    InstalledAllocators() {
        if (xmlMemSetup(xml_free, xml_malloc, xml_realloc, xml_strdup) != 0 ||
            CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) {
            throw std::logic_error("a library has allocated before the test could take its allocator over");
        }
    }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, Failing failing) {
    return out << (failing == Failing::the_nth ? "the nth" : "all from the nth");
}

Shortage::Shortage(Failing failing, std::size_t n) noexcept {
    decoder_context = nullptr;
    state = {.armed = true, .hit = false, .failing = failing, .n = n, .count = 0, .largest = 0};
}
Shortage::~Shortage() {
    state.armed = false;
}
bool Shortage::has_hit() noexcept {
    return state.hit;
}
std::size_t Shortage::largest() noexcept {
    return state.largest;
}
bool Shortage::takes_the_next(std::size_t size) noexcept {
    if (!state.armed) return ShortageElsewhere::takes_the_next();
    state.largest = std::max(state.largest, size);
    ++state.count;
    const bool fails = state.failing == Failing::the_nth ? state.count == state.n : state.count >= state.n;
    if (fails) note_hit();
    return fails;
}

ShortageElsewhere::ShortageElsewhere(std::size_t n, std::size_t count) noexcept {
    is_spared = true;
    elsewhere.hit = false;
    elsewhere.first = n;
    elsewhere.behind_last = n + count;
    elsewhere.count = 0;
    elsewhere.armed = true;
}
ShortageElsewhere::~ShortageElsewhere() {
    elsewhere.armed = false;
    is_spared = false;
}
bool ShortageElsewhere::has_hit() noexcept {
    return elsewhere.hit;
}
bool ShortageElsewhere::takes_the_next() noexcept {
    if (!elsewhere.armed || is_spared) return false;
    const std::size_t n = ++elsewhere.count;
    if (n < elsewhere.first || n >= elsewhere.behind_last) return false;
    elsewhere.hit = true;
    return true;
}

BOOST_TEST_GLOBAL_FIXTURE(InstalledAllocators);

}  // namespace slo::test

#if defined(__SANITIZE_ADDRESS__)
/// What the libraries drop when they fail half-way, none of it in our hands: xmlsec1 1.2.37 24 octets in
/// xmlSecTransformCreateOutputBuffer and a node set in xmlSecNodeSetGetChildren, libxml2 2.9.14 a buffer in
/// xmlParserInputBufferCreateMem. xmlsec1 is named as a whole, because the stacks that would show its functions make
/// the program ten times slower.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier): LeakSanitizer's name
    return "leak:libxmlsec1.so\nleak:xmlXPathNodeSetCreate\nleak:xmlBufCreateSize\n";
}
#endif
