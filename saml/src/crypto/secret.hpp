// Octets that must not outlive their use.
#pragma once

#include <openssl/crypto.h>

#include <memory>
#include <vector>

namespace slo::saml {

/// WipingAllocator overwrites memory before it gives it back.
template <class T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <class U>
    explicit WipingAllocator(const WipingAllocator<U>&) noexcept {}

    T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
    void deallocate(T* memory, std::size_t count) noexcept {
        OPENSSL_cleanse(memory, count * sizeof(T));
        std::allocator<T>{}.deallocate(memory, count);
    }
    friend bool operator==(const WipingAllocator&, const WipingAllocator&) { return true; }
};

using SecretOctets = std::vector<unsigned char, WipingAllocator<unsigned char>>;

}  // namespace slo::saml
