// Room on the disk, reserved for records that must be written even when the disk is full.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>

#include "slo/idp_adapter/descriptor.hpp"

namespace slo::sp {

/// DiskReserve holds room on the disk by a file, and gives it back to the disk when it's needed. Thread-safe. Opens
/// no file after its construction, so the process may give up the right to.
class DiskReserve {
public:
    /// `file` is open for writing. What it holds from before is given back at first: a store that is opened on a full
    /// disk has to write.
    DiskReserve(idp_adapter::Descriptor file, std::uint64_t octets) noexcept
        : file_(std::move(file)), octets_(octets), is_held_(true) {
        release();
    }

    /// is_held says whether the room is held. While it isn't, nothing should be written that can be refused.
    [[nodiscard]] bool is_held() const noexcept {
        const std::lock_guard lock(mutex_);
        return is_held_;
    }
    /// release gives the room back, if it is held.
    void release() noexcept;
    /// restore holds the room again if the disk has twice as much free: otherwise the next write would release it. To
    /// find out, it takes the room for a moment: so only one call of 64, as many as housekeeping makes in a turn, does
    /// it, and only the writer may call it.
    void restore() noexcept;

private:
    idp_adapter::Descriptor file_;
    std::uint64_t octets_;
    mutable std::mutex mutex_;
    bool is_held_;
    unsigned calls_ = 0;  ///< of restore(), since it was given back
};

}  // namespace slo::sp
