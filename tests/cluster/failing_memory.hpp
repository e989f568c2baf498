// Allocations that fail now and then, in all threads.
#pragma once

namespace slo::test {

/// From now on, in a part of each second, some allocations of operator new and of libxml2 fail.
void let_allocations_fail() noexcept;

}  // namespace slo::test
