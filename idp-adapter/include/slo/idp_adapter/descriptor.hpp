// A file descriptor with an owner.
#pragma once

#include <string_view>

namespace slo::idp_adapter {

/// Descriptor closes what it holds.
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

/// Writes all of `octets` where the file stands. False: errno says why not.
[[nodiscard]] bool write_all(const Descriptor& file, std::string_view octets) noexcept;

}  // namespace slo::idp_adapter
