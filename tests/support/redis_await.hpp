// Waiting for another process, which no fixed clock governs: bounded, and over as soon as it can be.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace slo::test {

/// Polls until `holds`, for `patience` at most; then throws std::runtime_error with `what`.
template <class Predicate>
void await(const std::string& what, Predicate holds, std::chrono::seconds patience = std::chrono::seconds(60)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("waited in vain: " + what);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

}  // namespace slo::test
