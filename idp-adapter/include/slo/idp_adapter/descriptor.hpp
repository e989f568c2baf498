// A file descriptor with an owner.
#pragma once

#include <string_view>

namespace slo::idp_adapter {

/// Descriptor closes the file that it owns.
class Descriptor {
public:
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    [[nodiscard]] int get() const noexcept { return number_; }
    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }

private:
    int number_;
};

/// write_all writes all of `octets` at the file's position. False: errno has the reason.
[[nodiscard]] bool write_all(const Descriptor& file, std::string_view octets) noexcept;

}  // namespace slo::idp_adapter
