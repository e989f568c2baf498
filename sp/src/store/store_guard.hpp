// No engine lets an exception out.
#pragma once

#include <new>

#include "slo/sp/error.hpp"

namespace slo::sp {

/// Runs `operation`, which returns a Result; running out of memory is Errc::store_failed.
template <class Operation>
auto or_store_failed(Operation operation) -> decltype(operation()) {
    try {
        return operation();
    } catch (const std::bad_alloc&) {
        return fail(Errc::store_failed, "out of memory");
    }
}

}  // namespace slo::sp
