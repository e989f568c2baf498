#include "slo/idp_adapter/descriptor.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace slo::idp_adapter {

Descriptor::~Descriptor() {
    if (is_open()) ::close(number_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

bool write_all(const Descriptor& file, std::string_view octets) noexcept {
    while (!octets.empty()) {
        const ssize_t written = ::write(file.get(), octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace slo::idp_adapter
