// Keeps exceptions inside the engines.
#pragma once

#include <new>

#include "slo/sp/store_error.hpp"

namespace slo::sp {

/// Runs `operation`, which returns a Result; running out of memory is StoreErrc::store_failed.
template <class Operation>
auto or_store_failed(Operation operation) -> decltype(operation()) {
    try {
        return operation();
    } catch (const std::bad_alloc&) {
        return fail(StoreErrc::store_failed, "out of memory");
    }
}

}  // namespace slo::sp
