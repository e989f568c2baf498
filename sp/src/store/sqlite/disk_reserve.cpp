#include "disk_reserve.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace slo::sp {

void DiskReserve::release() noexcept {
    const std::lock_guard lock(mutex_);
    if (!is_held_ || ::ftruncate(file_.get(), 0) != 0) return;
    is_held_ = false;
    calls_ = 0;
}

void DiskReserve::restore() noexcept {
    const std::lock_guard lock(mutex_);
    constexpr unsigned calls_between_looks = 64;
    if (is_held_ || calls_++ % calls_between_looks != 0) return;
    const auto size = static_cast<off_t>(octets_);
    is_held_ = ::posix_fallocate(file_.get(), 0, 2 * size) == 0 && ::ftruncate(file_.get(), size) == 0;
    if (!is_held_ && ::ftruncate(file_.get(), 0) != 0) return;  // what it has got is left to the next time
}

}  // namespace slo::sp
