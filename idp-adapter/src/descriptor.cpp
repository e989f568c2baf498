#include "slo/idp_adapter/descriptor.hpp"

#include <unistd.h>

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

}  // namespace slo::idp_adapter
