// The only source of the present time.
#pragma once

#include "slo/saml/time.hpp"

namespace slo::sp {

/// Clock is a port: production uses SystemClock, tests a fixed one. Implementations are thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const noexcept = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const noexcept override;
};

}  // namespace slo::sp
